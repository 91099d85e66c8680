// What is typed and not yet saved, kept in this browser until the server has it: a lost connection loses nothing.
const ROOT = "newsroom.kept.";

export const nameOf = (owner, uid) => `${ROOT}${owner}.${uid}`;

export function keep(name, left) {
  try {
    if (left.changes.length) localStorage.setItem(name, JSON.stringify(left));
    else localStorage.removeItem(name);
    return true;
  } catch {
    return false; // full, or forbidden: the server is still asked within the second
  }
}

// Everything kept of this owner (a person and an issue), by section.
export function keptOf(owner) {
  const prefix = nameOf(owner, "");
  const found = [];
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(prefix)) found.push([name.slice(prefix.length), JSON.parse(localStorage.getItem(name))]);
    }
  } catch {
    return found;
  }
  return found;
}
