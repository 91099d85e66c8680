// The cards: open one to write in it, add, duplicate, move, remove and bring back.
import { Draft } from "./autosave.js";
import { forgetOld, keptAs, keptOf, nameOf } from "./keeping.js";
import { SectionForm } from "./section_form.js";
import { shift, wireOrdering } from "./ordering.js";
import { announce, toast } from "./toasts.js";
import { say } from "./words.js";

const LAST_OPEN = "newsroom.open.";

export class Pieces {
  // told: {opened(), written()}
  constructor(root, { line, status, letter, palette, told }) {
    Object.assign(this, { root, line, status, letter, palette, told, drafts: new Map(), open: null, facts: root.dataset });
    this.languages = root.dataset.languages.split(" ");
    this.showing = this.languages[0];
    this.list = root.querySelector("[data-pieces]");
    this.placed = this.#uids;
    root.addEventListener("click", (event) => this.#clicked(event));
    if (this.facts.mayChange === "yes") wireOrdering(this.list, { moved: (piece, how) => this.order(piece, how), lifted: (piece) => this.#lifted(piece) });
  }

  piece(uid) {
    return [...this.root.querySelectorAll("[data-section]")].find((piece) => piece.dataset.section === uid);
  }

  numberOf(piece) {
    return [...this.list.children].indexOf(piece) + 1;
  }

  #clicked({ target }) {
    const piece = target.closest("[data-section]");
    const does = (name) => target.closest(`[data-${name}]`);
    if (does("add")) return this.palette.open(this.list.lastElementChild?.dataset.section ?? null);
    if (!piece || target.closest("[data-body], [data-waiting]")) return;
    if (does("open")) return void this.toggle(piece);
    if (this.facts.mayChange !== "yes") return;
    if (target.closest(".dropdown-item")) piece.querySelector("[data-bs-toggle]").focus(); // the menu is gone in a moment
    if (does("add-below")) return this.palette.open(piece.dataset.section);
    if (does("duplicate")) return void this.duplicate(piece);
    if (does("up") || does("down")) return void (shift(piece, does("up") ? -1 : 1) && this.order(piece));
    if (does("remove")) return void this.remove(piece);
  }

  async toggle(piece) {
    if (this.open?.piece === piece) return this.fold();
    this.fold();
    await this.unfold(piece);
  }

  fold() {
    if (!this.open) return;
    const { piece, form } = this.open;
    form.draft.flush();
    form.close();
    const body = piece.querySelector("[data-body]");
    body.hidden = true;
    body.replaceChildren();
    piece.classList.remove("is-open");
    piece.querySelector("[data-open]").setAttribute("aria-expanded", "false");
    this.open = null;
    remember(this.facts.owner, null);
  }

  async unfold(piece, { focus = false } = {}) {
    const uid = piece.dataset.section;
    await this.drafts.get(uid)?.flush();
    const answer = await this.line.html(`${this.facts.base}/${uid || "front"}`);
    if (answer.how !== "good") return this.status.say(answer.how);
    const body = piece.querySelector("[data-body]");
    body.innerHTML = answer.html;
    const box = body.querySelector("[data-form]");
    const draft = this.#draftOf(uid, box);
    const form = new SectionForm(box, draft, { languages: this.languages, showing: this.showing, told: this.#formTold(piece) });
    this.open = { piece, form };
    body.hidden = false;
    piece.classList.add("is-open");
    piece.querySelector("[data-open]").setAttribute("aria-expanded", "true");
    if (this.facts.mayChange !== "yes") box.inert = true;
    form.catchUp(JSON.parse(box.dataset.content));
    form.dispute();
    body.dispatchEvent(new CustomEvent("newsroom:added", { bubbles: true }));
    this.told.opened();
    if (focus) box.querySelector("textarea:not([hidden]), input:not([type=file]):not([hidden]), [role=textbox]")?.focus();
    this.letter.at(uid ? this.numberOf(piece) : 0);
    remember(this.facts.owner, uid);
  }

  // An open card is folded before it is dragged; its head stays under the pointer.
  #lifted(piece) {
    if (this.open?.piece !== piece) return;
    const { top } = piece.getBoundingClientRect();
    this.fold();
    scrollBy(0, piece.getBoundingClientRect().top - top);
  }

  #formTold(piece) {
    return {
      undo: (restore) => toast(this.root, say("row_removed"), { label: say("undo"), act: restore }),
      refused: () => toast(this.root, say("paste_too_long")),
      redo: () => this.#remake(piece),
    };
  }

  async #remake(piece) {
    if (this.open?.piece !== piece) return;
    this.open.form.close();
    this.open = null;
    await this.unfold(piece);
  }

  // A draft lives as long as the page: a section that is folded while it is saved loses nothing, and one that was made before the
  // saving shows nothing older. What an earlier visit kept is sent before anything is written over it.
  #draftOf(uid, box) {
    const known = this.drafts.get(uid);
    if (known && (!known.isClean || known.version > Number(box.dataset.version))) return known;
    const draft = this.#newDraft(uid, Number(box.dataset.version), JSON.parse(box.dataset.content));
    this.drafts.set(uid, draft);
    if (!known) draft.resume(keptAs(draft.name));
    return draft;
  }

