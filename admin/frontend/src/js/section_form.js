// The open form of one section: what is typed goes into its draft, what the server says is shown in its fields.
import { pathOf, placeOf, isField, keyOf, read, rowsOf, wire } from "./places.js";
import { show, valueOf } from "./values.js";
import { showConflict } from "./conflicts.js";
import { listPlace, wireRows } from "./rows.js";
import { closeRich, wireRich } from "./rich.js";
import { showOffsets } from "./zones.js";

// What waits behind a choice (another way to say when, a picture that is not there) is asked for at that choice.
const inSight = (element) => (element.closest("[data-way][hidden], [data-picture-words][hidden]") ? element.closest("[data-when], [data-picture]") : element);

export class SectionForm {
  // told: {undo(restore), refused(element)}
  constructor(root, draft, { languages, showing, told }) {
    Object.assign(this, { root, draft, languages, told });
    root.addEventListener("input", ({ target }) => this.#typed(target));
    root.addEventListener("change", ({ target }) => this.#chosen(target));
    root.addEventListener("file:chosen", ({ target, detail }) => this.#filed(target, detail));
    root.addEventListener("click", ({ target }) => target.closest("[data-differ]") && this.#differ(target.closest("[data-differ]")));
    root.addEventListener("keydown", (event) => this.#oneLine(event));
    wireRows(root, (list, change, row, undo) => this.#listed(list, change, row, undo));
    wireRich(root, { changed: (box) => this.#changed(box), refused: (box) => told.refused(box) });
    this.showLanguage(showing);
    showOffsets(root, draft.mine);
  }

  close() {
    closeRich(this.root);
  }

  showLanguage(language) {
    this.showing = language;
    this.#showIn(this.root);
  }

  #showIn(part) {
    part.querySelectorAll("[data-in]").forEach((each) => {
      each.hidden = "off" in each.dataset || (this.showing !== "all" && each.dataset.in !== this.showing);
    });
  }

  #typed(target) {
    if (target.closest("[data-rich]") || target.matches("select, [type=checkbox], [type=file], [data-when-choice]")) return;
    const element = target.closest(isField);
    if (element && !("list" in element.dataset)) this.#changed(element);
  }

  #chosen(target) {
    if (target.matches("[data-when-choice]")) return this.#otherWhen(target);
    const element = target.closest(isField);
    if (target.matches("select, [type=checkbox]") && element && !("list" in element.dataset)) this.#changed(element);
  }

  #changed(element) {
    this.draft.change(placeOf(element), valueOf(element));
    showOffsets(this.root, this.draft.mine);
  }

  #filed(element, value) {
    const place = placeOf(element);
    this.draft.change(place, value);
    element.closest("[data-picture]")?.querySelector("[data-picture-words]")?.toggleAttribute("hidden", !value);
  }

  #listed(list, change, row, undo) {
    const place = listPlace(list);
    const entries = read(this.draft.mine, place) ?? rowsOf(list).filter((each) => each !== row).map(() => ({}));
    const after = change(entries);
    this.draft.change(place, after.length ? after : null);
    if (row) this.#showIn(row);
    showOffsets(this.root, this.draft.mine);
    if (undo) this.told.undo(undo);
  }

  // Another way to say when begins with nothing; the old one stays in the history.
  #otherWhen(select) {
    const group = select.closest("[data-when]");
    group.querySelectorAll("[data-way]").forEach((way) => {
      way.hidden = way.dataset.way !== select.value;
      way.querySelectorAll(isField).forEach((field) => !("list" in field.dataset) && show(field, null));
      way.querySelectorAll("[data-row]").forEach((row) => row.remove());
    });
    const way = group.querySelector(`[data-way="${select.value}"]`);
    this.draft.change({ path: pathOf(group, group.dataset.when), language: "" }, null);
    showOffsets(this.root, this.draft.mine);
    way?.querySelector(":scope > .cf-list > [data-row-add]")?.click();
    way?.querySelector("input, textarea")?.focus();
  }

  #differ(button) {
    const field = button.closest("[data-shared]");
    const differs = field.dataset.differs !== "yes";
    field.dataset.differs = differs ? "yes" : "no";
    button.setAttribute("aria-pressed", String(differs));
    const same = field.querySelector("[data-same]");
    const input = same.matches("input") ? same : same.querySelector("input");
    const own = [...field.querySelectorAll("[data-in]")];
    same.hidden = differs;
    own.forEach((each) => (differs ? delete each.dataset.off : (each.dataset.off = "")));
    this.#showIn(field.parentElement);
    const [first] = own.map((each) => each.querySelector(isField));
    if (differs) show(first, input.value);
    else {
      show(input, first.value || own.map((each) => each.querySelector(isField).value).find(Boolean));
      this.#changed(input);
    }
  }

