// One section while it is written. Every change is in this browser at once, and on its way to the server within a second;
// one request is under way at a time. What the person saw before is sent along, so that nobody is overwritten unseen.
import { holds, keyOf, placeFromKey, read, wire, write } from "./places.js";
import { keep } from "./keeping.js";

export const LONGEST_WAIT = 500; // which leaves a busy server the other half of the second
const KEPT_WITHIN = 150;
const MOST_UNANSWERED = 8;
const TRIES = [1000, 2000, 4000, 8000, 15000, 30000];

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
    this.failures = 0;
  }

  get isClean() {
    return !this.dirty.size && !this.sending;
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
    this.#plan();
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
    const unsent = this.sending ? [...this.sending.keys, ...this.dirty] : [...this.dirty];
    const kept = keep(this.name, { changes: this.#changes(unsent) });
    if (!kept) this.flush();
  }

  #changes(keys) {
    return [...new Set(keys)].map(placeFromKey).map((place) => ({
      path: wire(place), was: read(this.saved, place, this.original), now: read(this.mine, place, this.original), ...this.#sent(place),
    }));
  }

  // A request whose answer was lost may have been obeyed: what it said there is this person's own, and nobody else's.
  #sent(place) {
    const told = [...new Set(this.unanswered.map((content) => JSON.stringify(read(content, place, this.original))))];
    return told.length ? { sent: told.map((each) => JSON.parse(each)) } : {};
  }

  #remember() {
    this.unanswered.push(structuredClone(this.mine));
    if (this.unanswered.length > MOST_UNANSWERED) this.unanswered.splice(MOST_UNANSWERED / 2, 1);
  }

  // Changes kept from an earlier visit, sent as they were.
  async resume({ changes }) {
    const keys = new Set();
    for (const { path, now } of changes) {
      const place = this.#placeOf(path);
      this.#put(this.mine, place, now);
      keys.add(keyOf(place));
    }
    this.sending = { keys };
    await this.#post(changes);
  }

  async flush({ leaving = false } = {}) {
    clearTimeout(this.timer);
    this.timer = null;
    if (this.sending || this.gone) return;
    const keys = new Set([...this.dirty].filter((key) => !this.disputed.has(key)));
    const changes = this.#changes(keys);
    if (!changes.length) return;
    this.#remember();
    this.sending = { keys };
    this.#keep();
    for (const key of keys) this.dirty.delete(key);
    this.unsavedSince = null;
    if (this.loggedOut) await this.line.renew();
    await this.#post(changes, leaving);
  }

  // Every field is compared with what was seen of it: to name the version would vouch for fields that others changed since.
  async #post(changes, leaving = false) {
    const answer = await this.line.ask(this.url, { base: 0, changes }, { keepalive: leaving });
    const { keys } = this.sending;
    this.sending = null;
    if (!["away", "login"].includes(answer.how)) this.unanswered = [];
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
    this.loggedOut = answer.how === "login";
    this.told.status(answer.how, answer.sentence);
  }
}

function wasSent(place, keys) {
  return [...keys].map(placeFromKey).some((sent) => keyOf(sent) === keyOf(place) || (!sent.language && holds(sent.path, place.path)));
}
