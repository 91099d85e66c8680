"""Approval: exactly these bytes, and nothing unlawful."""

import hashlib
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.approval import approve_issue, letters_lacking
from newsroom.errors import InvalidInput, TransitionRefused
from newsroom.house import House
from newsroom.issues import OPERATOR, Actor, Issue, IssueSection
from newsroom.mailing_lists import add_list
from newsroom.messages import address_letter, parts_of
from newsroom.preparing import Prepared, prepare_renditions
from newsroom.public_links import PublicLinks
from newsroom.rendering.compiled import SpanSpec
from newsroom.rendering.plan import load
from newsroom.renditions import Rendition, load_plans
from tests import rfc5322
from tests.conftest import NOON
from tests.plans import NAME, UNSUBSCRIBE, html_span, letter, plan_of, recipient, text_span

ADA, BEN = Actor(name="Ada", user_id=1), Actor(name="Ben", user_id=2)
SUBJECT = {"en": "Spring for [[ name | all ]]", "ar": "أخبار الربيع"}
GREETING = {"en": "Dear [[ name | colleagues ]],", "ar": "الزملاء الأعزاء،"}
SECTIONS: list[tuple[str, dict[str, Any]]] = [
    ("welcome", {"title": GREETING, "text": {"en": "<p>Hello.</p>", "ar": "<p>مرحبا.</p>"}}),
    ("update", {"title": {"en": "Trees", "ar": "أشجار"}, "text": {"en": "<p>A thousand.</p>", "ar": "<p>ألف.</p>"}, "topics": ["climate"]}),
]  # fmt: skip


@pytest.fixture
def session(house: House) -> Iterator[Session]:
    with house.database.transaction() as session:
        yield session


def new_issue(session: Session, state: str = "in_review", **facts: Any) -> Issue:
    mailing_list = add_list(
        session, slug="city", title={"en": "City Letter", "ar": "رسالة المدينة"}, from_name="City, the network",
        from_address="news@cities.example.org", postal_address="1 Harbour Street, Barcelona", languages=("en", "ar"), now=NOON,
    )  # fmt: skip
    rows = [
        IssueSection(uid=f"s{number}", position=number, kind=kind, content=content, updated_at=NOON, updated_by=number)
        for number, (kind, content) in enumerate(facts.pop("sections", SECTIONS), start=1)
    ]
    values = {"slug": "spring", "state": state, "languages": ["en", "ar"], "subject": SUBJECT} | facts
    issue = Issue(list_id=mailing_list.id, created_at=NOON, updated_at=NOON, sections=rows, **values)
    session.add(issue)
    session.flush()
    return issue


def approve(session: Session, house: House, issue: Issue, by: Actor = OPERATOR, **options: bool) -> None:
    approve_issue(session, issue, keys=house.keys, public_url=house.settings.public_url, by=by, now=NOON, **options)


def prepare(session: Session, house: House, issue: Issue) -> dict[str, Rendition]:
    return prepare_renditions(session, house.keys, house.settings.public_url, issue, now=NOON)


def test_the_letter_of_an_approved_issue_is_whole_in_every_language(session: Session, house: House) -> None:
    issue = new_issue(session)
    approve(session, house, issue)
    links = PublicLinks(house.keys, house.settings.public_url)
    plans = load_plans(session, issue.renditions.values())
    assert (issue.state, set(issue.renditions), issue.approved_at) == ("approved", {"en", "ar"}, NOON)
    for language, rendition_id in issue.renditions.items():
        plan = load(plans[rendition_id])
        data = address_letter(plan, recipient(name="Zoë"), delivery_id=9, kind="issue", cut=None, links=links, now=NOON).data
        message = rfc5322.parse(data)
        assert message.one("Content-Language").decode() == plan.language == language
        assert rfc5322.addresses(message.one("From")) == [("City, the network", "news@cities.example.org")]
        assert message.decoded("List-Id").endswith("<city.cities.example.org>")
        for part in message.parts:
            assert links.unsubscribe(41, 3, 9) in part.text
            assert "Barcelona" in part.text
            assert not re.search(r"NR[0-9a-f]{8}[SBD]\d+E", part.text)
    assert message.decoded("List-Id").startswith("رسالة المدينة")


def test_what_staff_see_of_a_rendition_has_fallbacks_for_merge_fields(session: Session, house: House) -> None:
    rendition = prepare(session, house, new_issue(session))["en"]
    assert rendition.subject == "Spring for all"
    data = address_letter(
        load(rendition.plan), recipient(name=""), delivery_id=1, kind="issue", cut=None,
        links=PublicLinks(house.keys, house.settings.public_url), now=NOON,
    ).data  # fmt: skip
    assert parts_of(data).subject == rendition.subject


def test_the_same_content_is_the_same_rendition(session: Session, house: House) -> None:
    issue = new_issue(session)
    first, second = prepare(session, house, issue), prepare(session, house, issue)
    assert {language: row.id for language, row in first.items()} == {language: row.id for language, row in second.items()}
    assert session.scalar(select(func.count()).select_from(Rendition)) == 2
    assert all(row.fingerprint == hashlib.sha256(row.plan).hexdigest() for row in first.values())


