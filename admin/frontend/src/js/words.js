// The sentences that the scripts say; the page brings them in its own language. {name} is filled in.
let sentences = {};

export const learn = (words) => (sentences = words);

export function say(key, parts = {}) {
  return (sentences[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? "");
}

export const hour = (moment) => new Date(moment).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
