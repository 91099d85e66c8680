// Lists inside a section: add, remove and move their entries. The list as a whole is then what changed.
import Sortable from "sortablejs";
import { DRAGGING } from "./dragging.js";
import { pathOf, rowsOf } from "./places.js";
import { announce } from "./toasts.js";
import { say } from "./words.js";

let made = 0;

// told(list, change): `change` gets the list's entries as they stand, and gives them as they shall be.
export function wireRows(root, told) {
  root.querySelectorAll("[data-rows]").forEach((rows) => wireDrag(root, rows, told));
  root.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-row-add], [data-row-up], [data-row-down], [data-row-remove]");
    if (!button) return;
    const list = button.closest("[data-list]");
    if ("rowAdd" in button.dataset) return add(list, told);
    const row = button.closest("[data-row]");
    if ("rowRemove" in button.dataset) return remove(list, row, told);
    move(root, list, row, "rowUp" in button.dataset ? -1 : 1, told, button);
  });
  root.addEventListener("keydown", (event) => {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    const row = event.target.closest("[data-row]");
    if (!row) return;
    event.preventDefault();
    event.stopPropagation();
    move(root, row.parentElement.closest("[data-list]"), row, event.key === "ArrowUp" ? -1 : 1, told, event.target);
  });
  root.addEventListener("keydown", (event) => {
    const row = event.target.closest?.(".row-line");
    if (event.key !== "Enter" || !row || event.target.tagName === "BUTTON" || event.isComposing) return;
    event.preventDefault();
    add(row.parentElement.closest("[data-list]"), told, row);
  });
}

function add(list, told, after = null) {
  const template = list.querySelector(":scope > template[data-empty]");
  const holder = document.createElement("ol");
  made += 1;
  holder.innerHTML = template.innerHTML.replaceAll(template.dataset.empty, `n${made}`);
  const row = holder.firstElementChild;
  if (after) after.after(row);
  else list.querySelector(":scope > [data-rows]").append(row);
  row.querySelectorAll("[data-rows]").forEach((rows) => wireDrag(list.closest("[data-form]"), rows, told));
  const place = rowsOf(list).indexOf(row);
  told(list, (entries) => entries.toSpliced(place, 0, row.matches(".row-line") ? "" : {}), row);
  row.querySelector("input:not([hidden]):not([type=file]), textarea, [contenteditable], [role=textbox], select")?.focus();
}

// The same by the mouse: a row stays in its own list.
function wireDrag(root, rows, told) {
  Sortable.create(rows, {
    ...DRAGGING,
    handle: "[data-row-grip]",
    draggable: "[data-row]",
    onEnd: ({ oldDraggableIndex: from, newDraggableIndex: to }) => {
      if (from === to) return;
      const list = rows.closest("[data-list]");
      told(list, (entries) => moved(entries, from, to));
      announce(root, say("row_moved", { place: to + 1, of: rowsOf(list).length }));
    },
  });
}

function remove(list, row, told) {
  const place = rowsOf(list).indexOf(row);
  const next = rowsOf(list)[place + 1] ?? rowsOf(list)[place - 1];
  const marker = document.createComment("");
  row.replaceWith(marker);
  let gone;
  const undo = () => {
    if (!marker.parentElement?.isConnected) return;
    marker.replaceWith(row);
    told(list, (entries) => entries.toSpliced(rowsOf(list).indexOf(row), 0, gone), row);
    row.querySelector("[data-row-remove]").focus();
  };
  told(list, (entries) => ((gone = entries[place] ?? (row.matches(".row-line") ? "" : {})), entries.toSpliced(place, 1)), null, undo);
  (next?.querySelector("[data-row-remove]") ?? list.querySelector(":scope > [data-row-add]")).focus();
}

function move(root, list, row, step, told, focused) {
  const rows = rowsOf(list);
  const from = rows.indexOf(row);
  const to = from + step;
  if (to < 0 || to >= rows.length) return;
  // The other row moves around this one, which keeps the focus so.
  if (step < 0) row.after(rows[to]);
  else row.before(rows[to]);
  told(list, (entries) => moved(entries, from, to));
  focused.focus();
  focused.scrollIntoView({ block: "nearest" });
  announce(root, say("row_moved", { place: to + 1, of: rows.length }));
}

export function moved(entries, from, to) {
  const after = entries.toSpliced(from, 1);
  return after.toSpliced(to, 0, entries[from]);
}

export const listPlace = (list) => ({ path: pathOf(list), language: "" });
