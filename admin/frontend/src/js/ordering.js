// The order of the sections: by dragging their grip, by Alt and the arrow keys, by their menu.
import Sortable from "sortablejs";
import { DRAGGING } from "./dragging.js";

export function wireOrdering(list, { moved, lifted }) {
  Sortable.create(list, {
    ...DRAGGING,
    handle: "[data-grip]",
    dragClass: "is-dragged",
    onChoose: ({ item }) => lifted(item),
    onEnd: ({ oldIndex, newIndex, item }) => oldIndex !== newIndex && moved(item, { dragged: true }),
  });
  list.addEventListener("keydown", (event) => {
    const piece = event.target.closest("[data-section]");
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!event.altKey || !step || event.target.closest("[data-row]") || !event.target.closest(".piece-head")) return;
    event.preventDefault();
    if (shift(piece, step)) moved(piece);
    event.target.focus();
    piece.scrollIntoView({ block: "nearest" });
  });
}

export function shift(piece, step) {
  const other = step < 0 ? piece.previousElementSibling : piece.nextElementSibling;
  if (!other) return false;
  // The other one moves around this one, which keeps the focus so.
  if (step < 0) piece.after(other);
  else piece.before(other);
  return true;
}
