// A button that puts a text of the page on the clipboard; where that is not allowed the text is selected, to be copied by hand.
export function wireCopying(root) {
  root.addEventListener("click", ({ target }) => target.closest?.("[data-copy]") && copy(target.closest("[data-copy]")));
}

async function copy(button) {
  const field = document.getElementById(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.done;
  } catch {
    field.focus();
  }
}
