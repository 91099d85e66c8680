// Somebody leaves: what is written goes on its way. Or is back, logged in in another tab, or on the line again: what waits is tried at
// once, not when its turn comes.
import { toast } from "./toasts.js";
import { say } from "./words.js";

export function wireLeaving(writing) {
  addEventListener("pagehide", () => writing.flush({ closing: true }));
  document.addEventListener("visibilitychange", () => document.hidden && writing.flush({ hidden: true }));
  // The browser asks whether to leave, in words of its own.
  addEventListener("beforeunload", (event) => writing.isAtRisk && event.preventDefault());
}

// told: {flush(), renewed()}
export function wireReturning(root, { line, status, flush, renewed }) {
  document.addEventListener("newsroom:logged-out", (event) => (event.preventDefault(), status.say("login")));
  document.addEventListener("newsroom:not-done", (event) => (event.preventDefault(), toast(root, say("not_done"))));
  const back = async () => {
    if (document.hidden || !status.trouble) return;
    if (status.isLoggedOut) {
      if (!(await line.renew())) return;
      status.past();
      renewed();
    }
    flush();
  };
  addEventListener("online", back);
  addEventListener("focus", back);
  document.addEventListener("visibilitychange", back);
}
