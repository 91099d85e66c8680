// A short message with one thing to do about it. It waits while somebody is on it.
import { say } from "./words.js";

const STAYS = 10_000;

export function toast(root, text, { label, act } = {}) {
  const box = document.createElement("div");
  box.className = "toast-line";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (act) box.append(button(label, () => (box.remove(), act())));
  const close = button("×", () => box.remove());
  close.className = "toast-close";
  close.setAttribute("aria-label", say("close"));
  box.append(close);
  root.querySelector("[data-toasts]").append(box);
  let timer = setTimeout(() => box.remove(), STAYS);
  for (const event of ["focusin", "pointerenter"]) box.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["focusout", "pointerleave"]) box.addEventListener(event, () => (timer = setTimeout(() => box.remove(), STAYS)));
  return box;
}

export function announce(root, text) {
  const line = root.querySelector("[data-said]") ?? document.querySelector("[data-said]");
  if (line) line.textContent = text;
}

function button(label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}
