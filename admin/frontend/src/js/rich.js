// Rich text: an editor where somebody begins to write, plain HTML before. What it gives is cleaned once more on the server.
import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { clean, tooLong } from "./paste.js";
import { toolbar } from "./toolbar.js";

const extensions = [
  StarterKit.configure({
    heading: { levels: [3, 4] },
    link: { openOnClick: false, autolink: true, defaultProtocol: "https", protocols: ["http", "https", "mailto", "tel"] },
    code: false, codeBlock: false, strike: false, underline: false, horizontalRule: false,
  }),
];

const editors = new WeakMap();

export function wireRich(root, { changed, refused }) {
  root.addEventListener("focusin", ({ target }) => {
    const box = target.closest("[data-rich]");
    if (box && !editors.has(box)) open(box, { changed, refused });
  });
  root.addEventListener("rich:show", ({ target, detail }) => showIn(target, detail), true);
}

function open(box, { changed, refused }) {
  const text = box.querySelector(".rich-text");
  const holder = document.createElement("div");
  text.replaceWith(holder);
  const attributes = { class: "rich-text", role: "textbox", "aria-multiline": "true", "aria-labelledby": text.getAttribute("aria-labelledby"), lang: box.lang, dir: box.dir };
  const editor = new Editor({
    element: holder,
    extensions,
    content: text.innerHTML,
    injectCSS: false,
    enableInputRules: ["bulletList", "orderedList"],
    editorProps: {
      attributes,
      transformPastedHTML: clean,
      handlePaste: (_, event) => (tooLong(event) ? (refused(box), true) : false),
    },
    onUpdate: () => {
      box.dataset.value = editor.isEmpty ? "" : editor.getHTML();
      changed(box);
    },
  });
  editors.set(box, editor);
  box.prepend(toolbar(editor));
  editor.commands.focus(text.dataset.place ?? "end");
}

function showIn(box, html) {
  const editor = editors.get(box);
  box.dataset.value = html;
  if (editor) editor.commands.setContent(html, { emitUpdate: false });
  else box.querySelector(".rich-text").innerHTML = html;
}

export function closeRich(form) {
  for (const box of form.querySelectorAll("[data-rich]")) editors.get(box)?.destroy();
}
