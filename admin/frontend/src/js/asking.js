// Requests to our own server: JSON in and out, with the form token, and one word for each way that they end.
import { tokenFor } from "./session.js";

export class Line {
  constructor({ csrf, sessionUrl, userId }) {
    Object.assign(this, { csrf, sessionUrl, userId });
  }

  // {how: "good" | "conflict" | "refused" | "login" | "away", ...what the server said}
  async ask(url, body, { keepalive = false, patience = 0, again = false } = {}) {
    let answer;
    try {
      answer = await fetch(url, { ...this.#request(body, keepalive), signal: patience ? AbortSignal.timeout(patience) : null });
    } catch {
      return { how: "away" };
    }
    if (answer.type === "opaqueredirect" || answer.status === 401) return { how: "login" };
    if (answer.status >= 500 || answer.status === 429) return { how: "away" };
    // A token of an older log-in of the same person: another one, and once more.
    if (answer.status === 400 && !again && (await this.renew())) return this.ask(url, body, { keepalive, patience, again: true });
    return this.#read(answer);
  }

  async html(url) {
    try {
      const answer = await fetch(url, { redirect: "manual", headers: { "X-Requested-With": "fetch" } });
      return answer.ok ? { how: "good", html: await answer.text() } : { how: answer.type === "opaqueredirect" ? "login" : "away" };
    } catch {
      return { how: "away" };
    }
  }

  // After a log-in in another tab: a token for the same person, and only for that one.
  async renew() {
    const token = await tokenFor(this.sessionUrl, this.userId);
    this.csrf = token ?? this.csrf;
    return Boolean(token);
  }

  #request(body, keepalive) {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrf };
    return { method: "POST", headers, body: JSON.stringify(body), redirect: "manual", keepalive };
  }

  async #read(answer) {
    const how = answer.ok ? "good" : answer.status === 409 ? "conflict" : "refused";
    const said = await answer.json().catch(() => ({}));
    return { ...said, how, status: answer.status };
  }
}
