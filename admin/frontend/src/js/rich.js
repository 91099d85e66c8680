// Rich text: an editor where somebody begins to write, plain HTML before. What it gives is cleaned once more on the server.
import { Editor } from "@tiptap/core";
import StarterKit from "@tiptap/starter-kit";
import { clean, tooLong } from "./paste.js";
import { toolbar } from "./toolbar.js";

const only = (...names) => ({
  addAttributes() {
    const all = this.parent();
    return Object.fromEntries(names.map((name) => [name, all[name]]));
  },
});

// Nothing is emitted that the server would take out again. What is typed after a link stands after it: else the full stop,
// and the rest of the sentence, would be part of it.
const OURS = { link: { inclusive: false, ...only("href") }, orderedList: only("start") };

const Kit = StarterKit.extend({
  addExtensions() {
    return this.parent().map((each) => (each.name in OURS ? each.extend(OURS[each.name]) : each));
  },
});

const extensions = [
  Kit.configure({
    heading: { levels: [3, 4] },
    link: { openOnClick: false, autolink: true, defaultProtocol: "https", protocols: ["http", "https", "mailto", "tel"], HTMLAttributes: { target: null, rel: null } },
    // What stands here is left out of the bundle (build.mjs).
    code: false, codeBlock: false, strike: false, underline: false, horizontalRule: false, gapcursor: false,
  }),
];

const editors = new WeakMap();

export function wireRich(root, { changed, refused }) {
  let point = null;
  root.addEventListener("pointerdown", ({ clientX: left, clientY: top }) => (point = { left, top }), true);
  root.addEventListener("keydown", () => (point = null), true);
  root.addEventListener("focusin", ({ target }) => {
    const box = target.closest("[data-rich]");
    if (box && !editors.has(box)) open(box, { changed, refused, point });
    point = null;
  });
  root.addEventListener("rich:show", ({ target, detail }) => showIn(target, detail), true);
}

function open(box, { changed, refused, point }) {
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
  const place = point ? editor.view.posAtCoords(point)?.pos : null;
  box.prepend(toolbar(editor));
  // At once, or the first letters of somebody who came by the Tab key would go nowhere; and again when the mouse is done.
  editor.view.focus();
  editor.commands.focus(place ?? "end");
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
