// The language that is written first is not offered once more among the others.
export function hideOriginals(root) {
  root.querySelectorAll("[data-besides]").forEach((others) => {
    const first = document.getElementById(others.dataset.besides);
    const hide = () => others.querySelectorAll("input").forEach((box) => (box.closest(".form-check").hidden = box.value === first.value));
    first.addEventListener("change", hide);
    hide();
  });
}
