"""Writing in an issue: nothing is lost, nothing overwritten unseen, every version stays; two writers at once on both databases."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.errors import InvalidInput, NotFound, Refused
from newsroom.events import facts_of
from newsroom.house import House, open_house
from newsroom.issues import OPERATOR, Actor, Issue, IssueSection
from newsroom.section_order import OrderConflict, Ordered, order_sections, put_back_order
from newsroom.section_versions import ORDER, newest_at, version_at, versions_of
from newsroom.section_writing import (
    FRONT,
    MOST_SECTIONS,
    Conflict,
    FieldChange,
    GivenSection,
    Gone,
    Written,
    add_section,
    bring_back,
    change_front,
    change_section,
    confirm_translation,
    duplicate_section,
    go_back_to,
    remove_section,
    take_whole,
)  # fmt: skip
from newsroom.settings import Settings
from newsroom.translations import states_of
from tests.conftest import NOON
from tests.factories import a_list, an_issue, cities

ANA, KARIM = Actor(name="Ana", user_id=1), Actor(name="Karim", user_id=2)


def later(**how: float) -> Any:
    return NOON + timedelta(**how)


def change(*path: str | int, was: Any = None, now: Any = None) -> FieldChange:
    return FieldChange(path=path, was=was, now=now)


@pytest.fixture
def session(house: House) -> Iterator[Session]:
    with house.database.transaction() as session:
        yield session


@pytest.fixture
def issue(session: Session) -> Issue:
    return an_issue(session, cities(session))


def first(issue: Issue) -> IssueSection:
    return issue.sections[0]


def uids(issue: Issue) -> list[str]:
    return [row.uid for row in issue.sections]


def history(session: Session, issue: Issue, uid: str) -> list[tuple[int, str, str]]:
    return [(row.version, row.how, row.actor) for row in versions_of(session, issue.id, uid)]


def test_a_write_is_kept_with_what_stood_before_it(session: Session, issue: Issue) -> None:
    uid, before = first(issue).uid, dict(first(issue).content)
    outcome = change_section(
        session, issue, uid, [change("title", "en", was="Dear colleagues", now="Dear all")], base=1, by=ANA, now=later(hours=1)
    )
    assert isinstance(outcome, Written)
    assert (outcome.version, outcome.at, outcome.content["title"]) == (2, later(hours=1), "Dear all")
    assert (first(issue).updated_by, issue.updated_at) == (1, later(hours=1))
    assert history(session, issue, uid) == [(2, "write", "Ana"), (1, "add", "")]
    assert version_at(session, issue.id, uid, 1).content == before


def test_writes_of_one_sitting_are_one_version_and_others_begin_a_new_one(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    for number, (by, seconds) in enumerate([(ANA, 0), (ANA, 1), (ANA, 119), (ANA, 121), (KARIM, 122), (ANA, 123)]):
        change_section(
            session, issue, uid, [change("title", "en", now=f"Title {number}")], base=number + 1, by=by, now=later(seconds=seconds)
        )
    assert history(session, issue, uid) == [
        (7, "write", "Ana"),
        (6, "write", "Karim"),
        (5, "write", "Ana"),
        (4, "write", "Ana"),
        (1, "add", ""),
    ]
    assert version_at(session, issue.id, uid, 2).content["title"] == "Title 2"


def test_a_move_of_the_issue_ends_a_sitting(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "en", now="As reviewed")], base=1, by=ANA, now=NOON)
    issues.submit(session, issue, by=ANA, now=later(seconds=10))
    issues.recall(session, issue, by=ANA, now=later(seconds=20))
    change_section(session, issue, uid, [change("title", "en", now="After")], base=2, by=ANA, now=later(seconds=30))
    then = newest_at(session, issue.id, later(seconds=15))
    assert then[uid].content["title"] == "As reviewed"
    assert set(then) == {FRONT, *uids(issue)}


def test_a_field_that_another_wrote_waits_for_a_choice_and_the_rest_is_saved(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "en", was="Dear colleagues", now="Dear mayors")], base=1, by=KARIM, now=NOON)
    mine = [change("title", "en", was="Dear colleagues", now="Dear all"), change("title", "fr", now="Chers amis")]
    outcome = change_section(session, issue, uid, mine, base=1, by=ANA, now=later(seconds=5))
    assert isinstance(outcome, Conflict)
    assert (outcome.actor, outcome.at, outcome.version) == ("Karim", NOON, 3)
    assert [(each.path, each.mine, each.theirs) for each in outcome.conflicts] == [(("title", "en"), "Dear all", "Dear mayors")]
    assert first(issue).content["title"] == {"en": "Dear mayors", "fr": "Chers amis"}


def test_a_request_that_comes_twice_writes_once(session: Session, issue: Issue) -> None:
    uid, mine = first(issue).uid, [change("title", "en", was="Dear colleagues", now="Dear all")]
    once = change_section(session, issue, uid, mine, base=1, by=ANA, now=NOON)
    again = change_section(session, issue, uid, mine, base=1, by=ANA, now=later(seconds=9))
    assert isinstance(once, Written)
    assert isinstance(again, Written)
    assert (again.version, again.at, again.content) == (once.version, once.at, once.content)


def test_what_is_unfinished_is_stored(session: Session, issue: Issue) -> None:
    row = add_section(session, issue, "workshop", after=None, by=ANA, now=NOON)
    changes = [change("when", now={"day": "30 Fe"}), change("registration_url", now="htt")]
    assert isinstance(change_section(session, issue, row.uid, changes, base=1, by=ANA, now=NOON), Written)
    assert row.content == {"when": {"day": "30 Fe"}, "registration_url": "htt"}


@pytest.mark.parametrize("state", ["in_review", "discarded"])
def test_only_a_draft_is_written_in(session: Session, state: str) -> None:
    issue = an_issue(session, a_list(session), state=state)
    with pytest.raises(Refused, match=f"The issue is {state.replace('_', ' ')}: "):
        change_section(session, issue, first(issue).uid, [change("title", "en", now="x")], base=1, by=ANA, now=NOON)


def test_sections_are_added_where_they_are_wanted_and_once(session: Session, issue: Issue) -> None:
    one, two = uids(issue)
    add_section(session, issue, "divider", after=one, by=ANA, now=NOON, uid="middle")
    add_section(session, issue, "divider", after=FRONT, by=ANA, now=NOON, uid="top")
    add_section(session, issue, "text", {"text": "<p>x</p>"}, after="unknown", by=ANA, now=NOON, uid="end")
    add_section(session, issue, "divider", after=one, by=ANA, now=NOON, uid="middle")
    assert uids(issue) == ["top", one, "middle", two, "end"]
    assert [row.position for row in issue.sections] == [0, 1, 2, 3, 4]


def test_an_issue_does_not_grow_without_end(session: Session) -> None:
    issue = an_issue(session, a_list(session), sections=[("divider", {})] * MOST_SECTIONS)
    with pytest.raises(Refused, match="at most 300 sections"):
        add_section(session, issue, "divider", after=None, by=ANA, now=NOON)


def test_a_copy_stands_below_and_lives_by_itself(session: Session, issue: Issue) -> None:
    one, two = uids(issue)
    copy = duplicate_section(session, issue, one, by=ANA, now=NOON)
    assert uids(issue) == [one, copy.uid, two]
    change_section(session, issue, copy.uid, [change("title", "en", now="Mine")], base=1, by=ANA, now=NOON)
    assert first(issue).content["title"] == "Dear colleagues"


def test_a_removed_section_comes_back_as_it_was_and_goes_on_counting(session: Session, issue: Issue) -> None:
    one, two = uids(issue)
    content = dict(first(issue).content)
    assert isinstance(remove_section(session, issue, one, base=1, by=ANA, now=NOON), Written)
    assert uids(issue) == [two]
    assert remove_section(session, issue, one, base=1, by=KARIM, now=later(seconds=1)) == Gone(uid=one, actor="Ana", at=NOON)
    written = change_section(session, issue, one, [change("title", "en", now="x")], base=1, by=KARIM, now=NOON)
    assert written == Gone(uid=one, actor="Ana", at=NOON)
    back = bring_back(session, issue, one, by=KARIM, now=later(seconds=2))
    assert (uids(issue), back.version, back.content) == ([one, two], 3, content)
    assert bring_back(session, issue, one, by=KARIM, now=later(seconds=3)) is back
    assert history(session, issue, one) == [(3, "restore", "Karim"), (2, "remove", "Ana"), (1, "add", "")]


def test_a_section_that_somebody_wrote_in_meanwhile_is_not_removed_unseen(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "en", now="New")], base=1, by=KARIM, now=NOON)
    outcome = remove_section(session, issue, uid, base=1, by=ANA, now=later(seconds=1))
    assert isinstance(outcome, Conflict)
    assert (outcome.actor, outcome.conflicts) == ("Karim", ())
    assert uid in uids(issue)


def test_the_order_changes_as_a_whole_or_not_at_all(session: Session, issue: Issue) -> None:
    one, two = uids(issue)
    assert isinstance(order_sections(session, issue, [two, one], by=ANA, now=later(hours=1)), Ordered)
    assert (uids(issue), issue.updated_at) == ([two, one], later(hours=1))
    assert order_sections(session, issue, [one], by=ANA, now=NOON) == OrderConflict(uids=(two, one))
    assert order_sections(session, issue, [one, one], by=ANA, now=NOON) == OrderConflict(uids=(two, one))


def test_moves_of_one_hand_that_follow_each_other_are_one_and_anybody_elses_another(session: Session, issue: Issue) -> None:
    one, two = uids(issue)
    three = add_section(session, issue, "divider", after=two, by=ANA, now=NOON).uid
    order_sections(session, issue, [two, one, three], by=ANA, now=later(minutes=10))
    order_sections(session, issue, [three, two, one], by=ANA, now=later(minutes=11))
    order_sections(session, issue, [three, two, one], by=KARIM, now=later(minutes=11.5))  # nothing moved
    order_sections(session, issue, [one, three, two], by=KARIM, now=later(minutes=12))
    order_sections(session, issue, [two, one, three], by=KARIM, now=later(minutes=20))
    kept = versions_of(session, issue.id, ORDER)
    assert [(row.version, row.actor, row.how, row.content["before"], row.content["after"]) for row in kept] == [
        (4, "Karim", "move", [one, three, two], [two, one, three]),
        (3, "Karim", "move", [three, two, one], [one, three, two]),
        (2, "Ana", "move", [one, two, three], [three, two, one]),
    ]
    assert ORDER not in newest_at(session, issue.id, later(hours=1)), "what stood in the issue are its sections"


def test_an_earlier_order_is_put_back_and_what_came_later_stays_near_its_neighbour(session: Session, issue: Issue) -> None:
    one, two = uids(issue)
    three = add_section(session, issue, "divider", after=two, by=ANA, now=NOON).uid
    order_sections(session, issue, [three, two, one], by=ANA, now=later(minutes=10))
    later_one = add_section(session, issue, "divider", after=two, by=ANA, now=later(minutes=20)).uid
    remove_section(session, issue, three, base=1, by=ANA, now=later(minutes=21))
    outcome = put_back_order(session, issue, 1, side="before", base=1, by=KARIM, now=later(minutes=30))
    assert isinstance(outcome, Ordered)
    assert uids(issue) == [one, two, later_one]
    assert put_back_order(session, issue, 1, side="after", base=1, by=ANA, now=later(minutes=31)) == OrderConflict(
        uids=(one, two, later_one)
    ), "somebody else put them back meanwhile"
    put_back_order(session, issue, 1, side="after", base=2, by=ANA, now=later(minutes=32))
    assert uids(issue) == [two, later_one, one]
    assert [(row.how, row.actor) for row in versions_of(session, issue.id, ORDER)] == [
        ("restore", "Ana"), ("restore", "Karim"), ("move", "Ana")
    ]  # fmt: skip


def test_a_file_that_brings_another_order_is_seen_in_the_history_and_one_that_adds_sections_moves_none(
    session: Session, issue: Issue
) -> None:
    one, two = issue.sections
    front = {"languages": issue.languages, "subject": issue.subject}
    given = [GivenSection(uid=row.uid, kind=row.kind, content=dict(row.content)) for row in (one, two)]
    take_whole(session, issue, front, [given[0], GivenSection(uid="", kind="divider", content={}), given[1]], by=ANA, now=later(hours=1))
    assert versions_of(session, issue.id, ORDER) == []
    take_whole(session, issue, front, [given[1], given[0]], by=ANA, now=later(hours=2))
    (kept,) = versions_of(session, issue.id, ORDER)
    assert (kept.how, kept.content["after"]) == ("import", [two.uid, one.uid])


def test_the_order_is_no_section_that_could_be_brought_back(session: Session, issue: Issue) -> None:
    order_sections(session, issue, list(reversed(uids(issue))), by=ANA, now=NOON)
    for act in (
        lambda: bring_back(session, issue, ORDER, by=ANA, now=NOON),
        lambda: go_back_to(session, issue, ORDER, 1, base=0, by=ANA, now=NOON),
        lambda: add_section(session, issue, "divider", after=None, uid=ORDER, by=ANA, now=NOON),
    ):
        with pytest.raises((NotFound, InvalidInput)):
            act()
    assert len(uids(issue)) == 2


def test_an_earlier_version_becomes_the_newest_and_nothing_in_between_is_lost(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "en", now="Worse")], base=1, by=KARIM, now=NOON)
    assert isinstance(go_back_to(session, issue, uid, 1, base=1, by=ANA, now=NOON), Conflict)
    outcome = go_back_to(session, issue, uid, 1, base=2, by=ANA, now=NOON)
    assert isinstance(outcome, Written)
    assert (outcome.version, outcome.content["title"]) == (3, "Dear colleagues")
    assert version_at(session, issue.id, uid, 2).content["title"] == "Worse"


def test_a_removed_section_comes_back_as_any_of_its_versions(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "en", now="Worse")], base=1, by=KARIM, now=NOON)
    remove_section(session, issue, uid, base=2, by=KARIM, now=NOON)
    assert isinstance(go_back_to(session, issue, uid, 1, base=3, by=ANA, now=NOON), Written)
    assert (first(issue).uid, first(issue).version, first(issue).content["title"]) == (uid, 4, "Dear colleagues")


def test_what_never_stood_in_the_issue_is_not_found(session: Session, issue: Issue) -> None:
    other = an_issue(session, issue.mailing_list)
    for uid in ("nothing", first(other).uid):
        with pytest.raises(NotFound):
            change_section(session, issue, uid, [], base=1, by=ANA, now=NOON)
        with pytest.raises(NotFound):
            bring_back(session, issue, uid, by=ANA, now=NOON)


def test_the_issues_own_words_are_versioned_too(session: Session, issue: Issue) -> None:
    before = dict(issue.subject)
    changes = [change("subject", "fr", was=before["fr"], now="Le fleuve"), change("preview_text", "en", now="Seven cities")]
    outcome = change_front(session, issue, changes, base=1, by=ANA, now=NOON)
    assert (outcome.version, issue.front_version, issue.subject["fr"], issue.preview_text) == (2, 2, "Le fleuve", "Seven cities")
    go_back_to(session, issue, FRONT, 1, base=2, by=ANA, now=NOON)
    assert (issue.subject, issue.preview_text, issue.front_version) == (before, "", 3)


def test_texts_keep_their_language_when_another_becomes_the_first(session: Session, issue: Issue) -> None:
    now = ["fr", "en"]
    change_front(session, issue, [change("languages", was=list(issue.languages), now=now)], base=1, by=ANA, now=NOON)
    assert (issue.languages, issue.original) == (now, "fr")
    assert first(issue).content == {"title": {"en": "Dear colleagues"}, "text": {"en": "<p>Here is what happened.</p>"}}
    assert history(session, issue, first(issue).uid)[0] == (2, "write", "Ana")


@pytest.mark.parametrize("languages", [[], ["en", "elvish"], None])
def test_an_issue_without_a_language_we_write_is_refused(session: Session, issue: Issue, languages: Any) -> None:
    with pytest.raises(InvalidInput):
        change_front(session, issue, [change("languages", now=languages)], base=1, by=ANA, now=NOON)


def test_a_translation_is_stale_once_its_original_changes_and_done_when_confirmed(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "fr", now="Chers amis")], base=1, by=ANA, now=NOON)
    change_section(session, issue, uid, [change("title", "en", now="Dear mayors")], base=2, by=ANA, now=NOON)
    assert states(issue)["title"] == ("stale", "Dear colleagues")
    assert confirm_translation(session, issue, uid, ("title",), "fr", now=NOON)
    assert states(issue)["title"] == ("done", "")
    assert not confirm_translation(session, issue, uid, ("text",), "fr", now=NOON)


def test_what_translations_were_made_from_survives_a_removal(session: Session, issue: Issue) -> None:
    uid = first(issue).uid
    change_section(session, issue, uid, [change("title", "fr", now="Chers amis")], base=1, by=ANA, now=NOON)
    change_section(session, issue, uid, [change("title", "en", now="Dear mayors")], base=2, by=ANA, now=NOON)
    remove_section(session, issue, uid, base=3, by=ANA, now=NOON)
    bring_back(session, issue, uid, by=ANA, now=NOON)
    assert states(issue)["title"] == ("stale", "Dear colleagues")


def states(issue: Issue) -> dict[str, tuple[str, str]]:
    row = first(issue)
    found = states_of(row.kind, row.content, row.sources, original="en", language="fr")
    return {str(state.path[0]): (state.state, state.was) for state in found}


def test_an_event_is_told_of_once_its_key_is_typed_and_the_workshop_is_whole(session: Session, issue: Issue) -> None:
    row = add_section(session, issue, "workshop", {"title": "Shade"}, after=None, by=ANA, now=NOON)
    for version, key in enumerate(["s", "shade"], start=1):
        change_section(session, issue, row.uid, [change("event", now=key)], base=version, by=ANA, now=NOON)
    assert facts_of(session, issue.list_id, {"s", "shade"}) == {}
    change_section(session, issue, row.uid, [change("city", now="Mombasa")], base=3, by=ANA, now=NOON)
    assert facts_of(session, issue.list_id, {"s", "shade"}) == {"shade": {"title": "Shade", "city": "Mombasa"}}
    change_section(session, issue, row.uid, [change("registration_url", now="htt")], base=4, by=ANA, now=NOON)
    assert "registration_url" not in facts_of(session, issue.list_id, {"shade"})["shade"]


def test_two_writers_at_once_lose_nothing(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, cities(session))
        number, uid = issue.id, first(issue).uid
    start, troubles = threading.Barrier(2), list[BaseException]()

    def write(by: Actor, language: str) -> None:
        try:
            start.wait()
            for turn in range(15):
                with house.database.transaction() as session:
                    issue = issues.get_issue(session, number)
                    mine = change("title", language, was=f"{language} {turn - 1}" if turn else None, now=f"{language} {turn}")
                    assert isinstance(change_section(session, issue, uid, [mine], base=0, by=by, now=later(seconds=turn)), Written)
                    workshop = add_section(session, issue, "workshop", {"title": "x", "event": f"e{turn}"}, after=uid, by=by, now=NOON)
                    assert workshop.version == 1
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=write, args=each) for each in ((ANA, "fr"), (KARIM, "es"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert troubles == []
    with house.database.transaction() as session:
        issue = session.scalars(select(Issue).where(Issue.id == number)).one()
        assert first(issue).content["title"] == {"en": "Dear colleagues", "fr": "fr 14", "es": "es 14"}
        assert first(issue).version == 31
        assert [row.position for row in issue.sections] == list(range(32))


@pytest.mark.postgresql
def test_a_write_that_began_before_the_issue_was_submitted_is_refused(postgresql_settings: Settings) -> None:
    house = open_house(postgresql_settings)
    with house.database.transaction() as session:
        number = an_issue(session, cities(session)).id
    with house.database.transaction() as session:
        stale = issues.get_issue(session, number)
        uid = first(stale).uid
        with house.database.transaction() as other:
            issues.submit(other, issues.get_issue(other, number), by=OPERATOR, now=NOON)
        with pytest.raises(Refused, match="in review: recall it"):
            change_section(session, stale, uid, [change("title", "en", now="x")], base=1, by=ANA, now=NOON)
    house.database.close()


@pytest.mark.postgresql
def test_what_another_committed_meanwhile_is_seen_by_a_writer_who_loaded_before(postgresql_settings: Settings) -> None:
    house = open_house(postgresql_settings)
    with house.database.transaction() as session:
        number = an_issue(session, cities(session)).id
    with house.database.transaction() as session:
        stale = issues.get_issue(session, number)
        uid = first(stale).uid
        with house.database.transaction() as other:
            change_section(other, issues.get_issue(other, number), uid, [change("title", "en", now="Theirs")], base=1, by=KARIM, now=NOON)
        mine = change("title", "en", was="Dear colleagues", now="Mine")
        assert isinstance(change_section(session, stale, uid, [mine], base=1, by=ANA, now=NOON), Conflict)
    house.database.close()
