"""A new issue, written in the composer: every section by its form, what is typed by what the user reads beside the field."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.road.people import PATIENCE, Walker
from tests.browser.road.rich_typing import type_rich
from tests.browser.road.sample import LANGUAGES, Newsletter, Section, is_per_language, said

KINDS = {
    "welcome": "Welcome", "update": "Update", "workshop": "Workshop", "call_to_action": "Call to action", "interview": "Interview",
    "other_news": "Other news", "partners": "Partners",
}  # fmt: skip


def begin_the_issue(writer: Walker, sample: Newsletter) -> None:
    page = writer.page
    writer.menu("Issues")
    page.get_by_role("main").get_by_role("link", name=re.compile("New issue|Write the first issue")).first.click()
    page.get_by_label("Subject").fill(sample.subject["en"])
    for language in LANGUAGES:
        page.locator(f"#language-{language}").check()
    page.locator("details.more-fields summary").click()
    page.locator("#field-slug").fill(sample.slug)
    writer.album.on_phone_too(page, "new-issue")
    page.get_by_role("main").locator("form button[type=submit]").click()
    page.wait_for_url("**/write")


def saved(writer: Walker) -> None:
    """What the line above the cards says, once everything has left the browser."""
    expect(writer.page.locator("[data-status]")).to_contain_text("Saved", timeout=PATIENCE)


def write_the_front(writer: Walker, sample: Newsletter) -> None:
    front = writer.page.locator("#section-front")
    front.get_by_role("button", name=re.compile("^Subject and languages")).click()
    front.get_by_label("Preview text English").fill(sample.preview_text["en"])
    saved(writer)


def add_section(writer: Walker, kind: str, *, by_key: bool = False) -> Locator:
    """The open card of a new section, from the palette."""
    page = writer.page
    if by_key:
        page.get_by_role("heading", level=1).click()
        page.keyboard.press("/")
    else:
        page.get_by_role("button", name="Add a section", exact=False).last.click()
    palette = page.get_by_role("dialog", name="What do you want to write?")
    palette.wait_for()
    if by_key:
        writer.album.key_page(page, "palette", whole=False)
    cards = page.locator("[data-pieces] > [data-section]")
    before = cards.count()
    palette.get_by_role("button", name=re.compile(f"^{KINDS[kind]}\\b")).click()
    expect(cards).to_have_count(before + 1)
    card = cards.last
    card.locator("[data-form]").wait_for()
    return card


def write_section(writer: Walker, section: Section, sample: Newsletter, *, by_key: bool = False) -> Locator:
    card = add_section(writer, section["kind"], by_key=by_key)
    Pen(writer, sample).write(card, {name: value for name, value in section.items() if name != "kind"})
    saved(writer)
    return card


class Pen:
    """Writes the first language of a section, and the facts that all languages share, into the fields of its form."""

    def __init__(self, writer: Walker, sample: Newsletter) -> None:
        self.writer, self.sample = writer, sample

    def write(self, form: Locator, fields: Mapping[str, Any]) -> None:
        for name, value in fields.items():
            SPECIAL.get(name, Pen._words)(self, form, name, value)

    def _field(self, form: Locator, name: str) -> Locator:
        """The part of a form for one field; its rows have fields of the same name, so the first is meant."""
        return form.locator(f"[data-field='{name}']:visible, [data-field$='.{name}']:visible").first

    def _words(self, form: Locator, name: str, value: Any) -> None:
        """A line, a name, a link or rich text: whatever the form offers for it."""
        field = self._field(form, name)
        if field.locator("[data-rich]:visible").count():
            type_rich(self.writer.page, field.get_by_role("textbox"), said(value))
        else:
            field.locator("textarea:visible, input:visible").first.fill(said(value))

    def _choice(self, form: Locator, name: str, value: Any) -> None:
        self._field(form, name).locator("select").select_option(value)

    def _ticks(self, form: Locator, name: str, value: Any) -> None:
        field = self._field(form, name)
        for each in value:
            box = field.locator(f"input[value='{each}']")
            if not box.is_visible():
                field.get_by_text("More languages").click()
            box.check()

    def _when(self, form: Locator, name: str, value: Any) -> None:
        field = self._field(form, name)
        way = next(way for way, marks in WAYS.items() if marks & set(value))
        field.get_by_label("How to say when").select_option(way)
        shown = field.locator(f"[data-way={way}]")
        if way == "sessions":
            self._rows(shown, "sessions", value["sessions"], first_is_there=True)
        else:
            for part, given in value.items():
                self._field(shown, part).locator("input, textarea").first.fill(str(given))

    def _deadline(self, form: Locator, name: str, value: Any) -> None:
        field = self._field(form, name)
        day, _, hour = str(value).partition("T")
        field.get_by_label("Day").fill(day)
        if hour:
            field.get_by_label("Hour").fill(hour[:5])

    def _moment(self, form: Locator, name: str, value: Any) -> None:
        self._field(form, name).locator("input").fill(str(value))

    def _link(self, form: Locator, name: str, value: Any) -> None:
        """One link for all, or one per language: then all languages are shown while they are typed."""
        field = self._field(form, name)
        if not is_per_language(value):
            field.locator("input:visible").first.fill(value)
            return
        page = self.writer.page
        page.get_by_role("button", name="All", exact=True).click()
        field.get_by_role("button", name="Differs by language").click()
        for language, url in value.items():
            field.locator(f"input[data-language={language}]").fill(url)
        page.get_by_role("button", name="English", exact=True).click()

    def _rows(self, form: Locator, name: str, value: Any, *, first_is_there: bool = False) -> None:
        field = self._list(form, name)
        for place, entry in enumerate(value):
            if place or not first_is_there:
                field.locator(":scope > [data-row-add]").click()
            row = field.locator(":scope > ol > [data-row]").nth(place)
            if isinstance(entry, Mapping) and not is_per_language(entry):
                self.write(row, entry)
            else:
                row.locator("textarea:visible, input:visible").first.fill(said(entry))

    def _list(self, form: Locator, name: str) -> Locator:
        return form.locator(f"[data-list][data-field='{name}'], [data-list][data-field$='.{name}']").first

    def _group(self, form: Locator, name: str, value: Any) -> None:
        """A person, a button, a picture: fields within a frame of their own."""
        self.write(self._field(form, name), value)

    def _file(self, form: Locator, name: str, value: Any) -> None:
        form.locator("[data-upload]").first.set_input_files(self.sample.folder / value)
        expect(form.locator("img.picture-shown").first).to_be_visible(timeout=PATIENCE)


WAYS = {
    "sessions": {"sessions"}, "day": {"day"}, "days": {"from", "to"}, "month": {"month"}, "months": {"from_month", "to_month"},
    "to_be_confirmed": {"to_be_confirmed"},
}  # fmt: skip
Writing = Callable[[Pen, Locator, str, Any], None]
SPECIAL: dict[str, Writing] = {
    "when": Pen._when, "format": Pen._choice, "country": Pen._choice, "languages": Pen._ticks, "interpretation": Pen._ticks,
    "topics": Pen._ticks, "deadline": Pen._deadline, "registration_deadline": Pen._deadline, "starts_at": Pen._moment,
    "ends_at": Pen._moment, "registration_url": Pen._link, "organisers": Pen._rows, "agenda": Pen._rows, "speakers": Pen._rows,
    "items": Pen._rows, "documents": Pen._rows, "exchanges": Pen._rows, "logos": Pen._rows, "person": Pen._group, "photo": Pen._group,
    "image": Pen._group, "button": Pen._group, "file": Pen._file,
}  # fmt: skip


def write_the_sections(writer: Walker, sample: Newsletter) -> None:
    """In the order of the sample but for the call to action, which is written late and moved to its place by keyboard."""
    late = sample.number_of("call_to_action") - 1
    seen = set[str]()
    order = [*range(late), late + 1, late, *range(late + 2, len(sample.sections))]
    for written, place in enumerate(order):
        section = sample.sections[place]
        write_section(writer, section, sample, by_key=written == 1)
        if place == late:
            move_up(writer, written)
        if section["kind"] not in seen:
            seen.add(section["kind"])
            writer.take(f"composer-{section['kind'].replace('_', '-')}", whole=False)


def move_up(writer: Walker, place: int) -> None:
    page = writer.page
    card = page.locator("[data-pieces] > [data-section]").nth(place)
    name = card.get_attribute("data-section")
    card.get_by_role("button", name="Move this section").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-pieces] > [data-section]").nth(place - 1)).to_have_attribute("data-section", name or "")
    saved(writer)


def try_a_duplicate(writer: Walker) -> None:
    """Made, removed, brought back by Undo, and removed for good."""
    page = writer.page
    cards = page.locator("[data-pieces] > [data-section]")
    before = cards.count()
    cards.first.get_by_role("button", name="More for this section").click()
    writer.take("composer-more", whole=False)
    cards.first.get_by_role("button", name="Duplicate").click()
    expect(cards).to_have_count(before + 1)
    _remove(cards.nth(1))
    expect(cards).to_have_count(before)
    writer.take("composer-removed-undo", whole=False)
    page.locator("[data-toasts]").get_by_role("button", name="Undo").click()
    expect(cards).to_have_count(before + 1)
    _remove(cards.nth(1))
    expect(cards).to_have_count(before)
    saved(writer)


def _remove(card: Locator) -> None:
    card.get_by_role("button", name="More for this section").click()
    card.get_by_role("button", name="Remove").click()