def test_the_same_content_is_the_same_rendition_in_another_session(house: House) -> None:
    with house.database.transaction() as session:
        fingerprints = {name: row.fingerprint for name, row in prepare(session, house, new_issue(session)).items()}
    with house.database.transaction() as session:
        again = prepare(session, house, session.scalars(select(Issue)).one())
        assert {name: row.fingerprint for name, row in again.items()} == fingerprints
        assert session.scalar(select(func.count()).select_from(Rendition)) == 2


def test_two_that_prepare_the_same_at_once_keep_one_rendition(house: House) -> None:
    with house.database.transaction() as session:
        issue_id = new_issue(session).id
    found: list[set[int]] = []

    def prepare_once() -> None:
        with house.database.transaction() as session:
            found.append({row.id for row in prepare(session, house, session.get_one(Issue, issue_id)).values()})

    other = threading.Thread(target=prepare_once)
    with house.database.transaction() as session:
        found.append({row.id for row in prepare(session, house, session.get_one(Issue, issue_id)).values()})
        other.start()
        time.sleep(0.3)  # the other one now waits for this transaction's end
    other.join(timeout=60)
    assert found[0] == found[1]


@pytest.mark.parametrize("change", ["section", "from_name", "postal_address", "subject"])
def test_other_content_is_another_rendition_and_another_approval(session: Session, house: House, change: str) -> None:
    issue = new_issue(session)
    before = prepare(session, house, issue)["en"].fingerprint
    if change == "section":
        issue.sections[1].content = {**issue.sections[1].content, "title": {"en": "Forests", "ar": "غابات"}}
    elif change == "subject":
        issue.subject = {**SUBJECT, "en": "Another"}
    else:
        setattr(issue.mailing_list, change, "Changed")
    assert prepare(session, house, issue)["en"].fingerprint != before


def test_one_hash_is_over_all_languages(session: Session, house: House) -> None:
    issue = new_issue(session)
    approve(session, house, issue)
    first = issue.content_hash
    issues.reopen(session, issue, by=OPERATOR, now=NOON)
    issue.subject = {**SUBJECT, "ar": "ربيع آخر"}
    issues.submit(session, issue, by=OPERATOR, now=NOON)
    approve(session, house, issue)
    assert (len(first), issue.content_hash != first) == (64, True)


@pytest.mark.parametrize(("facts", "sentence"), [
    ({"sections": []}, r"sections: the issue has none"),
    ({"subject": {"en": "Only English"}}, r"subject \(ar\): the العربية version has no subject"),
    ({"subject": "A plain one is in the first language"}, r"subject \(ar\)"),
    ({"subject": {"en": " ", "ar": "x"}}, r"subject \(en\)"),
    ({"languages": [], "subject": "x"}, r"languages: the issue has none"),
])  # fmt: skip
def test_what_is_unfinished_is_refused_and_nothing_is_stored(session: Session, house: House, facts: dict[str, Any], sentence: str) -> None:
    issue = new_issue(session, **facts)
    with pytest.raises(InvalidInput, match=sentence):
        approve(session, house, issue)
    assert issue.state == "in_review"
    assert session.scalar(select(func.count()).select_from(Rendition)) == 0


def test_everything_that_is_missing_is_told_at_once(session: Session, house: House) -> None:
    issue = new_issue(session, sections=[], subject="")
    issue.mailing_list.postal_address = {"en": ""}
    with pytest.raises(InvalidInput) as refusal:
        approve(session, house, issue)
    assert [problem.place for problem in refusal.value.problems] == ["sections", "postal address", "subject (en)", "subject (ar)"]


def test_a_letter_without_a_way_out_is_refused_part_by_part() -> None:
    compiled = letter(html=NAME, text=UNSUBSCRIBE)
    prepared = {"en": Prepared(plan=plan_of(compiled), compiled=compiled, subject="", preview_text="")}
    assert [problem.place for problem in letters_lacking(prepared)] == ["HTML part (en)"]


def test_a_way_out_that_some_readers_do_not_get_is_none() -> None:
    compiled = letter(html=html_span(0, UNSUBSCRIBE), text=text_span(0, UNSUBSCRIBE), spans=(SpanSpec(topics=("climate",)),))
    prepared = {"en": Prepared(plan=plan_of(compiled), compiled=compiled, subject="", preview_text="")}
    assert [problem.place for problem in letters_lacking(prepared)] == ["HTML part (en)", "text part (en)"]


@pytest.mark.parametrize("state", ["draft", "approved", "scheduled", "sending", "sent", "cancelled"])
def test_only_an_issue_in_review_is_approved(session: Session, house: House, state: str) -> None:
    issue = new_issue(session, state, sections=[])
    with pytest.raises(TransitionRefused):
        approve(session, house, issue)


def test_an_issue_that_was_reopened_is_approved_anew(session: Session, house: House) -> None:
    issue = new_issue(session)
    approve(session, house, issue, by=BEN)
    issues.reopen(session, issue, by=BEN, now=NOON)
    issues.submit(session, issue, by=BEN, now=NOON)
    approve(session, house, issue, by=OPERATOR)
    assert issue.state == "approved"
