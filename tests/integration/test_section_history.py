"""The history of a section: whatever people do, every version can be read, and the newest is what stands."""

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.fronts import FRONT
from newsroom.house import House
from newsroom.issues import Actor, Issue
from newsroom.section_order import Ordered, order_sections, put_back_order
from newsroom.section_versions import ORDER, newest_at, newest_of_all, version_at, versions_of
from newsroom.section_writing import (
    FieldChange,
    Gone,
    Written,
    add_section,
    bring_back,
    change_front,
    change_section,
    duplicate_section,
    go_back_to,
    remove_section,
    take_whole,
)  # fmt: skip
from newsroom.section_writing import GivenSection as Given
from tests.conftest import NOON
from tests.factories import an_issue, cities

PEOPLE = [Actor(name="Ana", user_id=1), Actor(name="Karim", user_id=2), Actor(name="A guest", guest_id=1)]
WORDS = st.sampled_from(["", "One", "Two", "Three"])
STEPS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(["en", "fr"]), WORDS),
    st.tuples(st.sampled_from(["remove", "back", "copy", "order", "move"])),
    st.tuples(st.just("front"), WORDS),
    st.tuples(st.just("restore"), st.integers(1, 6)),
    st.tuples(st.just("import"), WORDS),
    st.tuples(st.just("reorder"), st.sampled_from(["before", "after"])),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(run=st.lists(st.tuples(STEPS, st.sampled_from(PEOPLE), st.integers(0, 150)), max_size=10))
def test_every_version_is_readable_and_the_newest_is_what_stands(sqlite_house: House, run: list[tuple[Any, Actor, int]]) -> None:
    with sqlite_house.database.transaction() as session, session.begin_nested() as attempt:
        issue = an_issue(session, cities(session, slug=f"list-{id(run)}"))
        uid, now = issue.sections[0].uid, NOON
        seen: dict[tuple[str, int], Any] = {}
        for step, by, seconds in run:
            now += timedelta(seconds=seconds)
            take(session, issue, uid, step, by=by, now=now)
            check_the_newest_is_what_stands(session, issue)
            remember(session, issue, seen)
        check_nothing_is_lost(session, issue, seen)
        attempt.rollback()


def take(session: Session, issue: Issue, uid: str, step: Any, *, by: Actor, now: Any) -> None:
    """One step of somebody; what cannot be done now is told as a value and changes nothing."""
    row = next((row for row in issue.sections if row.uid == uid), None)
    version = row.version if row else 0
    match step:
        case ("write", language, text):
            change = FieldChange(path=("title", language), was=None, now=text)
            outcome = change_section(session, issue, uid, [change], base=version, by=by, now=now)
            assert isinstance(outcome, Written if row else Gone)
        case ("remove",):
            remove_section(session, issue, uid, base=version, by=by, now=now)
        case ("back",):
            bring_back(session, issue, uid, by=by, now=now)
        case ("copy",) if row:
            duplicate_section(session, issue, uid, by=by, now=now)
        case ("order",):
            order_sections(session, issue, [each.uid for each in reversed(issue.sections)], by=by, now=now)
            assert [row.content["after"] for row in versions_of(session, issue.id, ORDER)[:1]] in ([], [uids_of(issue)])
        case ("reorder", side) if kept := versions_of(session, issue.id, ORDER):
            outcome = put_back_order(session, issue, kept[-1].version, side=side, base=kept[0].version, by=by, now=now)
            assert isinstance(outcome, Ordered)
            assert list(outcome.uids) == uids_of(issue)
        case ("move",):
            issues.submit(session, issue, by=by, now=now)
            issues.recall(session, issue, by=by, now=now)
        case ("front", text):
            change = FieldChange(path=("subject", "en"), was=None, now=text)
            change_front(session, issue, [change], base=issue.front_version, by=by, now=now)
        case ("restore", number) if number <= version:
            go_back_to(session, issue, uid, number, base=version, by=by, now=now)
        case ("import", text):
            given = [Given(uid=uid, kind="text", content={"text": f"<p>{text}</p>"}), Given(uid="", kind="divider", content={})]
            take_whole(session, issue, {"languages": issue.languages, "subject": text}, given, by=by, now=now)
        case _:
            add_section(session, issue, "divider", after=uid, by=by, now=now)


def uids_of(issue: Issue) -> list[str]:
    return [row.uid for row in issue.sections]


def check_the_newest_is_what_stands(session: Session, issue: Issue) -> None:
    newest = newest_of_all(session, issue.id)
    for row in issue.sections:
        if row.uid in newest:
            kept = newest[row.uid]
            assert (kept.version, kept.kind, kept.content) == (row.version, row.kind, row.content)
    present = {row.uid for row in issue.sections}
    assert {uid for uid, kept in newest.items() if kept.how == "remove"}.isdisjoint(present)
    assert {uid for uid, kept in newest.items() if kept.how != "remove"} - {FRONT} <= present
    assert [row.position for row in issue.sections] == list(range(len(issue.sections)))


def remember(session: Session, issue: Issue, seen: dict[tuple[str, int], Any]) -> None:
    """What a reader of the issue saw after this step."""
    for uid, kept in newest_at(session, issue.id, NOON + timedelta(days=1)).items():
        seen[uid, kept.version] = kept.content


def check_nothing_is_lost(session: Session, issue: Issue, seen: dict[tuple[str, int], Any]) -> None:
    """Each version that somebody saw stands in the history, or went on within one sitting to a later one of the same row."""
    for (uid, version), content in seen.items():
        kept = [row for row in versions_of(session, issue.id, uid) if row.version == version]
        if kept:
            assert kept[0].content == content
        elif any(row.version > version for row in versions_of(session, issue.id, uid)):
            joined = version_at(session, issue.id, uid, version)
            assert joined.how == "write"
            assert joined.began_at <= joined.at
    numbers = [row.version for row in versions_of(session, issue.id, issue.sections[0].uid)] if issue.sections else []
    assert numbers == sorted(set(numbers), reverse=True)
