"""Hands that type a section through its real form: they know the widgets of the plan, and no kind or field by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import lxml.html
from playwright.sync_api import Locator, Page, expect

from admin.composer.fields import FieldPlan, plan_of
from admin.composer.forms import FRONT_PLAN
from newsroom.sections.registry import Section
from newsroom.sections.when import FORMS

#: The fields whose nearest row or form is the one given, by their paths; each gets a mark to be found by.
OWN_FIELDS = """(scope) => Object.fromEntries([...scope.querySelectorAll('[data-field]')]
    .filter((each) => each.parentElement.closest('[data-row], [data-form]') === scope && !each.closest('[data-way][hidden]'))
    .map((each) => [each.dataset.field, each.dataset.mark ??= crypto.randomUUID()]))"""
SELECT_BACK = (
    "(length) => { const chosen = getSelection(); for (let i = 0; i < length; i += 1) chosen.modify('extend', 'backward', 'character') }"
)
TOOLS = {"h3": "Heading", "h4": "Small heading", "ul": "List", "ol": "Numbered list", "blockquote": "Quote"}
KEYS = {"strong": "Control+b", "em": "Control+i"}


@dataclass(kw_only=True)
class Typist:
    """Types what is stored of a section into its open form: all of it, or it stops."""

    page: Page
    languages: Sequence[str]
    pictures: Mapping[str, tuple[str, bytes]]

    def section(self, form: Locator, kind: str, content: Mapping[str, Any]) -> None:
        self._fields(form, plan_of(Section.kinds[kind]), content)

    def front(self, form: Locator, content: Mapping[str, Any]) -> None:
        """The issue's own words; its languages are chosen already."""
        self._fields(form, FRONT_PLAN, content)

    def _fields(self, scope: Locator, plans: Sequence[FieldPlan], content: Mapping[str, Any], *, above: str = "") -> None:
        unknown = set(content) - {plan.name for plan in plans}
        assert not unknown, f"no plan for {unknown}"
        marks = scope.evaluate(OWN_FIELDS)
        for plan in plans:
            if (value := content.get(plan.name)) is not None:
                path = f"{above}.{plan.name}" if above else plan.name
                self._field(scope, plan, value, path=path, own=self.page.locator(f"[data-mark='{marks[path]}']"))

    def _field(self, scope: Locator, plan: FieldPlan, value: Any, *, path: str, own: Locator) -> None:
        match plan.widget:
            case "group" | "picture":
                self._parts(scope, plan, value, path)
            case "rows" | "table":
                self._rows(own, plan, value)
            case "when":
                self._when(scope, own, plan, value, path)
            case _:
                getattr(self, f"_{plan.widget}")(own, plan, value)

    def _parts(self, scope: Locator, plan: FieldPlan, value: Mapping[str, Any], path: str) -> None:
        # What a picture shows is asked for when it is there.
        parts = sorted(plan.parts, key=lambda part: part.widget != "file")
        self._fields(scope, parts, value, above=path)

    def _when(self, scope: Locator, own: Locator, plan: FieldPlan, value: Mapping[str, Any], path: str) -> None:
        form = next(form for form, marks in FORMS.items() if marks & set(value))
        own.locator("[data-when-choice]").select_option(form)
        way = next(way for way in plan.parts if way.name == form)
        self._fields(scope, way.parts, value, above=path)

    def _rows(self, own: Locator, plan: FieldPlan, value: Sequence[Mapping[str, Any]]) -> None:
        for entry, row in zip(value, self._made(own, len(value)), strict=True):
            parts = sorted(plan.parts, key=lambda part: part.widget != "file")
            self._fields(row, parts, entry)

    def _made(self, own: Locator, number: int) -> list[Locator]:
        """So many rows in this list; the first may stand there already."""
        rows = own.locator(":scope > [data-rows] > [data-row]")
        while rows.count() < number:
            own.locator(":scope > [data-row-add]").click()
        return rows.all()

    def _lines(self, own: Locator, plan: FieldPlan, value: Sequence[Any]) -> None:
        for entry, row in zip(value, self._made(own, len(value)), strict=True):
            self._line(row, plan, entry)

    def _line(self, own: Locator, plan: FieldPlan, value: Any) -> None:
        if not plan.form:
            own.locator("input").first.fill(value)
        elif plan.form in ("name", "link") and isinstance(value, str):
            own.locator("[data-same]").locator("xpath=self::input|.//input").fill(value)
        else:
            self._in_each_language(own, plan, value)

    def _in_each_language(self, own: Locator, plan: FieldPlan, value: Any) -> None:
        if plan.form in ("name", "link"):
            own.locator("[data-differ]").click()
        for language, text in self._by_language(value).items():
            own.locator(f"[data-path][data-language={language}]").fill(text)

    def _plain(self, own: Locator, plan: FieldPlan, value: str) -> None:
        own.locator("input").fill(value)

    _date = _date_time = _time = _month = _zone = _event = _plain

    def _deadline(self, own: Locator, plan: FieldPlan, value: str) -> None:
        day, _, hour = value.partition("T")
        own.locator("[data-piece=day]").fill(day)
        if hour:
            own.locator("[data-piece=hour]").fill(hour)

    def _choice(self, own: Locator, plan: FieldPlan, value: str) -> None:
        own.locator("select").select_option(value)

    _country = _choice

    def _languages(self, own: Locator, plan: FieldPlan, value: Sequence[str]) -> None:
        for code in value:
            own.locator(f"input[value={code}]").check()

    _topics = _languages

    def _file(self, own: Locator, plan: FieldPlan, value: str) -> None:
        name, data = self.pictures[value]
        own.locator("[data-upload]").set_input_files({"name": name, "mimeType": "image/png", "buffer": data})
        expect(own).to_have_attribute("data-file", value)

    def _rich(self, own: Locator, plan: FieldPlan, value: Any) -> None:
        for language, html in self._by_language(value).items():
            box = own.locator(f"[data-rich][data-language={language}]")
            box.locator(".rich-text").focus()
            self._blocks(box, list(lxml.html.fragments_fromstring(html)))

    def _by_language(self, value: Any) -> Mapping[str, str]:
        return {self.languages[0]: value} if isinstance(value, str) else value

    def _blocks(self, box: Locator, blocks: Sequence[Any]) -> None:
        for block, following in zip_longest(blocks, blocks[1:]):
            self._block(box, block)
            if following is not None:
                self._press("Enter")

    def _block(self, box: Locator, block: Any) -> None:
        if block.tag in TOOLS:
            box.locator(f".rich-bar [aria-label='{TOOLS[block.tag]}']").click()
        if block.tag in ("ul", "ol"):
            self._items(box, block)
        elif block.tag == "blockquote":
            self._blocks(box, list(block))
            self._press("Enter")
        else:
            self._words(box, block)

    def _items(self, box: Locator, block: Any) -> None:
        for item in block:
            assert all(child.tag in (*KEYS, "a", "br") for child in item), "lists inside lists are typed by hand elsewhere"
            self._words(box, item)
            self._press("Enter")

    def _words(self, box: Locator, holder: Any) -> None:
        self._type(holder.text)
        for child in holder:
            if child.tag == "br":
                self._press("Shift+Enter")
            elif child.tag == "a":
                self._link(box, child)
            else:
                self._press(KEYS[child.tag])
                self._words(box, child)
                self._press(KEYS[child.tag])
            self._type(child.tail)

    def _link(self, box: Locator, link: Any) -> None:
        self._words(box, link)
        self.page.evaluate(SELECT_BACK, len(link.text_content()))
        box.locator(".rich-bar [aria-label=Link]").click()
        self._type(link.get("href"))
        self._press("Enter")

    def _type(self, text: str | None) -> None:
        if text:
            self.page.keyboard.insert_text(text)

    def _press(self, key: str) -> None:
        self.page.keyboard.press(key)


Names = tuple[str, ...]


def every_field(plans: Sequence[FieldPlan], within: Names) -> set[Names]:
    """The name of each field that these plans know, whatever stands in it."""
    found = {(*within, plan.name) for plan in plans}
    for plan in plans:
        for inside, parts in _inside(plan):
            found |= every_field(parts, inside)
    return found


def fields_given(plans: Sequence[FieldPlan], content: Mapping[str, Any], within: Names) -> set[Names]:
    """Those of them that this content has."""
    found = set()
    for plan in plans:
        value = content.get(plan.name)
        if value is None:
            continue
        found.add((*within, plan.name))
        for inside, parts in _inside(plan):
            for entry in value if isinstance(value, list) else [value]:
                found |= fields_given(parts, entry, inside)
    return found


def _inside(plan: FieldPlan) -> list[tuple[Names, Sequence[FieldPlan]]]:
    """What stands inside of a field: a picture or a person is the same wherever it stands."""
    if plan.widget == "when":
        return [(("when", way.name), way.parts) for way in plan.parts]
    return [(tuple(part.name for part in plan.parts), plan.parts)] if plan.parts else []
