import { Letter } from "./js/letter.js";
import { Line } from "./js/asking.js";
import { Palette } from "./js/palette.js";
import { Pieces, lastOpen } from "./js/pieces.js";
import { Status } from "./js/status.js";
import { learn } from "./js/words.js";
import { startSides } from "./js/languages.js";
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
  const palette = new Palette(root.querySelector("[data-palette]"), { chosen: (kind, after) => pieces.add(kind, after) });
  const pieces = new Pieces(root, { line, letter, palette, status: new Status(root.querySelector("[data-status]")) });
  wirePictures(root, { line, library: facts.library, chooseUrl: facts.chooseUrl, media: facts.media });
  wireBar(root, pieces, letter);
  wireKeys(root, pieces, palette);
  addEventListener("pagehide", () => pieces.flush({ leaving: true }));
  addEventListener("online", () => pieces.flush());
  document.addEventListener("visibilitychange", () => document.hidden && pieces.flush({ leaving: true }));
  arrive(root, pieces);
}

// A remark leads to its field (#uid.path); else the section that was open last is open again.
async function arrive(root, pieces) {
  await pieces.resume();
  const [uid, ...path] = decodeURIComponent(location.hash.slice(1)).split(".");
  const named = uid && pieces.piece(uid === "front" ? "" : uid);
  const last = lastOpen(root.dataset.owner);
  const piece = named || (last !== null && pieces.piece(last));
  if (!piece || pieces.open) return;
  await pieces.unfold(piece);
  if (!named) return;
  piece.scrollIntoView({ block: "start" });
  const steps = path.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
  const field = steps.length && pieces.open?.form.reveal(steps);
  (field?.querySelector?.("input, textarea, [role=textbox]") ?? field)?.focus?.();
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
