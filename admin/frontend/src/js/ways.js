// The way to a field: its card opens, its language shows, it comes into view and has the cursor.
const CONTROL = "input:not([type=file]):not([hidden]), textarea, select, [role=textbox], button";

export class Ways {
  constructor(root, pieces) {
    Object.assign(this, { root, pieces });
    if (location.hash) history.scrollRestoration = "manual"; // a page that is loaded anew would go back to where it was, past the field
    addEventListener("hashchange", () => this.follow());
  }

  // #uid.path of a remark; false where there is no such section here.
  async follow() {
    const [uid, ...path] = decodeURIComponent(location.hash.slice(1)).split(".");
    if (!uid) return false;
    return this.go(uid === "front" ? "" : uid, path);
  }

  async go(uid, path) {
    const piece = this.pieces.piece(uid);
    if (!piece) return false;
    if (this.pieces.open?.piece !== piece) {
      this.pieces.fold();
      await this.pieces.unfold(piece);
    }
    const form = this.pieces.open?.form;
    if (path.length && form) this.#reveal(form, path.map((step) => (/^\d+$/.test(step) ? Number(step) : step)));
    else {
      piece.scrollIntoView({ block: "start" });
      piece.querySelector("[data-open]").focus({ preventScroll: true });
    }
    return true;
  }

  #reveal(form, steps) {
    const element = form.reveal(steps);
    if (!element) return;
    const language = element.closest("[data-in]")?.dataset.in;
    if (language && !["all", language].includes(form.showing)) this.root.querySelector(`[data-show="${language}"]`)?.click();
    const control = controlOf(element);
    element.closest(".others")?.setAttribute("open", "");
    control.scrollIntoView({ block: "center" });
    control.focus({ preventScroll: true });
  }
}

export function controlOf(element) {
  if (element.matches(CONTROL)) return element;
  const text = element.matches("[data-rich]") && element.querySelector("[role=textbox]"); // not one of its tools
  if (text) return text;
  return [...element.querySelectorAll(CONTROL)].find((each) => each.getClientRects().length && !each.closest("template")) ?? element;
}
