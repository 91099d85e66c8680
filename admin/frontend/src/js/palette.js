// What a letter can hold, each with what it is for: opened by its button or by "/", found by typing.
export class Palette {
  constructor(dialog, { chosen }) {
    this.dialog = dialog;
    this.find = dialog.querySelector("[data-find]");
    this.find.addEventListener("input", () => this.#filter());
    dialog.addEventListener("keydown", (event) => this.#keys(event));
    dialog.addEventListener("click", ({ target }) => {
      const button = target.closest("button[data-kind]");
      if (target === dialog) dialog.close();
      if (button) (dialog.close(), chosen(button.dataset.kind, this.after));
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
    this.dialog.querySelectorAll("[data-choice]").forEach((each) => (each.hidden = !each.dataset.text.includes(wanted)));
    this.dialog.querySelector("[data-none]").hidden = this.#shown.length > 0;
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