  #newDraft(uid, version, content) {
    const url = uid ? `${this.facts.sections}/${uid}` : this.facts.front;
    const told = {
      status: (how, detail) => (how === "typing" ? this.status.waiting() : this.status.say(how, detail)),
      saved: (answer) => this.#saved(uid, answer),
      conflict: (answer) => this.#conflict(uid, answer),
      gone: (answer) => this.#gone(uid, answer),
    };
    return new Draft({ uid, url, version, content, languages: this.languages, name: nameOf(this.facts.owner, uid), line: this.line, told });
  }

  #saved(uid, answer) {
    const draft = this.drafts.get(uid);
    if ([...this.drafts.values()].every((each) => each.isClean)) this.status.saved(answer.saved_at);
    else if (this.status.trouble) this.flush(); // the server is back: no other section waits for its turn
    this.#summary(uid, answer);
    if (!uid && answer.content.languages.join(" ") !== this.languages.join(" ")) return location.reload();
    const form = this.open?.piece.dataset.section === uid ? this.open.form : null;
    if (form && !form.fits && draft.isClean && !form.isBeingWritten) this.#remake(this.open.piece);
    else form?.refresh();
    this.letter.soon();
    this.told.written();
  }

  async #conflict(uid, answer) {
    this.#summary(uid, answer);
    const piece = this.piece(uid);
    if (this.open?.piece !== piece) {
      this.fold();
      await this.unfold(piece);
    }
    this.open?.form.dispute();
    this.status.say("refused", say("choose"));
    announce(this.root, say(answer.by ? "conflict_by" : "conflict", { who: answer.by, when: "" }));
  }

  #gone(uid, answer) {
    const piece = this.piece(uid);
    if (this.open?.piece === piece) this.status.say("refused", say("gone", { who: answer.by }));
    toast(this.root, say("gone", { who: answer.by }), { label: say("bring_back"), act: () => this.bringBack(uid) });
  }

  #summary(uid, answer) {
    const piece = this.piece(uid);
    piece.dataset.version = answer.version;
    if (!answer.card) return;
    const fresh = parsed(answer.card);
    for (const part of ["[data-summary]", "[data-languages]"]) {
      const next = fresh.querySelector(part);
      if (next) piece.querySelector(part)?.replaceWith(next);
    }
  }

  async add(kind, after) {
    if (this.list.children.length >= Number(this.facts.most)) return void toast(this.root, say("too_many", { most: this.facts.most }));
    document.activeElement?.blur(); // what is typed before the new form is there must not land in the old one
    const uid = crypto.getRandomValues(new Uint8Array(5)).reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
    const answer = await this.line.ask(this.facts.sections, { kind, after, uid });
    if (answer.how !== "good") return this.#failed(answer, () => this.add(kind, after));
    const piece = this.#insert(answer);
    this.fold();
    await this.unfold(piece, { focus: true });
    piece.scrollIntoView({ block: "nearest" });
  }

  async duplicate(piece) {
    await this.drafts.get(piece.dataset.section)?.flush();
    const answer = await this.line.ask(`${this.facts.sections}/${piece.dataset.section}/duplicate`, {});
    if (answer.how !== "good") return this.#failed(answer, () => this.duplicate(piece));
    this.#insert(answer).querySelector("[data-open]").focus();
    announce(this.root, say("duplicated"));
  }

  async remove(piece) {
    const uid = piece.dataset.section;
    await this.drafts.get(uid)?.flush();
    const answer = await this.line.ask(`${this.facts.sections}/${uid}/remove`, { base: Number(piece.dataset.version) });
    if (answer.how === "conflict" && !answer.gone) return this.#changedMeanwhile(piece, answer);
    if (answer.how !== "good" && !answer.gone) return this.#failed(answer, () => this.remove(piece));
    if (this.open?.piece === piece) this.fold();
    const next = piece.nextElementSibling ?? piece.previousElementSibling;
    (next?.querySelector("[data-open]") ?? this.root.querySelector("[data-add]")).focus();
    piece.remove();
    this.#counted();
    this.status.saved(answer.saved_at ?? Date.now());
    toast(this.root, say("removed"), { label: say("undo"), act: () => this.bringBack(uid) });
  }

  #changedMeanwhile(piece, answer) {
    piece.dataset.version = answer.version;
    toast(this.root, say("changed_meanwhile", { who: answer.by }), { label: say("remove_anyway"), act: () => this.remove(piece) });
  }

  async bringBack(uid) {
    const answer = await this.line.ask(`${this.facts.sections}/${uid}/bring-back`, {});
    if (answer.how !== "good") return this.#failed(answer, () => this.bringBack(uid));
    if (this.open?.piece.dataset.section === uid) this.fold();
    this.piece(uid)?.remove();
    const piece = this.#insert(answer);
    const draft = this.drafts.get(uid);
    if (draft?.isClean) this.drafts.delete(uid);
    else draft?.back();
    piece.querySelector("[data-open]").focus();
    announce(this.root, say("brought_back"));
  }

  get outline() {
    const title = (piece) => piece.querySelector(".piece-title").textContent.trim();
    return [...this.list.children].map((each, place) => ({ uid: each.dataset.section, number: place + 1, title: title(each) }));
  }

  get #uids() {
    return [...this.list.children].map((each) => each.dataset.section);
  }

  // What slipped under the mouse is put back by one click; with the keys the other arrow does it.
  // While one order is on its way the next waits, and of those that wait only the newest goes.
  async order(piece, { dragged = false } = {}) {
    const before = this.placed;
    const turn = (this.newest = {});
    this.placed = this.#uids;
    announce(this.root, say("row_moved", { place: this.numberOf(piece), of: this.placed.length }));
    await this.ordering;
    if (this.newest !== turn) return;
    this.ordering = this.line.ask(`${this.facts.sections}/~/order`, { uids: this.#uids });
    const answer = await this.ordering;
    if (answer.how === "conflict") return location.reload();
    if (answer.how !== "good") return this.#failed(answer, () => this.order(piece));
    if (dragged) toast(this.root, say("section_moved"), { label: say("undo"), act: () => this.#putBack(piece, before) });
    this.status.saved(answer.saved_at);
    if (this.open) this.letter.at(this.numberOf(this.open.piece));
    this.letter.soon();
    this.told.written();
  }

  #putBack(piece, before) {
    const known = new Map([...this.list.children].map((each) => [each.dataset.section, each]));
    const old = before.filter((uid) => known.has(uid));
    this.list.append(...old.map((uid) => known.get(uid)), ...[...known].filter(([uid]) => !old.includes(uid)).map(([, each]) => each));
    piece.querySelector("[data-open]").focus();
    this.order(piece);
  }

  #insert({ card, after, saved_at: at }) {
    const piece = parsed(card);
    const before = after ? this.piece(after) : null;
    if (before) before.after(piece);
    else this.list.prepend(piece);
    this.#counted();
    this.status.saved(at);
    return piece;
  }

  #counted() {
    this.placed = this.#uids;
    this.root.querySelector("[data-pieces-empty]").hidden = this.list.children.length > 0;
    this.letter.soon();
    this.told.written();
  }

  #failed(answer, again) {
    toast(this.root, answer.sentence ?? say(answer.how === "login" ? "logged_out" : "not_done"), answer.sentence ? {} : { label: say("again"), act: again });
  }

  show(language) {
    this.showing = language;
    this.open?.form.showLanguage(language);
  }

  // What an earlier visit kept and could not send: saved now, or shown as a choice.
  async resume() {
    forgetOld();
    for (const uid of keptOf(this.facts.owner)) {
      const answer = this.piece(uid) && (await this.line.html(`${this.facts.base}/${uid || "front"}`));
      if (answer?.how === "good" && !this.drafts.has(uid)) await this.#draftOf(uid, parsed(answer.html)).flush();
    }
  }

  get isAtRisk() {
    return [...this.drafts.values()].some((each) => each.isAtRisk);
  }

  flush(options) {
    return Promise.all([...this.drafts.values()].map((draft) => draft.flush(options)));
  }
}

export const lastOpen = (owner) => {
  try {
    return localStorage.getItem(LAST_OPEN + owner);
  } catch {
    return null;
  }
};

function remember(owner, uid) {
  try {
    if (uid === null) localStorage.removeItem(LAST_OPEN + owner);
    else localStorage.setItem(LAST_OPEN + owner, uid);
  } catch {
    // without a memory the page simply opens folded
  }
}

function parsed(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}
