// Where words are being written, no request in the background leaves the page for the log-in: the page stays, says that the log-in has
// ended, and goes on after a log-in in another tab. What a person asked for and did not get is told as well. A form that stood open
// for long is sent once it is known to arrive: what was filled in would be gone with the page.
import { tokenFor } from "./session.js";

const AGED = 600_000;

const isWritten = () => document.querySelector("[data-composer], [data-sides]") !== null
  || [...document.querySelectorAll("textarea, input")].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);

// The scripts of writing have a line of their own for this; elsewhere it stands below the page.
const tell = (name, line) => (line.hidden = !document.dispatchEvent(new CustomEvent(name, { cancelable: true })));

export function stayWithWords() {
  const place = document.querySelector("[data-trouble]");
  if (!place) return;
  const [loggedOut, notDone] = ["logged-out", "not-done"].map((name) => place.querySelector(`[data-${name}]`));
  const renew = () => tokenFor(place.dataset.session, Number(place.dataset.user));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    notDone.hidden = true;
    if (event.detail.xhr.getResponseHeader("HX-Redirect") === null || !isWritten()) return;
    event.preventDefault();
    tell("newsroom:logged-out", loggedOut);
  });
  for (const fault of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(fault, async ({ detail }) => {
      if (detail.requestConfig.verb === "get") return;
      await renew(); // the form may be older than the log-in
      tell("newsroom:not-done", notDone);
    });
  }
  const asking = new WeakSet();
  let asked = 0;
  document.addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (form.method !== "post" || form.hasAttribute("hx-post") || performance.now() - asked < AGED) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (asking.has(form)) return; // a second click sends nothing twice
    asking.add(form);
    const token = await renew();
    asking.delete(form);
    if (!token) return tell(...(token === null ? ["newsroom:logged-out", loggedOut] : ["newsroom:not-done", notDone]));
    [loggedOut.hidden, notDone.hidden, asked] = [true, true, performance.now()];
    form.requestSubmit(submitter);
  }, true);
  const back = async () => {
    if (!document.hidden && !loggedOut.hidden && (await renew())) loggedOut.hidden = true;
  };
  addEventListener("focus", back);
  document.addEventListener("visibilitychange", back);
}
