// The letter beside the text: made anew a moment after each save, shown at the section that is being written.
const AFTER = 1200;

export class Letter {
  constructor(root, { base, language }) {
    Object.assign(this, { base, language, view: "desktop" });
    this.stage = root.querySelector("[data-stage]");
    this.frame = root.querySelector("[data-frame]");
    root.querySelectorAll("[data-view]").forEach((button) => button.addEventListener("click", () => this.#look(root, button)));
    new ResizeObserver(() => this.#seen()).observe(this.stage);
  }

  // Nobody's letter is made while it is out of sight, on a phone: it is made when it is looked at.
  soon() {
    this.isOld = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#due(), AFTER);
  }

  #due() {
    this.timer = null;
    if (this.#isInSight) this.show();
  }

  get #isInSight() {
    return this.stage.clientWidth > 0;
  }

  #seen() {
    if (this.isOld && this.#isInSight && !this.timer) this.show();
    this.#fit();
  }

  focus() {
    this.frame.focus();
  }

  // The card that is open is the place that the letter shows.
  at(number) {
    if (number === this.number) return;
    this.number = number;
    this.show();
  }

  in(language) {
    this.language = language;
    this.show();
  }

  // The next letter is loaded behind the present one, so that nothing flickers.
  show() {
    this.isOld = false;
    const next = this.frame.cloneNode();
    next.classList.add("is-coming");
    next.removeAttribute("data-frame");
    next.src = this.#address();
    this.coming?.remove();
    this.coming = next;
    next.addEventListener("load", () => {
      if (this.coming !== next) return;
      this.coming = null;
      const wasRead = document.activeElement === this.frame;
      this.frame.remove();
      next.classList.remove("is-coming");
      next.dataset.frame = "";
      this.frame = next;
      if (wasRead) next.focus();
    });
    this.stage.append(next);
    this.#fit();
  }

  #address() {
    const kind = this.view === "text" ? "text" : "letter";
    const place = this.number && kind === "letter" ? `#section-${this.number}` : "";
    return `${this.base}/${this.language}/${kind}?live=${Date.now()}${place}`;
  }

  #look(root, button) {
    root.querySelectorAll("[data-view]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    const wasText = this.view === "text";
    this.view = button.dataset.view;
    this.stage.dataset.stage = this.view;
    if (wasText || this.view === "text") this.show();
    this.#fit();
  }

  // A desktop letter is 680 pixels wide wherever it is shown: smaller columns show it smaller.
  #fit() {
    const scale = this.view === "desktop" ? Math.min(1, this.stage.clientWidth / 680) : 1;
    this.stage.style.setProperty("--scale", String(scale));
  }
}
