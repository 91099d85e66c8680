// What the keyboard does on the page of writing; "?" shows it. Nothing is taken from somebody who is typing.
export function wireShortcuts(root, { letter, pieces }) {
  const dialog = root.querySelector("[data-keys-dialog]");
  if (/Mac|iPhone|iPad/.test(navigator.userAgent)) dialog.querySelectorAll("[data-ctrl]").forEach((key) => (key.textContent = "⌘"));
  root.querySelector("[data-keys]").addEventListener("click", () => dialog.showModal());
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  const isFree = (event) => !event.isComposing && !document.querySelector("dialog[open]");
  // Before the editor, for which this is a new line.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !isFree(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const comment = event.target.closest(".comments form");
    if (comment) comment.requestSubmit();
    else toLetter(root, letter, pieces);
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !isFree(event)) return;
    if (event.key === "?" && !isTyping(event.target)) (event.preventDefault(), dialog.showModal());
    if (event.key === "Escape" && !event.target.matches("[list]") && !document.querySelector(".dropdown-menu.show")) fold(pieces);
  });
}

const isTyping = (target) => target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true], [role=textbox]");

async function toLetter(root, letter, pieces) {
  root.querySelector("[data-side=letter]").click();
  await pieces.flush();
  letter.show();
  letter.focus();
}

// The card folds, and has the focus: Enter opens it again.
function fold(pieces) {
  const piece = pieces.open?.piece;
  if (!piece?.contains(document.activeElement)) return;
  pieces.fold();
  piece.querySelector("[data-open]").focus();
}
