// Languages side by side: every section saves itself as it is written, and the states of its texts follow what the server knows.
import { Line } from "./asking.js";
import { Draft } from "./autosave.js";
import { keptOf, nameOf } from "./keeping.js";
import { SectionForm } from "./section_form.js";
import { Status } from "./status.js";
import { learn, say } from "./words.js";

const STATES_AFTER = 700;

export class Sides {
  constructor(root) {
    this.root = root;
    this.facts = root.dataset;
    this.languages = this.facts.languages.split(" ");
    this.said = JSON.parse(this.facts.states);
    this.line = new Line({ csrf: this.facts.csrf, sessionUrl: this.facts.session, userId: Number(this.facts.user) });
    this.status = new Status(document.querySelector("[data-status]"));
    this.sides = new Map([...root.querySelectorAll("[data-form]")].map((box) => [box.dataset.uid, this.#side(box)]));
  }

  #side(box) {
    const { uid, url, version, content } = box.dataset;
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
    const formTold = { undo() {}, redo: () => location.reload(), refused: () => this.status.say("refused", say("paste_too_long")) };
    side.form = new SectionForm(box, side.draft, { languages: this.languages, showing: this.facts.language, told: formTold });
    return side;
  }

  #saved(side, answer) {
    if ([...this.sides.values()].every(({ draft }) => draft.isClean)) this.status.saved(answer.saved_at);
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

  #statesSoon() {
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
    for (const [uid, left] of keptOf(this.facts.owner)) await this.sides.get(uid)?.draft.resume(left);
    for (const { form } of this.sides.values()) form.refresh();
  }

  flush(options) {
    for (const { draft } of this.sides.values()) draft.flush(options);
  }
}

export function startSides(root) {
  learn(JSON.parse(root.dataset.words));
  const sides = new Sides(root);
  addEventListener("pagehide", () => sides.flush({ leaving: true }));
  addEventListener("online", () => sides.flush());
  document.addEventListener("visibilitychange", () => document.hidden && sides.flush({ leaving: true }));
  // "Still right" answers with the text's new state; the counts above follow.
  document.addEventListener("htmx:afterSwap", ({ target }) => {
    const row = target.closest?.("[data-field]");
    const badge = row?.querySelector("[data-badge]");
    if (!badge) return;
    row.dataset.state = badge.dataset.badge;
    sides.states();
  });
  sides.resume();
}
