// What the clocks of a zone show on the days that are chosen: UTC+2 in summer, UTC+1 in winter.
import { isField, pathOf, read } from "./places.js";
import { say } from "./words.js";

const MOMENT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?/;
const MOST = 2;

export function showOffsets(form, content) {
  for (const line of form.querySelectorAll("[data-offset]")) {
    const zone = line.closest("[data-field]").querySelector(isField).value.trim();
    const told = [...new Map(moments(form, content).map((moment) => [offsetAt(zone, moment), moment]))].filter(([offset]) => offset);
    const words = told.slice(0, MOST).map(([offset, moment]) => say("offset", { offset, day: dayOf(moment) }));
    line.hidden = !words.length;
    line.textContent = words.length ? `${zone}: ${words.join(" · ")}` : "";
  }
}

// Every day and hour of the section's time, whichever way it is said.
function moments(form, content) {
  const group = form.querySelector("[data-when]");
  return group ? [...texts(read(content, { path: pathOf(group, group.dataset.when), language: "" }, ""))] : [];
}

function* texts(value) {
  if (value && typeof value === "object") for (const each of Object.values(value)) yield* texts(each);
  else if (typeof value === "string" && MOMENT.test(value)) yield MOMENT.exec(value)[0];
}

// null for a zone that is none: the checks say so.
function offsetAt(zone, moment) {
  const local = Date.parse(moment.length > 10 ? `${moment}Z` : `${moment}T12:00Z`);
  try {
    const first = minutesAt(zone, local);
    return said(minutesAt(zone, local - first * 60_000));
  } catch {
    return null;
  }
}

function minutesAt(timeZone, instant) {
  const parts = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" }).formatToParts(instant);
  const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(parts.find(({ type }) => type === "timeZoneName").value);
  return hours ? Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) : 0;
}

function said(minutes) {
  const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes ? (minutes < 0 ? "−" : "+") + hours : ""}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}

const dayOf = (moment) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(`${moment.slice(0, 10)}T00:00Z`));
