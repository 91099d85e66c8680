// Somebody is back: logged in in another tab, or on the line again. What waits is tried at once, not when its turn comes.
import { toast } from "./toasts.js";
import { say } from "./words.js";

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
