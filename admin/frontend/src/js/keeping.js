// What is typed and not yet saved, kept in this browser until the server has it: a lost connection loses nothing.
const ROOT = "newsroom.kept.";
const LONGEST = 60 * 24 * 60 * 60 * 1000;

export const nameOf = (owner, uid) => `${ROOT}${owner}.${uid}`;

const pathOf = ({ path }) => JSON.stringify(path);

// The changes kept under this name.
export const keptAs = (name) => readAs(name)?.changes ?? [];

function readAs(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function namesFrom(prefix) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}

// The sections of this owner (a person and an issue) of which something is kept.
export function keptOf(owner) {
  const prefix = nameOf(owner, "");
  return namesFrom(prefix).map((name) => name.slice(prefix.length));
}

// Words whose writer did not come back for two months, whoever that is: they do not lie in a shared browser for ever.
export function forgetOld(now = Date.now()) {
  for (const name of namesFrom(ROOT)) {
    const kept = readAs(name);
    if (!kept || now - kept.at > LONGEST) localStorage.removeItem(name);
    else if (!kept.at) date(name, kept, now);
  }
}

function date(name, kept, at) {
  try {
    localStorage.setItem(name, JSON.stringify({ ...kept, at }));
  } catch {
    // No room: the words stay as they are, and are dated when there is some.
  }
}

// What one page keeps of one section. What another tab keeps of the same section stays, field by field.
export class Keeper {
  constructor(name) {
    Object.assign(this, { name, mine: new Set(), isFull: false });
  }

  keep(changes) {
    const paths = new Set(changes.map(pathOf));
    const others = keptAs(this.name).filter((each) => !paths.has(pathOf(each)) && !this.mine.has(pathOf(each)));
    try {
      if (changes.length + others.length) localStorage.setItem(this.name, JSON.stringify({ changes: [...changes, ...others], at: Date.now() }));
      else localStorage.removeItem(this.name);
      Object.assign(this, { mine: paths, isFull: false });
    } catch {
      this.isFull = true; // or forbidden: the server is still asked within the second
    }
    return !this.isFull;
  }
}
