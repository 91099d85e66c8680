// One line that says where the words are: saved and when, on their way, or kept in this browser.
import { hour, say } from "./words.js";

const QUIET = { typing: "", saving: "" };
const WORDS = { refused: "refused", login: "logged_out", away: "away", full: "away_full" };

export class Status {
  constructor(element) {
    this.element = element;
    this.trouble = null;
  }

  get isLoggedOut() {
    return this.trouble === "login";
  }

  // The trouble is over; whatever waits will say when it is saved.
  past() {
    this.trouble = null;
    this.#show("", "");
  }

  say(how, detail = "") {
    if (how in QUIET) return;
    this.trouble = how;
    this.#show("bad", (how === "refused" && detail) || say(WORDS[how]));
    if (this.isLoggedOut) this.#door();
  }

  saved(at) {
    this.trouble = null;
    this.#show("good", say("saved", { when: hour(at) }));
  }

  waiting() {
    if (!this.trouble) this.#show("work", say("waiting"));
  }

  // The same way in as below every other page.
  #door() {
    const door = document.querySelector("[data-logged-out] a");
    if (door && !this.element.querySelector("a")) this.element.append(" ", door.cloneNode(true));
  }

  #show(tone, words) {
    this.element.dataset.tone = tone;
    if (this.words !== words) this.element.textContent = words;
    this.words = words;
  }
}
