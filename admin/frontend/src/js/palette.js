// What a letter can hold, each with what it is for, and the sections that it holds: opened by its button or by "/", found by typing.
const MOST = 8;

export class Palette {
  // sections() gives {uid, number, title} of each.
  constructor(dialog, { chosen, sections, wanted }) {
    Object.assign(this, { dialog, sections });
    this.find = dialog.querySelector("[data-find]");
    this.find.addEventListener("input", () => this.#filter());
    dialog.addEventListener("keydown", (event) => this.#keys(event));
    dialog.addEventListener("click", ({ target }) => {
      const { kind, go } = target.closest("button")?.dataset ?? {};
      if (target === dialog || kind || go) dialog.close();
      if (kind) chosen(kind, this.after);
      if (go) wanted(go);
    });
  }

  // `after` is the section that the new one follows; null for the end.
  open(after = null) {
    this.after = after;
    this.find.value = "";
    this.#filter();
    this.dialog.showModal();
    this.find.focus();
  }

  get #shown() {
    return [...this.dialog.querySelectorAll("[data-choice]:not([hidden]) button")];
  }

  #filter() {
    const wanted = this.find.value.trim().toLowerCase().replace(/^\//, "");
    this.dialog.querySelectorAll("[data-text]").forEach((each) => (each.hidden = !each.dataset.text.includes(wanted)));
    this.#offer(wanted ? this.sections().filter(({ number, title }) => `${number}` === wanted || title.toLowerCase().includes(wanted)) : []);
    this.dialog.querySelector("[data-none]").hidden = this.#shown.length > 0;
  }

  #offer(found) {
    const list = this.dialog.querySelector("[data-found]");
    list.parentElement.hidden = !found.length;
    list.replaceChildren(...found.slice(0, MOST).map(({ uid, number, title }) => {
      const choice = document.createElement("li");
      choice.dataset.choice = "";
      choice.innerHTML = `<button type="button"><span class="number quiet">${number}</span><bdi></bdi></button>`;
      choice.firstChild.dataset.go = uid;
      choice.querySelector("bdi").textContent = title;
      return choice;
    }));
  }

  #keys(event) {
    const shown = this.#shown;
    const place = shown.indexOf(document.activeElement);
    if (event.key === "Enter" && event.target === this.find) {
      event.preventDefault();
      shown[0]?.click();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !shown.length) return;
    event.preventDefault();
    if (place + step < 0) this.find.focus();
    else shown[Math.min(place + step, shown.length - 1)].focus();
  }
}
