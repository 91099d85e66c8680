// After a log-in in another tab: the token of the same person's forms, and of nobody else's. Every form of the page gets it.
// null: this person is not logged in; undefined: the server does not answer.
export async function tokenFor(url, userId) {
  try {
    const facts = await (await fetch(url, { redirect: "manual", headers: { Accept: "application/json" } })).json();
    if (facts.user_id !== userId) return null;
    document.querySelectorAll("input[name=csrf_token]").forEach((field) => (field.value = facts.csrf));
    document.querySelectorAll("[data-csrf]").forEach(({ dataset }) => (dataset.csrf = facts.csrf));
    return facts.csrf;
  } catch {
    return undefined;
  }
}
