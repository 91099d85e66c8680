"""What the form of one section is filled with: its plan, what is stored, and the words around the fields."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel import Locale
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from admin.composer.fields import FieldPlan, plan_of
from admin.composer.hints import LastTime, last_time
from admin.speaking import page_language, t
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.drafting.rich_text import clean_html
from newsroom.errors import InvalidInput
from newsroom.events import Event
from newsroom.issues import Issue, IssueSection
from newsroom.localized import NATIVE_NAMES, best_wording, in_language
from newsroom.sections.registry import Section
from newsroom.sections.when import FORMS

#: The issue's own words, written like a section without a name.
FRONT = ""
FRONT_PLAN = (
    FieldPlan(name="subject", widget="line", form="prose", required=True),
    FieldPlan(name="preview_text", widget="line", form="prose"),
    FieldPlan(name="languages", widget="issue_languages"),
)


@dataclass(frozen=True, kw_only=True)
class SectionForm:
    """One section as its form shows it. `languages` are the issue's, the original first; `library`: pictures may be chosen from it."""

    uid: str
    kind: str
    version: int
    content: Mapping[str, Any]
    languages: Sequence[str]
    plans: Sequence[FieldPlan]
    topics: Sequence[tuple[str, str]] = ()
    events: Sequence[tuple[str, str]] = ()
    last_time: LastTime | None = None
    library: bool = True
    _slots: Iterator[int] = field(default_factory=itertools.count)

    @property
    def original(self) -> str:
        return self.languages[0]

    @property
    def prefix(self) -> str:
        """What the ids of this form's fields begin with."""
        return f"f-{self.uid or 'front'}-"

    def text(self, value: Any, language: str) -> str:
        return in_language(value if isinstance(value, str | Mapping) else None, language, original=self.original) or ""

    def rich(self, value: Any, language: str) -> Markup:
        """Rich text as markup: what is stored is clean already, and is cleaned again before a browser reads it."""
        try:
            return Markup(clean_html(self.text(value, language)))  # noqa: S704 - cleaned to the allow-list
        except InvalidInput:
            return Markup("<p>{}</p>").format(self.text(value, language))

    def fresh(self) -> str:
        """A mark that stands for the number of a row that is still to be made."""
        return f"__{next(self._slots)}__"

    def day_and_hour(self, value: Any) -> tuple[str, str]:
        day, _, hour = str(value or "").replace(" ", "T").partition("T")
        return day, hour[:5]

    def when_form(self, value: Any) -> str:
        given = set(value) if isinstance(value, Mapping) else set()
        return next((form for form, marks in FORMS.items() if given & marks), "")

    def label(self, name: str) -> str | Markup:
        return _said(f"field_of.{self.kind}.{name}", f"field.{name}") or name.replace("_", " ")

    def help(self, name: str) -> str | Markup:
        return _said(f"help_of.{self.kind}.{name}", f"help.{name}")

    def choice(self, name: str, option: str) -> str | Markup:
        return _said(f"choice.{name}.{option}") or option.replace("_", " ")

    def add_label(self, name: str) -> str | Markup:
        return _said(f"add.{name}") or t("composer.add_row")

    def countries(self) -> list[tuple[str, str]]:
        names = Locale.parse(page_language()).territories
        return sorted(((code, name) for code, name in names.items() if len(code) == 2 and code.isalpha()), key=lambda pair: pair[1])

    def likely_languages(self, chosen: Sequence[str] | None) -> list[tuple[str, str]]:
        """The issue's own and those chosen already."""
        return [(code, NATIVE_NAMES[code]) for code in dict.fromkeys([*self.languages, *(chosen or ())]) if code in NATIVE_NAMES]

    def other_languages(self, chosen: Sequence[str] | None) -> list[tuple[str, str]]:
        return [(code, name) for code, name in NATIVE_NAMES.items() if code not in {*self.languages, *(chosen or ())}]

    def possible_languages(self) -> list[tuple[str, str]]:
        """The issue's languages in their order, then the others that Newsroom writes."""
        return [(code, NATIVE_NAMES[code]) for code in dict.fromkeys([*self.languages, *NATIVE_NAMES])]


def form_of(session: Session, issue: Issue, row: IssueSection) -> SectionForm:
    plans = plan_of(Section.kinds[row.kind])
    return SectionForm(
        uid=row.uid, kind=row.kind, version=row.version, content=row.content, languages=issue.languages, plans=plans,
        topics=_topics(issue), last_time=last_time(row),
        events=_events(session, issue) if any(plan.widget == "event" for plan in plans) else (),
    )  # fmt: skip


def front_form(issue: Issue) -> SectionForm:
    return SectionForm(
        uid=FRONT, kind="front", version=issue.front_version, content=front_of(issue), languages=issue.languages, plans=FRONT_PLAN
    )


def front_of(issue: Issue) -> dict[str, Any]:
    return {"subject": issue.subject, "preview_text": issue.preview_text, "languages": list(issue.languages)}


def _topics(issue: Issue) -> list[tuple[str, str]]:
    mailing_list = issue.mailing_list
    return [(topic.slug, _title(topic.title, mailing_list.original) or topic.slug) for topic in mailing_list.topics]


def _events(session: Session, issue: Issue) -> list[tuple[str, str]]:
    newest = select(Event).where(Event.list_id == issue.list_id).order_by(Event.updated_at.desc()).limit(200)
    return [(event.key, _title(event.facts.get("title"), issue.original) or event.key) for event in session.scalars(newest)]


def _title(value: Any, original: str) -> str:
    wording = best_wording(value, (page_language(),), original=original)
    return wording.text if wording else ""


def _said(*keys: str) -> str | Markup:
    """The first of these that has words; nothing where none has."""
    known = CATALOGUE[FIRST]
    return next((t(key) for key in keys if key in known), "")
