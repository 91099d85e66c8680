// The editor's few tools: headings, bold, italic, lists, quote, link. One row of buttons, one stop for the Tab key.
import { say } from "./words.js";

const TOOLS = [
  ["bold", "B", (chain) => chain.toggleBold(), ["bold"]],
  ["italic", "I", (chain) => chain.toggleItalic(), ["italic"]],
  ["heading", "H", (chain) => chain.toggleHeading({ level: 3 }), ["heading", { level: 3 }]],
  ["subheading", "h", (chain) => chain.toggleHeading({ level: 4 }), ["heading", { level: 4 }]],
  ["bullets", "•", (chain) => chain.toggleBulletList(), ["bulletList"]],
  ["numbers", "1.", (chain) => chain.toggleOrderedList(), ["orderedList"]],
  ["quote", "“", (chain) => chain.toggleBlockquote(), ["blockquote"]],
];

export function toolbar(editor) {
  const bar = document.createElement("div");
  bar.className = "rich-bar";
  bar.setAttribute("role", "toolbar");
  bar.setAttribute("aria-label", say("tools"));
  const buttons = TOOLS.map(([name, sign, act, active]) => tool(name, sign, () => act(editor.chain().focus()).run(), () => editor.isActive(...active)));
  buttons.push(tool("link", "↗", () => askLink(bar, editor), () => editor.isActive("link")));
  bar.append(...buttons.map(({ button }) => button));
  const refresh = () => buttons.forEach(({ button, isOn }) => button.setAttribute("aria-pressed", String(isOn())));
  editor.on("transaction", refresh);
  refresh();
  oneStop(bar);
  return bar;
}

function tool(name, sign, act, isOn) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `rich-tool tool-${name}`;
  button.textContent = sign;
  button.title = say(name);
  button.setAttribute("aria-label", say(name));
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", act);
  return { button, isOn };
}

function askLink(bar, editor) {
  bar.querySelector(".rich-link")?.remove();
  const row = document.createElement("span");
  row.className = "rich-link";
  const input = Object.assign(document.createElement("input"), { type: "text", value: editor.getAttributes("link").href ?? "", dir: "ltr", className: "form-control form-control-sm" });
  input.setAttribute("aria-label", say("link_address"));
  input.placeholder = "https://";
  const set = tool("link_set", say("link_set"), () => apply(editor, input.value.trim(), row)).button;
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") (event.preventDefault(), apply(editor, input.value.trim(), row));
    if (event.key === "Escape") (event.stopPropagation(), row.remove(), editor.view.focus());
  });
  row.append(input, set);
  if (input.value) row.append(tool("link_off", say("link_off"), () => apply(editor, "", row)).button);
  bar.append(row);
  input.focus();
}

const withScheme = (href) => (/^(https?:|mailto:|tel:|#)/i.test(href) ? href : /^[^\s@]+@[^\s@]+$/.test(href) ? `mailto:${href}` : `https://${href}`);

// Behind a link that was just made, words are words again: who goes on writing does not make the link longer.
function apply(editor, href, row) {
  row.remove();
  editor.view.focus(); // at once: the chain's own focus waits for the next picture, and what is typed until then would go nowhere
  const chain = editor.chain().focus().extendMarkRange("link");
  if (!href) return void chain.unsetLink().run();
  if (editor.state.selection.empty && !editor.isActive("link")) chain.insertContent({ type: "text", text: href, marks: [{ type: "link", attrs: { href: withScheme(href) } }] });
  else chain.setLink({ href: withScheme(href) }).command(({ tr, commands }) => commands.setTextSelection(tr.selection.to));
  chain.unsetMark("link").run();
}

// Arrow keys move within the bar; Tab leaves it.
function oneStop(bar) {
  const tools = () => [...bar.querySelectorAll(":scope > button")];
  tools().forEach((each, place) => (each.tabIndex = place ? -1 : 0));
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const all = tools();
    if (!step || !all.includes(event.target)) return;
    event.preventDefault();
    const forward = getComputedStyle(bar).direction === "rtl" ? -step : step;
    const next = all[(all.indexOf(event.target) + forward + all.length) % all.length];
    all.forEach((each) => (each.tabIndex = each === next ? 0 : -1));
    next.focus();
  });
}