  #oneLine(event) {
    if (event.key === "Enter" && event.target.matches("[data-one-line]") && !event.isComposing) event.preventDefault();
  }

  // What stands on the server now, shown wherever nobody is writing.
  refresh() {
    const { draft } = this;
    for (const element of this.root.querySelectorAll(isField)) {
      if ("list" in element.dataset || element.closest("template") || element.contains(document.activeElement)) continue;
      const place = placeOf(element);
      if (draft.dirty.has(keyOf(place)) || !this.#isUsed(element, place)) continue;
      const value = read(draft.mine, place, draft.original);
      const shown = valueOf(element);
      if (element.dataset.widget === "rich" ? element.dataset.value !== undefined && shown !== value : JSON.stringify(shown) !== JSON.stringify(value)) show(element, value);
    }
  }

  // What is written here and did not stand in the form yet when it was made.
  catchUp(stood) {
    const { mine, original } = this.draft;
    const differs = (place) => JSON.stringify(read(mine, place, original)) !== JSON.stringify(read(stood, place, original));
    for (const element of this.root.querySelectorAll(isField)) {
      if ("list" in element.dataset || element.closest("template")) continue;
      const place = placeOf(element);
      if (differs(place) && this.#isUsed(element, place)) show(element, read(mine, place, original));
    }
  }

  // A shared name has one field for all languages and one for each; only those in use show what is stored.
  #isUsed(element, place) {
    const shared = element.closest("[data-shared]");
    return !shared || (shared.dataset.differs === "yes") === Boolean(place.language);
  }

  // Whether the lists on the page are as long as those that are stored: else the form is to be made anew.
  get fits() {
    return [...this.root.querySelectorAll("[data-list]")].filter((list) => !list.closest("template, [data-way][hidden]")).every((list) => {
      return rowsOf(list).length === (read(this.draft.mine, listPlace(list)) ?? []).length;
    });
  }

  get isBeingWritten() {
    return this.root.contains(document.activeElement);
  }

  dispute() {
    for (const conflict of this.draft.disputed.values()) {
      showConflict(this.root, conflict, (path, theirs, chosen, element) => {
        this.draft.settle(path, theirs, chosen);
        if (element && !("list" in element.dataset)) show(element, chosen);
        else this.told.redo();
        element?.focus?.();
      });
    }
  }

  // The field that a remark speaks of; the nearest one where it is not there.
  reveal(path) {
    const fields = [...this.root.querySelectorAll(isField)].filter((each) => !each.closest("[data-off]") && !each.closest("[data-same][hidden]"));
    const places = fields.map((each) => wire(placeOf(each)));
    for (let length = path.length; length > 0; length -= 1) {
      const wanted = path.slice(0, length).join(".");
      const exact = places.findIndex((place) => place.join(".") === wanted);
      const near = places.findIndex((place) => place.slice(0, length).join(".") === wanted);
      if (near >= 0) return inSight(fields[exact >= 0 ? exact : near]);
    }
    return null;
  }
}
