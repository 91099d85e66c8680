// One section while it is written. Every change is in this browser at once, and on its way to the server within a second;
// one request is under way at a time. What the person saw before is sent along, so that nobody is overwritten unseen.
import { holds, keyOf, placeFromKey, read, wire, write } from "./places.js";
import { Keeper } from "./keeping.js";

export const LONGEST_WAIT = 500; // which leaves a busy server the other half of the second
const KEPT_WITHIN = 150;
const MOST_UNANSWERED = 8;
const TRIES = [1000, 2000, 3000, 5000];
const PATIENCE = 20_000; // a line that swallows everything says nothing of it
const HURRY = 1000; // somebody who types on is not kept waiting for the next try

export class Draft {
  // told: {saved(answer), conflict(answer), status(word, detail), gone(answer)}
  constructor({ uid, url, version, content, languages, name, line, told }) {
    Object.assign(this, { uid, url, version, languages, name, line, told, original: languages[0] });
    this.saved = content;
    this.mine = structuredClone(content);
    this.dirty = new Set();
    this.sending = null;
    this.disputed = new Map();
    this.unanswered = [];
    this.sentBefore = new Map();
    this.failures = 0;
    this.keeper = new Keeper(name);
  }

  get isClean() {
    return !this.dirty.size && !this.sending;
  }

  // Neither the server nor this browser has what was written last: to leave the page now would lose it.
  get isAtRisk() {
    return !this.isClean && this.keeper.isFull;
  }

  // The person changed this; value null is "nothing there".
  change(place, value) {
    write(this.mine, place, value, this.original);
    this.touch(place);
  }

  touch(place) {
    for (const key of [...this.dirty]) {
      const other = placeFromKey(key);
      if (!other.language && holds(other.path, place.path)) return this.#soon();
      if (!place.language && holds(place.path, other.path)) this.dirty.delete(key);
    }
    this.dirty.add(keyOf(place));
    this.#soon();
  }

  #soon() {
    this.told.status("typing");
    this.unsavedSince ??= performance.now();
    this.keepTimer ??= setTimeout(() => this.#keep(), KEPT_WITHIN);
    if (this.failures && this.timer && performance.now() - this.failedAt > HURRY) this.flush();
    else this.#plan();
  }

