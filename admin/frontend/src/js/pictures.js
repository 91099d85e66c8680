// Pictures: dropped, uploaded or chosen from the library. What is too large is refused before it travels.
import { say } from "./words.js";

const LARGEST = 20_000_000;
const TAKEN = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export function wirePictures(root, { line, library, chooseUrl, media }) {
  const chooser = root.querySelector("[data-chooser]");
  root.addEventListener("change", ({ target }) => target.matches("[data-upload]") && take(target.closest("[data-drop]"), target.files[0]));
  root.addEventListener("click", ({ target }) => {
    const drop = target.closest("[data-drop]");
    if (drop && target.closest("[data-choose]")) choose(drop);
    if (drop && target.closest("[data-take-out]")) put(drop, null);
  });
  root.addEventListener("dragover", (event) => over(event, true));
  root.addEventListener("dragleave", (event) => over(event, false));
  root.addEventListener("drop", (event) => {
    const drop = over(event, false);
    if (drop && event.dataTransfer.files[0]) take(drop, event.dataTransfer.files[0]);
  });
  root.addEventListener("file:show", ({ target, detail }) => display(target, detail));

  function take(drop, file) {
    const fault = faultOf(file);
    tell(drop, fault);
    if (!file || fault) return;
    upload(drop, file);
  }

  function upload(drop, file) {
    const progress = drop.querySelector("[data-progress]");
    const request = new XMLHttpRequest();
    const data = new FormData();
    data.append("file", file);
    request.open("POST", library);
    request.setRequestHeader("X-CSRFToken", line.csrf);
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    progress.hidden = false;
    request.upload.addEventListener("progress", ({ loaded, total }) => (progress.value = (100 * loaded) / total));
    request.addEventListener("loadend", () => {
      progress.hidden = true;
      if (request.status === 200 && request.response) put(drop, request.response.name, request.response.alt);
      else tell(drop, request.response?.sentence ?? say("upload_failed"));
    });
    request.send(data);
  }

  async function choose(drop) {
    const answer = await line.html(chooseUrl);
    if (answer.how !== "good") return tell(drop, say("upload_failed"));
    chooser.querySelector("[data-chooser-body]").innerHTML = answer.html;
    chooser.onclick = ({ target }) => {
      const picture = target.closest("[data-picture-name]");
      if (picture) put(drop, picture.dataset.pictureName, JSON.parse(picture.dataset.alt));
      if (picture || target === chooser || target.closest("[data-close]")) chooser.close();
    };
    chooser.showModal();
  }

  function put(drop, name, alt = "") {
    tell(drop, "");
    display(drop, name ?? "");
    drop.dispatchEvent(new CustomEvent("file:chosen", { detail: name, bubbles: true }));
    if (name && alt) fillAlt(drop, alt);
  }

  function display(drop, name) {
    const image = drop.querySelector("img");
    drop.dataset.file = name;
    image.hidden = !name;
    if (name) image.src = media + name;
    else image.removeAttribute("src");
    drop.querySelector("[data-call]").hidden = Boolean(name);
    drop.querySelector("[data-take-out]").hidden = !name;
  }
}

// The library knows what the picture shows: its words are offered where none are written yet.
function fillAlt(drop, alt) {
  const texts = typeof alt === "string" ? {} : alt;
  const group = drop.closest("[data-picture], [data-row]");
  group.querySelectorAll("[data-path$=alt]").forEach((input) => {
    const text = input.dataset.language ? (texts[input.dataset.language] ?? (typeof alt === "string" && alt)) : typeof alt === "string" && alt;
    if (!text || input.value || input.closest("[data-off]")) return;
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function over(event, is) {
  const drop = event.target.closest?.("[data-drop]");
  if (!drop || !event.dataTransfer?.types.includes("Files")) return null;
  event.preventDefault();
  drop.classList.toggle("is-over", is);
  return drop;
}

export function faultOf(file) {
  if (!file) return "";
  if (file.type === "image/svg+xml") return say("svg", { name: file.name });
  if (!TAKEN.includes(file.type)) return say("no_picture", { name: file.name });
  return file.size > LARGEST ? say("too_large", { name: file.name, size: Math.ceil(file.size / 1_000_000), most: LARGEST / 1_000_000 }) : "";
}

function tell(drop, sentence) {
  const place = drop.querySelector("[data-problem]");
  place.hidden = !sentence;
  place.textContent = sentence;
}
