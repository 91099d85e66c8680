// Where a field stands in its section: a path of keys and numbers, and the language where the text has one.
// An element names its own steps (data-path); the rows around it give the numbers, so that moving a row moves its fields.
const steps = (dotted) => (dotted ? dotted.split(".").map((step) => (/^\d+$/.test(step) ? Number(step) : step)) : []);

export const isField = "[data-path]";

export function pathOf(element, dotted = element.dataset.path) {
  const own = steps(dotted);
  const row = element.parentElement.closest("[data-row]");
  if (!row || row.closest("[data-form]") !== element.closest("[data-form]")) return own;
  const list = row.parentElement.closest("[data-list]");
  return [...pathOf(list), rowsOf(list).indexOf(row), ...own];
}

export function placeOf(element) {
  return { path: pathOf(element), language: element.dataset.language ?? "" };
}

export function rowsOf(list) {
  return [...list.querySelectorAll("[data-row]")].filter((row) => row.parentElement.closest("[data-list]") === list);
}

export const wire = ({ path, language }) => (language ? [...path, language] : path);
export const keyOf = (place) => JSON.stringify([place.path, place.language]);
export const placeFromKey = (key) => (([path, language]) => ({ path, language }))(JSON.parse(key));

// The element of a path as the server writes it, the language last.
export function elementAt(root, path) {
  const wanted = JSON.stringify(path);
  return [...root.querySelectorAll(isField)].find((element) => JSON.stringify(wire(placeOf(element))) === wanted);
}

export function holds(outer, inner) {
  return outer.length <= inner.length && outer.every((step, index) => step === inner[index]);
}

export function read(content, { path, language }, original) {
  const value = path.reduce((holder, step) => holder?.[step], content) ?? null;
  if (!language || value === null) return value;
  if (typeof value === "string") return language === original ? value : null;
  return value[language] ?? null;
}

export function write(content, { path, language }, value, original) {
  const last = path[path.length - 1];
  const holder = path.slice(0, -1).reduce((inner, step, index) => {
    inner[step] ??= typeof path[index + 1] === "number" ? [] : {};
    return inner[step];
  }, content);
  if (!language) return void set(holder, last, value);
  const before = holder[last];
  const isPlain = typeof before !== "object";
  const texts = isPlain ? (before ? { [original]: before } : {}) : { ...before };
  set(texts, language, value);
  const languages = Object.keys(texts);
  // A plain text stays plain while only its own language is written: the server stores it the same way.
  set(holder, last, isPlain && languages.length === 1 && languages[0] === original ? texts[original] : languages.length ? texts : null);
}

function set(holder, key, value) {
  if (value === null && !Array.isArray(holder)) delete holder[key];
  else holder[key] = value;
}
