"""A walk through a page by the Tab key, and what is wrong with it for somebody who has no mouse."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

#: The element that has the focus, where it stands, how much of it can be seen, and how it is drawn; also how the last one is drawn now.
STOP = """() => {
    const drawn = (each) => {
        const shown = each.closest(".rich") && each.matches(".rich-text") ? each.closest(".rich") : each;
        const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor } = getComputedStyle(shown);
        return [outlineStyle === "none" ? "" : outlineStyle + outlineWidth + outlineColor, boxShadow, borderColor].join("|");
    };
    const here = document.activeElement;
    const before = window.walkedFrom;
    // Around an editor a line is drawn as long as the focus is anywhere in it, on its bar too.
    const isInside = before?.closest(".rich") && before.closest(".rich") === here?.closest(".rich");
    const left = before?.isConnected && !isInside ? drawn(before) : null;
    window.walkedFrom = here;
    if (!here || here === document.body) return { name: "", left };
    // A field that lies invisibly under its label is seen as the label.
    const shown = here.classList.contains("visually-hidden") ? here.labels[0] : here;
    window.walkedFrom = shown;
    const box = shown.getBoundingClientRect();
    const points = [0.08, 0.5, 0.92].flatMap((x) => [0.08, 0.5, 0.92].map((y) => [box.left + box.width * x, box.top + box.height * y]));
    const hit = points.filter(([x, y]) => shown.contains(document.elementFromPoint(x, y)));
    return {
        name: `${here.tagName} ${here.id || here.className} ${(here.getAttribute("aria-label") || here.innerText || "").slice(0, 40)}`,
        start: box.left, end: box.right, top: box.top + scrollY, bottom: box.bottom + scrollY, width: innerWidth,
        inSight: hit.length, drawn: drawn(shown), left,
    };
}"""
MOST = 150
NEARLY = 6


@dataclass(frozen=True, kw_only=True)
class Stop:
    """One thing that had the focus; `shows` is whether its look changed by that."""

    name: str
    facts: dict[str, Any]
    shows: bool

    @property
    def complaints(self) -> list[str]:
        found = {"the focus is not drawn": not self.shows, "nothing of it can be seen": self.facts["inSight"] == 0}
        return [f"{self.name}: {what}" for what, holds in found.items() if holds]


def walk(page: Page, key: str = "Tab") -> list[Stop]:
    """From where the focus is until the page has been left; an AssertionError where it never is."""
    page.evaluate("window.walkedFrom = null")
    stops: list[Stop] = []
    last: dict[str, Any] | None = None
    for _ in range(MOST):
        page.keyboard.press(key)
        facts = page.evaluate(STOP)
        if last:
            stops.append(Stop(name=last["name"], facts=last, shows=facts["left"] != last["drawn"]))
        if not facts["name"] or facts["name"].startswith("IFRAME"):
            return stops
        last = facts
    raise AssertionError(f"the walk does not end: {[stop.name for stop in stops[-4:]]}")


def out_of_order(stops: list[Stop], *, rtl: bool = False) -> list[str]:
    """Steps that lead neither down nor on: back to where the eye has been."""
    return [
        f"{one.name} -> {two.name}"
        for one, two in pairwise(stops)
        if two.facts["top"] < one.facts["top"] - NEARLY and not _is_beside(one.facts, two.facts, rtl=rtl)
    ]


def _is_beside(one: dict[str, Any], two: dict[str, Any], *, rtl: bool) -> bool:
    return bool(two["end"] <= one["start"] + NEARLY if rtl else two["start"] >= one["end"] - NEARLY)
