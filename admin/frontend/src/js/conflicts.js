// Two people in one field: both texts are shown, and the person chooses. Until then nothing of either is lost.
import { elementAt } from "./places.js";
import { hour, say } from "./words.js";

export function showConflict(form, conflict, choose) {
  const element = elementAt(form, conflict.path);
  const field = element?.closest("[data-in], [data-row], [data-field]") ?? form.querySelector("[data-conflicts]");
  const key = JSON.stringify(conflict.path);
  form.querySelectorAll("[data-conflict]").forEach((old) => old.dataset.conflict === key && old.remove());
  const box = document.createElement("div");
  box.className = "conflict";
  box.dataset.conflict = key;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", say("conflict_title"));
  box.append(line("p", say(conflict.by ? "conflict_by" : "conflict", { who: conflict.by, when: hour(conflict.at) })));
  const texts = [conflict.mine, conflict.theirs].map(plain);
  if (texts.every((text) => text !== null)) box.append(side(say("yours"), texts[0], texts[1], "mine"), side(say("theirs"), texts[1], texts[0], "theirs"));
  box.append(buttons(box, conflict, element, texts.every((text) => text), choose));
  field.hidden = false;
  field.append(box);
}

function buttons(box, { path, mine, theirs }, element, both, choose) {
  const row = line("div", "");
  row.className = "conflict-buttons";
  const ways = [["keep_mine", () => mine], ["take_theirs", () => theirs], ...(both ? [["keep_both", () => joined(theirs, mine)]] : [])];
  for (const [word, value] of ways) {
    const button = line("button", say(word));
    button.type = "button";
    button.className = "btn btn-plain btn-sm";
    button.addEventListener("click", () => (box.remove(), choose(path, theirs, value(), element)));
    row.append(button);
  }
  return row;
}

const isRich = (text) => /^<(p|h3|h4|ul|ol|blockquote)\b/.test(text);
const joined = (first, second) => (isRich(first) && isRich(second) ? first + second : `${first} ${second}`);

function plain(value) {
  if (value === null) return "";
  if (typeof value !== "string") return null;
  return isRich(value) ? new DOMParser().parseFromString(value.replace(/<\/(p|li|h3|h4)>/g, "$& "), "text/html").body.textContent.trim() : value;
}

// The text with what the other has not, marked.
function side(label, text, other, kind) {
  const box = line("div", "");
  box.className = `conflict-side is-${kind}`;
  box.append(line("strong", label));
  const words = document.createElement("bdi");
  const known = new Set(other.split(/\s+/));
  for (const word of text.split(/(\s+)/)) words.append(word.trim() && !known.has(word) ? line("mark", word) : word);
  box.append(words);
  return box;
}

function line(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