  // Counted from the first unsaved keystroke: somebody who never pauses is saved as well.
  #plan() {
    if (this.gone || this.timer || this.sending || ![...this.dirty].some((key) => !this.disputed.has(key))) return;
    const since = performance.now() - (this.unsavedSince ?? performance.now());
    const wait = this.failures ? TRIES[Math.min(this.failures, TRIES.length) - 1] : Math.max(0, LONGEST_WAIT - since);
    this.timer = setTimeout(() => this.flush(), wait);
  }

  #keep() {
    clearTimeout(this.keepTimer);
    this.keepTimer = null;
    if (!this.keeper.keep(this.#changes(this.#unsaved))) this.flush();
  }

  get #unsaved() {
    return this.sending ? [...this.sending.keys, ...this.dirty] : [...this.dirty];
  }

  #changes(keys) {
    return [...new Set(keys)].map(placeFromKey).map((place) => ({
      path: wire(place), was: read(this.saved, place, this.original), now: read(this.mine, place, this.original), ...this.#sent(place),
    }));
  }

  // A request whose answer was lost may have been obeyed: what it said there is this person's own, and nobody else's.
  #sent(place) {
    const told = this.unanswered.map((content) => JSON.stringify(read(content, place, this.original)));
    const all = [...new Set([...(this.sentBefore.get(keyOf(place)) ?? []), ...told])].slice(-2 * MOST_UNANSWERED);
    return all.length ? { sent: all.map((each) => JSON.parse(each)) } : {};
  }

  #remember() {
    this.unanswered.push(structuredClone(this.mine));
    if (this.unanswered.length > MOST_UNANSWERED) this.unanswered.splice(MOST_UNANSWERED / 2, 1);
  }

  // Changes kept from an earlier visit, sent as they were: what their writer saw then is what they are compared with, however often
  // they have to be sent.
  async resume(changes) {
    for (const { path, was, now, sent = [] } of changes) {
      const place = this.#placeOf(path);
      this.#put(this.mine, place, now);
      this.#put(this.saved, place, was);
      this.sentBefore.set(keyOf(place), sent.map((each) => JSON.stringify(each)));
      this.dirty.add(keyOf(place));
    }
    await this.flush();
  }

  // hidden: the page may not come back. closing: it will not.
  async flush({ hidden = false, closing = false } = {}) {
    clearTimeout(this.timer);
    this.timer = null;
    if (hidden || closing) this.#keep();
    if (closing && this.sending) return this.#sendLast();
    if (this.sending || this.gone) return this.asked;
    const keys = new Set([...this.dirty].filter((key) => !this.disputed.has(key)));
    const changes = this.#changes(keys);
    if (!changes.length) return;
    this.#remember();
    this.sending = { keys };
    this.#keep();
    for (const key of keys) this.dirty.delete(key);
    this.unsavedSince = null;
    this.asked = this.#ask(changes, hidden || closing);
    await this.#answered(await this.asked, keys);
  }

  // The request under way dies with the page, or not: what was typed since goes on its own way.
  #sendLast() {
    const keys = this.#unsaved.filter((key) => !this.disputed.has(key));
    if (this.dirty.size && keys.length) this.#ask(this.#changes(keys), true);
  }

  // Every field is compared with what was seen of it: to name the version would vouch for fields that others changed since.
  async #ask(changes, keepalive) {
    if (this.loggedOut) await this.line.renew();
    return this.line.ask(this.url, { base: 0, changes }, { keepalive, patience: PATIENCE });
  }

  async #answered(answer, keys) {
    this.sending = null;
    if (!["away", "login"].includes(answer.how)) {
      this.unanswered = [];
      this.sentBefore.clear();
    }
    if (answer.how === "good") this.#saved(answer, keys);
    else if (answer.how === "conflict" && answer.gone) this.#gone(answer, keys);
    else if (answer.how === "conflict") await this.#disputed(answer, keys);
    else this.#notSaved(answer, keys);
    this.#keep();
    if (answer.how !== "refused") this.#plan();
  }

  // What others wrote meanwhile is taken over, but for fields that are being written here: there the comparison must still be
  // with what this person saw.
  #taken(answer, keys) {
    const before = this.saved;
    this.saved = structuredClone(answer.content);
    const mine = structuredClone(answer.content);
    for (const key of this.dirty) {
      const place = placeFromKey(key);
      if (this.disputed.has(key) || !wasSent(place, keys)) this.#seenBefore(place, before, answer.content, keys);
      this.#put(mine, place, read(this.mine, place, this.original));
    }
    Object.assign(this, { mine, version: answer.version, failures: 0, loggedOut: false });
  }

  // A list that is being changed is compared as it was seen; but what was just saved inside it is this person's own.
  #seenBefore(place, before, content, keys) {
    this.#put(this.saved, place, structuredClone(read(before, place, this.original)));
    for (const key of keys) {
      const sent = placeFromKey(key);
      const isInside = !place.language && sent.path.length > place.path.length && holds(place.path, sent.path);
      if (isInside && !this.disputed.has(key)) this.#put(this.saved, sent, read(content, sent, this.original));
    }
  }

  #put(content, place, value) {
    try {
      write(content, place, value, this.original);
    } catch {
      // its list or group is gone on the server: the change will be told as a conflict
    }
  }

  #saved(answer, keys) {
    this.#taken(answer, keys);
    this.told.saved(answer);
  }

  async #disputed(answer, keys) {
    for (const conflict of answer.conflicts) {
      const place = this.#placeOf(conflict.path);
      this.disputed.set(keyOf(place), { ...conflict, by: answer.by, at: answer.at });
      if (!this.dirty.has(keyOf(place))) this.#put(this.mine, place, conflict.mine);
      this.dirty.add(keyOf(place));
    }
    this.#taken(answer, keys);
    await this.told.conflict(answer);
  }

  #placeOf(path) {
    const isLanguage = path.length > 1 && this.languages.includes(path[path.length - 1]);
    return isLanguage ? { path: path.slice(0, -1), language: path[path.length - 1] } : { path, language: "" };
  }

  // The person chose: this value is what shall stand there, over what the other wrote.
  settle(path, theirs, chosen) {
    const place = this.#placeOf(path);
    this.disputed.delete(keyOf(place));
    this.dirty.delete(keyOf(place));
    this.#put(this.saved, place, theirs);
    this.#put(this.mine, place, chosen);
    if (JSON.stringify(chosen) !== JSON.stringify(theirs)) this.touch(place);
    this.#keep();
  }

  // The section was removed: what was written waits here for it to come back.
  #gone(answer, keys) {
    for (const key of keys) this.dirty.add(key);
    this.gone = true;
    this.told.gone(answer);
  }

  back() {
    this.gone = false;
    this.flush();
  }

  #notSaved(answer, keys) {
    for (const key of keys) this.dirty.add(key);
    this.failures += 1;
    this.failedAt = performance.now();
    this.loggedOut = answer.how === "login";
    this.told.status(answer.how === "away" && this.keeper.isFull ? "full" : answer.how, answer.sentence);
  }
}

function wasSent(place, keys) {
  return [...keys].map(placeFromKey).some((sent) => keyOf(sent) === keyOf(place) || (!sent.language && holds(sent.path, place.path)));
}
