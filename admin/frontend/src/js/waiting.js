// What waits on the cards: remarks go to their fields when a card is open, comments stand below its form.
import { controlOf } from "./ways.js";
import { announce } from "./toasts.js";

export class Waiting {
  constructor(root, pieces, ways) {
    Object.assign(this, { root, pieces, ways, round: root.querySelector("[data-waiting-round]"), reached: new Map() });
    // Whoever begins to write at once is saved first: the checks keep the server busy for a moment.
    this.first = setTimeout(() => this.round.dispatchEvent(new CustomEvent("arrived")), 1000);
    root.addEventListener("click", ({ target }) => {
      const piece = target.closest("[data-section]");
      if (target.closest("[data-to-remarks]")) this.#next(piece);
      if (target.closest("[data-to-comments]")) this.#comments(piece);
    });
    root.addEventListener("htmx:oobAfterSwap", ({ target }) => target.closest("[data-section]") === pieces.open?.piece && this.place());
    root.addEventListener("htmx:afterSettle", ({ target, detail }) => target.closest("[data-said-here]") && this.#settled(target.closest("[data-said-here]"), detail));
  }

  // Something was written: the checks are asked again once the hand rests.
  written() {
    clearTimeout(this.first);
    this.round.dispatchEvent(new CustomEvent("written"));
  }

  // Each click leads to the next remark of this card.
  async #next(piece) {
    const remarks = [...piece.querySelectorAll("[data-remark]")];
    const place = (this.reached.get(piece) ?? -1) + 1;
    const remark = remarks[place % remarks.length];
    this.reached.set(piece, place % remarks.length);
    await this.ways.go(piece.dataset.section, remark.dataset.way.split(".").filter(Boolean));
    announce(this.root, remark.textContent.trim());
  }

  async #comments(piece) {
    await this.ways.go(piece.dataset.section, []);
    const place = piece.querySelector("[data-said-here]");
    place.open = true;
    place.scrollIntoView({ block: "nearest" });
    place.querySelector("summary").focus({ preventScroll: true });
  }

  // After a word is said the panel is another one: the cursor is where the next word would be written.
  #settled(place, { requestConfig }) {
    if (requestConfig.verb === "get") return place.scrollIntoView({ block: "start" });
    this.round.dispatchEvent(new CustomEvent("said"));
    if (document.activeElement === document.body) place.querySelector(".comment-new textarea").focus();
  }

  // Every remark of the open section beside the field it speaks of; those of the whole above the form.
  place() {
    const { piece, form } = this.pieces.open ?? {};
    if (!form) return;
    form.root.querySelectorAll("[data-remark-here]").forEach((old) => old.remove());
    form.root.querySelectorAll("[aria-describedby*=remark-]").forEach((control) => describe(control, null));
    piece.querySelectorAll("[data-remark]").forEach((remark) => this.#put(form, remark));
  }

  #put(form, remark) {
    const steps = remark.dataset.way.split(".").filter(Boolean).map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const element = steps.length ? form.reveal(steps) : null;
    const line = document.createElement("p");
    line.className = "field-remark";
    line.dir = "auto";
    line.dataset.remarkHere = "";
    line.id = `remark-${remark.dataset.remark}`;
    line.classList.toggle("is-stop", "stops" in remark.dataset);
    line.append(...[...remark.childNodes].map((node) => node.cloneNode(true)));
    const host = element?.closest("[data-in], .row-body, [data-field]");
    if (host) host.append(line);
    else form.root.querySelector("[data-conflicts]").after(line);
    if (element) describe(controlOf(element), line.id);
  }
}

function describe(control, id) {
  const others = (control.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && !each.startsWith("remark-"));
  const all = id ? [...others, id] : others;
  if (all.length) control.setAttribute("aria-describedby", all.join(" "));
  else control.removeAttribute("aria-describedby");
}
