// What comes out of Word, Outlook or a browser, made plain: its lists are lists, its headings headings, everything else is text.
// The same rule stands on the server for documents; whatever leaves here is cleaned there once more.
const LONGEST = 100_000;
// Megabytes of it come with a single word; a parser need not see them.
const OFFICE = /<!--[\s\S]*?-->|<style[\s\S]*?<\/style>|<xml[\s\S]*?<\/xml>/gi;
const JUNK = "style, script, meta, link, title, xml, head, iframe, object, svg, img, [data-style*='mso-hide:all']";
const LIST = /mso-list:\s*l(\d+)\s+level(\d+)/i;
const NUMBER = /^\s*(?:\(?\d+[.)]|\(?[a-z][.)]|[ivx]+[.)])\s*/i;

export function tooLong(event) {
  return (event.clipboardData?.getData("text/plain").length ?? 0) > LONGEST;
}

export function clean(html) {
  const { body } = new DOMParser().parseFromString(readable(html.replace(OFFICE, "")), "text/html");
  body.querySelectorAll(JUNK).forEach((element) => element.remove());
  onlineLists(body);
  headings(body);
  officeLists(body);
  tables(body);
  boldSpans(body);
  links(body);
  return tidied(body).innerHTML;
}

// Styles are read, never applied (our own policy would complain of each); handlers of events are nothing to us.
function readable(html) {
  const named = (tag) => tag.replace(/\sstyle\s*=/gi, " data-style=").replace(/\son\w+\s*=/gi, " data-on=");
  return html.replace(/<!\[(?:if|endif)[^\]]*\]>/gi, "").replace(/<[a-z][^>]*>/gi, named);
}

// Word in the browser wraps every entry in a list of its own: told as the desktop tells it, one rule makes the lists.
function onlineLists(body) {
  for (const wrapper of body.querySelectorAll(".ListContainerWrapper")) {
    const lines = [...wrapper.querySelectorAll("li")].map((item) => {
      const line = document.createElement("p");
      const marker = document.createElement("span");
      const isNumbered = item.parentElement.tagName === "OL";
      line.dataset.style = `mso-list:l${isNumbered ? 1 : 0} level${item.dataset.ariaLevel ?? 1}`;
      marker.dataset.style = "mso-list:Ignore";
      marker.textContent = isNumbered ? "1." : "·";
      item.querySelectorAll("p").forEach((block) => block.replaceWith(...block.childNodes));
      line.append(marker, ...item.childNodes);
      return line;
    });
    wrapper.replaceWith(...lines);
  }
}

function headings(body) {
  for (const heading of body.querySelectorAll("h1, h2, h5, h6, p[role=heading]")) {
    const made = document.createElement(/[12]/.test(heading.ariaLevel ?? heading.tagName) ? "h3" : "h4");
    made.append(...heading.childNodes);
    if (heading.dataset.style) made.dataset.style = heading.dataset.style;
    heading.replaceWith(made);
  }
}

function officeLists(body) {
  let lists = [];
  let last = null;
  for (const item of body.querySelectorAll("p[data-style*='mso-list'], p[class*='MsoListParagraph'], h3[data-style*='mso-list']")) {
    const found = LIST.exec(item.dataset.style ?? "");
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
  const ignored = item.querySelector("[data-style*='mso-list:Ignore'], [data-style*='mso-list: Ignore']");
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
  body.querySelectorAll("b[data-style*='font-weight:normal'], b[data-style*='font-weight: normal']").forEach((element) => element.replaceWith(...element.childNodes));
  for (const span of body.querySelectorAll("span")) {
    const style = span.dataset.style ?? "";
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
