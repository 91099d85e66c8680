// What comes out of Word, Outlook or a browser, made plain: its lists are lists, its headings headings, everything else is text.
// The same rule stands on the server for documents; whatever leaves here is cleaned there once more.
const LONGEST = 100_000;
const GREAT = 1_000_000;
const JUNK = "style, script, meta, link, title, xml, head, iframe, object, svg, img, [style*='mso-hide:all']";
const LIST = /mso-list:\s*l(\d+)\s+level(\d+)/i;
const NUMBER = /^\s*(?:\(?\d+[.)]|\(?[a-z][.)]|[ivx]+[.)])\s*/i;

export function tooLong(event) {
  return (event.clipboardData?.getData("text/plain").length ?? 0) > LONGEST;
}

export function clean(html) {
  const source = html.length > GREAT ? html.replace(/<!--[\s\S]*?-->|<style[\s\S]*?<\/style>|<xml[\s\S]*?<\/xml>/gi, "") : html;
  const { body } = new DOMParser().parseFromString(source.replace(/<!\[(?:if|endif)[^\]]*\]>/gi, ""), "text/html");
  body.querySelectorAll(JUNK).forEach((element) => element.remove());
  officeLists(body);
  tables(body);
  boldSpans(body);
  links(body);
  return tidied(body).innerHTML;
}

function officeLists(body) {
  let lists = [];
  let last = null;
  for (const item of body.querySelectorAll("p[style*='mso-list'], p[class*='MsoListParagraph'], h1[style*='mso-list']")) {
    const found = LIST.exec(item.getAttribute("style") ?? "");
    if (!found) continue;
    const [, list, level] = found;
    const marker = takeMarker(item);
    if (!last || neighbourOf(item) !== last || lists[0]?.list !== list) lists = [];
    last = place(item, lists, { list, level: Number(level), tag: NUMBER.test(marker) ? "ol" : "ul" });
  }
}

function neighbourOf(item) {
  let before = item.previousElementSibling;
  while (before && !before.textContent.trim() && before.tagName === "P") before = before.previousElementSibling;
  return before;
}

// Word writes the bullet or the number as text of its own, marked to be ignored.
function takeMarker(item) {
  const ignored = item.querySelector("[style*='mso-list:Ignore'], [style*='mso-list: Ignore']");
  const marker = ignored?.textContent ?? "";
  ignored?.remove();
  return marker;
}

function place(item, lists, { list, level, tag }) {
  while (lists.length > level) lists.pop();
  while (lists.length < level) {
    const made = document.createElement(tag);
    const parent = lists.at(-1)?.element;
    if (parent) (parent.lastElementChild ?? parent.appendChild(document.createElement("li"))).append(made);
    else item.before(made);
    lists.push({ list, element: made });
  }
  const entry = document.createElement("li");
  entry.append(...item.childNodes);
  lists.at(-1).element.append(entry);
  item.remove();
  return lists[0].element;
}

function tables(body) {
  for (const table of body.querySelectorAll("table")) {
    if (!table.isConnected && !body.contains(table)) continue;
    const rows = [...table.querySelectorAll("tr")].map((row) => {
      const line = document.createElement("p");
      [...row.children].forEach((cell, place) => line.append(place ? " · " : "", ...inline(cell)));
      return line;
    });
    table.replaceWith(...rows.filter((row) => row.textContent.trim()));
  }
}

function inline(cell) {
  cell.querySelectorAll("p, div").forEach((block) => block.replaceWith(...block.childNodes, " "));
  return [...cell.childNodes];
}

// Google Docs and Word say bold by style; a bold wrapper around everything says nothing.
function boldSpans(body) {
  body.querySelectorAll("b[style*='font-weight:normal'], b[style*='font-weight: normal']").forEach((element) => element.replaceWith(...element.childNodes));
  for (const span of body.querySelectorAll("span")) {
    const style = span.getAttribute("style") ?? "";
    const wrap = (tag) => {
      const made = document.createElement(tag);
      made.append(...span.childNodes);
      span.append(made);
    };
    if (/font-style:\s*italic/i.test(style)) wrap("em");
    if (/font-weight:\s*(?:bold|[6-9]00)/i.test(style)) wrap("strong");
  }
}

function links(body) {
  for (const link of body.querySelectorAll("a")) {
    if (!/^(https?:|mailto:|tel:)/i.test(link.getAttribute("href") ?? "")) link.replaceWith(...link.childNodes);
  }
}

function tidied(body) {
  const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = walker.currentNode.data.replace(/[\u00a0 ]{2,}/g, " ").replace(/[\r\n]+/g, " ");
  body.querySelectorAll("p").forEach((line) => !line.textContent.trim() && line.remove());
  return body;
}
