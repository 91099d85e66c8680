// Sections that stand open on a page, each saving itself as it is written: a language beside its original, or the one section of a
// guest. Where the page says where to ask, the states of the texts follow what the server knows.
import { Line } from "./asking.js";
import { Draft } from "./autosave.js";
import { forgetOld, keptAs, nameOf } from "./keeping.js";
import { wirePictures } from "./pictures.js";
import { SectionForm } from "./section_form.js";
import { wireLeaving, wireReturning } from "./returning.js";
import { Status } from "./status.js";
import { toast } from "./toasts.js";
import { learn, say } from "./words.js";

const STATES_AFTER = 700;
const MOST_TRIES = 5;

export class Sides {
  constructor(root) {
    this.root = root;
    this.facts = root.dataset;
    this.languages = this.facts.languages.split(" ");
    this.said = JSON.parse(this.facts.states ?? "{}");
    this.line = new Line({ csrf: this.facts.csrf, sessionUrl: this.facts.session, userId: Number(this.facts.user) });
    this.status = new Status(document.querySelector("[data-status]"));
    this.sides = new Map([...root.querySelectorAll("[data-form]")].map((box) => [box.dataset.uid, this.#side(box)]));
  }

  #side(box) {
    const { uid, version, content } = box.dataset;
    const url = box.dataset.url ?? this.facts.url;
    const side = { box };
    const told = {
      status: (how, detail) => (how === "typing" ? this.status.waiting() : this.status.say(how, detail)),
      saved: (answer) => this.#saved(side, answer),
      conflict: (answer) => this.#conflict(side, answer),
      gone: (answer) => this.status.say("refused", say("gone", { who: answer.by })),
    };
    side.draft = new Draft({
      uid, url, told, version: Number(version), content: JSON.parse(content), languages: this.languages, name: nameOf(this.facts.owner, uid), line: this.line,
    });
    const formTold = {
      undo: (restore) => toast(this.root, say("row_removed"), { label: say("undo"), act: restore }),
      redo: () => location.reload(), // what is typed is kept in this browser
      refused: () => this.status.say("refused", say("paste_too_long")),
    };
    side.form = new SectionForm(box, side.draft, { languages: this.languages, showing: this.facts.language, told: formTold });
    return side;
  }

  #saved(side, answer) {
    if (this.isClean) this.status.saved(answer.saved_at);
    else if (this.status.trouble) this.flush(); // the server is back: no other section waits for its turn
    if (!side.form.fits && side.draft.isClean && !side.form.isBeingWritten) return location.reload();
    side.form.refresh();
    this.#statesSoon();
  }

  #conflict(side, answer) {
    side.form.refresh();
    side.form.dispute(answer);
    side.box.querySelector(".conflict button")?.focus();
    this.status.say("refused", say("choose"));
    this.#statesSoon();
  }

  get isClean() {
    return [...this.sides.values()].every(({ draft }) => draft.isClean);
  }

  showLanguage(language) {
    for (const { form } of this.sides.values()) form.showLanguage(language);
  }

  // Everything on the server, however long its answer takes; false where it cannot be now.
  async settle() {
    for (let tries = 0; !this.isClean && tries < MOST_TRIES; tries += 1) await this.flush();
    return this.isClean;
  }

  #statesSoon() {
    if (!this.facts.statesUrl) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.states(), STATES_AFTER);
  }

  async states() {
    const { how, html } = await this.line.html(this.facts.statesUrl);
    if (how !== "good") return;
    const { sections, tally } = JSON.parse(html);
    for (const [uid, states] of Object.entries(sections)) {
      for (const [path, state] of Object.entries(states)) this.#show(this.sides.get(uid)?.box, path, state);
    }
    this.#count(tally);
  }

  #show(box, path, state) {
    const row = box && [...box.querySelectorAll("[data-field]")].find((each) => each.dataset.field === path);
    if (!row || row.dataset.state === state) return;
    row.dataset.state = state;
    const badge = row.querySelector("[data-badge]");
    badge.textContent = this.said[state].word;
    badge.className = `state tone-${this.said[state].tone}`;
    row.querySelector("[data-stale]")?.toggleAttribute("hidden", state !== "stale");
  }

  #count(tally) {
    const place = document.querySelector("[data-tally]");
    for (const [state, number] of Object.entries(tally)) {
      const count = place.querySelector(`[data-count=${state}]`);
      count.hidden = !number && state !== "done";
      count.querySelector("[data-number]").textContent = number.toLocaleString(document.documentElement.lang);
    }
    const meter = place.querySelector("progress");
    [meter.max, meter.value] = [tally.missing + tally.stale + tally.done || 1, tally.done];
  }

  // What an earlier visit kept and could not send: saved now, or shown as a choice.
  async resume() {
    forgetOld();
    const sent = [...this.sides.values()].map(({ draft }) => draft.resume(keptAs(draft.name)));
    for (const { box, form } of this.sides.values()) form.catchUp(JSON.parse(box.dataset.content));
    await Promise.all(sent);
    for (const { form } of this.sides.values()) form.refresh();
  }

  get isAtRisk() {
    return [...this.sides.values()].some(({ draft }) => draft.isAtRisk);
  }

  flush(options) {
    return Promise.all([...this.sides.values()].map(({ draft }) => draft.flush(options)));
  }
}

export function startSides(root) {
  learn(JSON.parse(root.dataset.words));
  const sides = new Sides(root);
  wireReturning(root, { line: sides.line, status: sides.status, flush: () => sides.flush(), renewed: () => sides.facts.statesUrl && sides.states() });
  wireLeaving(sides);
  // "Still right" answers with the text's new state; the counts above follow.
  document.addEventListener("htmx:afterSwap", ({ target }) => {
    const row = target.closest?.("[data-field]");
    const badge = row?.querySelector("[data-badge]");
    if (!badge) return;
    row.dataset.state = badge.dataset.badge;
    sides.states();
  });
  if (root.dataset.library) wirePictures(root, { line: sides.line, library: root.dataset.library, media: root.dataset.media });
  wireLanguages(root, sides);
  wireFinish(document.querySelector("[data-finish]"), sides);
  sides.resume();
}

function wireLanguages(root, sides) {
  const buttons = [...root.querySelectorAll("[data-show]")];
  for (const button of buttons) {
    button.addEventListener("click", () => {
      buttons.forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      sides.showLanguage(button.dataset.show);
    });
  }
}

// Nothing is handed in before everything is saved.
function wireFinish(form, sides) {
  form?.addEventListener("submit", async (event) => {
    if (sides.isClean) return;
    event.preventDefault();
    if (await sides.settle()) return form.submit();
    const button = form.querySelector("button");
    button.disabled = false;
    button.querySelector(".spin")?.remove();
    sides.status.element.scrollIntoView({ block: "center" });
  });
}
