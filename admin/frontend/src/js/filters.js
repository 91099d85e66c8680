// A choice in a filter acts at once; without script the button beside it does.
export function submitOnChange(root) {
  root.addEventListener("change", ({ target }) => {
    if (target.matches("[data-submits]")) target.form.requestSubmit();
  });
}
