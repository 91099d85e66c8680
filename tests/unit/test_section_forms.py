"""The form of a section follows from its class, for every kind there is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template
from lxml import html

from admin.app import create_admin_app
from admin.composer.fields import FieldPlan, plan_of
from admin.composer.forms import SectionForm
from admin.composer.scripts import NAMES
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.house import House
from newsroom.sections.registry import Section
from newsroom.sections.tidying import tidy
from tests.section_samples import sample
from tests.unit.test_admin_words import sources

KINDS = tuple(Section.kinds)
LANGUAGES = ("en", "fr", "es", "ar")


@pytest.fixture
def app(sqlite_house: House) -> Flask:
    return create_admin_app(sqlite_house, ring=lambda _: None)


def every_plan(plans: tuple[FieldPlan, ...]) -> Iterator[FieldPlan]:
    for plan in plans:
        yield plan
        yield from every_plan(plan.parts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_kind_has_its_widget_and_its_label(kind: str) -> None:
    plans = plan_of(Section.kinds[kind])
    assert {plan.name for plan in plans} == {field.alias or name for name, field in Section.kinds[kind].model_fields.items()}
    unlabelled = {plan.name for plan in every_plan(plans) if plan.widget != "form" and f"field.{plan.name}" not in CATALOGUE[FIRST]}
    assert unlabelled == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_is_for(kind: str) -> None:
    assert {f"kind.{kind}", f"palette.{kind}"} <= set(CATALOGUE[FIRST])


def test_a_workshop_asks_for_its_facts_and_words_each_in_its_own_way() -> None:
    widgets = {plan.name: plan.widget for plan in plan_of(Section.kinds["workshop"])}
    assert widgets == {
        "title": "line", "when": "when", "timezone": "zone", "format": "choice", "state": "choice", "venue": "line", "city": "line",
        "country": "country", "text": "rich", "image": "picture", "languages": "languages", "interpretation": "languages",
        "organisers": "lines", "partners": "lines", "speakers": "rows", "agenda": "table", "guiding_questions": "lines",
        "registration_url": "line", "registration_deadline": "deadline", "stream_url": "line", "documents": "rows", "hashtags": "lines",
        "event": "event", "topics": "topics",
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_form_shows_everything_that_is_stored(app: Flask, kind: str) -> None:
    content = json.loads(json.dumps(tidy(kind, sample(kind))).replace("media/", ""))
    plans = plan_of(Section.kinds[kind])
    topics = [(slug, slug) for slug in content.get("topics", [])]
    form = SectionForm(uid="abc", kind=kind, version=1, content=content, languages=LANGUAGES, plans=plans, topics=topics)
    with app.test_request_context("/"):
        page = render_template("composer/form.html", form=form)
    found = read_form(page)
    assert json.loads(json.dumps(found)) == in_each_language(content, plans)


def in_each_language(content: Any, plans: tuple[FieldPlan, ...]) -> Any:
    """The stored content with each text under its language, and names and links as they are."""
    by_name = {plan.name: plan for plan in plans}
    return {name: _written(value, by_name[name]) for name, value in content.items() if value not in ([], {}, "", None)}


def _written(value: Any, plan: FieldPlan) -> Any:
    if isinstance(value, list) and plan.form:
        return [_words(each, plan.form) for each in value]
    if isinstance(value, list) and plan.parts:
        return [in_each_language(each, plan.parts) for each in value]
    if plan.form:
        return _words(value, plan.form)
    if plan.widget == "when":
        return in_each_language(value, next(form.parts for form in plan.parts if set(value) <= {part.name for part in form.parts}))
    return in_each_language(value, plan.parts) if isinstance(value, dict) else value


def _words(value: Any, form: str) -> Any:
    return {LANGUAGES[0]: value} if isinstance(value, str) and form in ("prose", "rich") else value


def read_form(page: str) -> dict[str, Any]:
    """What is filled in at each data-path, as the scripts read it, without a browser."""
    form = html.fromstring(page)
    for template in form.xpath("//template"):
        template.drop_tree()
    content: dict[str, Any] = {}
    for element in form.xpath(".//*[@data-path][not(@data-list)]"):
        value = _value_of(element)
        if value:
            language = element.get("data-language")
            _set(content, [*_path_of(element, form), *([language] if language else [])], value)
    return content


def _value_of(element: html.HtmlElement) -> Any:  # noqa: PLR0911 - a widget a line
    match element.get("data-widget"), element.tag:
        case "checks", _:
            return [box.get("value") for box in element.xpath(".//input[@checked]")]
        case "deadline", _:
            day, hour = (element.xpath(f".//input[@data-piece='{piece}']")[0].get("value") for piece in ("day", "hour"))
            return f"{day}T{hour}" if hour else day
        case "rich", _:
            (text,) = element.xpath("./div")
            return (text.text or "") + "".join(html.tostring(child, encoding="unicode") for child in text)
        case "file", _:
            return element.xpath("./img")[0].get("src", "").rpartition("/")[2]
        case _, "select":
            return "".join(option.get("value") for option in element.xpath("./option[@selected]"))
        case _, "textarea":
            return element.text
        case _:
            return element.get("value")


def _path_of(element: html.HtmlElement, form: html.HtmlElement) -> list[str | int]:
    own = [step for step in element.get("data-path").split(".") if step]
    row = next(iter(element.xpath("ancestor::*[@data-row][1]")), None)
    if row is None:
        return own
    (rows,) = row.xpath("ancestor::*[@data-list][1]")
    return [*_path_of(rows, form), len(row.xpath("preceding-sibling::*")), *own]


def _set(holder: Any, path: list[str | int], value: Any) -> None:
    step, *rest = path
    if isinstance(step, int):
        holder += [{} if rest else ""] * (step + 1 - len(holder))
    if not rest:
        holder[step] = value
        return
    empty: Any = [] if isinstance(rest[0], int) else {}
    inner = holder[step] if isinstance(step, int) else holder.get(step)
    if not inner:
        holder[step] = inner = empty
    _set(inner, rest, value)


def test_the_scripts_find_every_sentence_they_say_and_say_every_one() -> None:
    scripts = "\n".join(text for name, text in sources().items() if name.endswith(".js"))
    assert [name for name in NAMES if f'"{name}"' not in scripts] == []
