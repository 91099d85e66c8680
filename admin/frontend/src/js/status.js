// One line that says where the words are: saved and when, on their way, or kept in this browser.
import { hour, say } from "./words.js";

const QUIET = { typing: "", saving: "" };

export class Status {
  constructor(element) {
    this.element = element;
    this.trouble = false;
  }

  say(how, detail = "") {
    if (how in QUIET) return;
    this.trouble = true;
    this.#show("bad", how === "refused" ? detail || say("refused") : say(how === "login" ? "logged_out" : "away"));
  }

  saved(at) {
    this.trouble = false;
    this.#show("good", say("saved", { when: hour(at) }));
  }

  waiting() {
    if (!this.trouble) this.#show("work", say("waiting"));
  }

  #show(tone, words) {
    this.element.dataset.tone = tone;
    if (this.element.textContent !== words) this.element.textContent = words;
  }
}
