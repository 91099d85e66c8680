// A form that was sent once is not sent twice: its button says so until the answer arrives.
export function markBusyForms(root) {
  root.addEventListener("submit", ({ target, submitter }) => {
    const button = submitter ?? target.querySelector("button[type=submit], button:not([type])");
    if (target.method !== "post" || !button || target.hasAttribute("hx-post")) return;
    // Disabling at once would drop the button's own value from what is sent.
    setTimeout(() => showBusy(button));
  });
  // Back from the browser's memory: the page is usable again.
  window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

function showBusy(button) {
  button.disabled = true;
  const turning = document.createElement("span");
  turning.className = "spin";
  turning.setAttribute("aria-hidden", "true");
  button.prepend(turning);
}
