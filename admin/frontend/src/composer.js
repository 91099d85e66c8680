import { Letter } from "./js/letter.js";
import { Line } from "./js/asking.js";
import { Palette } from "./js/palette.js";
import { Pieces, lastOpen } from "./js/pieces.js";
import { Status } from "./js/status.js";
import { learn } from "./js/words.js";
import { startSides } from "./js/languages.js";
import { wireShortcuts } from "./js/shortcuts.js";
import { Waiting } from "./js/waiting.js";
import { Ways } from "./js/ways.js";
import { wireLeaving, wireReturning } from "./js/returning.js";
import { wireDocuments } from "./js/documents.js";
import { wirePictures } from "./js/pictures.js";

const root = document.querySelector("[data-composer]");
if (root) start(root);

const sides = document.querySelector("[data-sides]");
if (sides) startSides(sides);
wireDocuments(document.querySelector("[data-documents]"));

function start(root) {
  const facts = root.dataset;
  learn(JSON.parse(facts.words));
  const line = new Line({ csrf: facts.csrf, sessionUrl: facts.session, userId: Number(facts.user) });
  const letter = new Letter(root.querySelector("[data-letter]"), { base: facts.letters, language: facts.languages.split(" ")[0] });
  const palette = new Palette(root.querySelector("[data-palette]"), {
    chosen: (kind, after) => pieces.add(kind, after),
    sections: () => pieces.outline,
    wanted: (uid) => ways.go(uid, []),
  });
  const told = { opened: () => waiting.place(), written: () => waiting.written() };
  const status = new Status(root.querySelector("[data-status]"));
  const pieces = new Pieces(root, { line, letter, palette, status, told });
  const ways = new Ways(root, pieces);
  const waiting = new Waiting(root, pieces, ways);
  wirePictures(root, { line, library: facts.library, chooseUrl: facts.chooseUrl, media: facts.media });
  wireBar(root, pieces, letter);
  wireKeys(root, pieces, palette);
  wireShortcuts(root, { letter, pieces });
  wireReturning(root, { line, status, flush: () => pieces.flush(), renewed: () => (letter.soon(), waiting.written()) });
  wireLeaving(pieces);
  arrive(root, pieces, ways);
}

// A remark leads to its field (#uid.path); else the section that was open last is open again.
async function arrive(root, pieces, ways) {
  await pieces.resume();
  if (pieces.open || (await ways.follow())) return;
  const last = lastOpen(root.dataset.owner);
  const piece = last !== null && pieces.piece(last);
  if (piece) await pieces.unfold(piece);
}

function wireBar(root, pieces, letter) {
  root.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => {
    press(root, "[data-show]", button);
    pieces.show(button.dataset.show);
    letter.in(button.dataset.show === "all" ? pieces.languages[0] : button.dataset.show);
  }));
  root.querySelectorAll("[data-side]").forEach((button) => button.addEventListener("click", () => {
    press(root, "[data-side]", button);
    root.querySelector("[data-side-shown]").dataset.sideShown = button.dataset.side;
    if (button.dataset.side === "letter") (pieces.flush(), letter.soon());
  }));
}

function press(root, which, button) {
  root.querySelectorAll(which).forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
}

// "/" where nothing is being typed, or in an empty text, opens the palette.
function wireKeys(root, pieces, palette) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || root.dataset.mayChange !== "yes" || document.querySelector("dialog[open]")) return;
    const { target } = event;
    const isText = target.matches("input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=textbox]");
    const isEmptyText = isText && target.closest("[data-section]") && !(target.value ?? target.textContent).trim() && !target.matches("[inputmode=url]");
    if (isText && !isEmptyText) return;
    event.preventDefault();
    palette.open(target.closest("[data-section]")?.dataset.section || pieces.list.lastElementChild?.dataset.section || null);
  });
}
