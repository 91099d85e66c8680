// A Word document dropped anywhere on the issue is read into proposals; pictures and texts go where they are dropped.
const DOCUMENT = /\.(docx|doc|txt|md)$/i;

export function wireDocuments(link) {
  if (!link) return;
  const isOurs = (event) => event.dataTransfer?.types.includes("Files") && !event.target.closest?.("[data-drop]");
  document.addEventListener("dragover", (event) => isOurs(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    const file = [...event.dataTransfer.files].find(({ name }) => DOCUMENT.test(name));
    if (file) read(link, file);
  });
}

// The page stays: words may wait in it.
const tell = (what) => document.dispatchEvent(new CustomEvent(what, { cancelable: true }));

async function read(link, file) {
  const body = new FormData();
  body.append("csrf_token", link.dataset.csrf);
  body.append("file", file);
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.dataset.documents, { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.status === 401) tell("newsroom:logged-out");
    else location.assign(answer.redirected ? answer.url : link.href);
  } catch {
    tell("newsroom:not-done");
  } finally {
    link.removeAttribute("aria-busy");
  }
}
