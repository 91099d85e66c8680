// What a field holds, and showing another value in it. null is "nothing there".
const readers = {
  checks: (element) => listOf([...element.querySelectorAll("input:checked")].map(({ value }) => value)),
  versions: (element) => [...element.querySelectorAll("input:checked")].map(({ value }) => value),
  deadline: (element) => {
    const [day, hour] = ["day", "hour"].map((piece) => element.querySelector(`[data-piece=${piece}]`).value);
    return day && hour ? `${day}T${hour}` : day || null;
  },
  rich: (element) => element.dataset.value || null,
  file: (element) => element.dataset.file || null,
};

const writers = {
  checks: (element, value) => element.querySelectorAll("input").forEach((box) => (box.checked = (value ?? []).includes(box.value))),
  versions: (element, value) => writers.checks(element, value),
  deadline: (element, value) => {
    const [day, hour = ""] = (value ?? "").split("T");
    element.querySelector("[data-piece=day]").value = day;
    element.querySelector("[data-piece=hour]").value = hour.slice(0, 5);
  },
  rich: (element, value) => element.dispatchEvent(new CustomEvent("rich:show", { detail: value ?? "" })),
  file: (element, value) => element.dispatchEvent(new CustomEvent("file:show", { detail: value ?? "", bubbles: true })),
};

const listOf = (values) => (values.length ? values : null);

export function valueOf(element) {
  const special = readers[element.dataset.widget];
  return special ? special(element) : element.value.trim() === "" ? null : element.value;
}

export function show(element, value) {
  const special = writers[element.dataset.widget];
  if (special) special(element, value);
  else if (typeof value !== "object" || value === null) element.value = value ?? "";
}
