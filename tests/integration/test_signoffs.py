"""Sign-offs: nobody covers what they wrote where others may, the last one approves, and going back to writing voids them all."""

import threading
from collections.abc import Iterable
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session

from newsroom import issues
from newsroom.checks.accepting import print_of
from newsroom.cli.main import commands
from newsroom.errors import InvalidInput, NewsroomError, NotFound, Refused
from newsroom.given_signoffs import signoffs_of
from newsroom.house import House
from newsroom.issues import OPERATOR, Actor, Issue, get_issue
from newsroom.signoffs import Complete, Paper, Signed, Unaccepted, required_of, sign, standing_of, would_cover
from tests.conftest import NOON
from tests.factories import a_list, a_user, an_issue

ANA, BEN, CHLOE = (Actor(name=name, user_id=number) for number, name in enumerate(("Ana", "Ben", "Chloé"), start=1))
ALL = (1, 2, 3)


def in_review(session: Session, *, writers: Iterable[Actor | None] = (None, None), signoffs: Any = (), **facts: Any) -> Issue:
    """An issue of two sections, last written by these."""
    mailing_list = a_list(session, **facts)
    mailing_list.signoffs = list(signoffs)
    issue = an_issue(session, mailing_list, state="in_review")
    for section, writer in zip(issue.sections, writers, strict=True):
        section.updated_by = writer.user_id if writer else None
    session.flush()
    return issue


def give(session: Session, house: House, issue: Issue, by: Actor, **options: Any) -> Signed | Complete:
    wanted = {"approvers": ALL, "keys": house.keys, "public_url": house.settings.public_url, "now": NOON}
    return sign(session, issue, by=by, **{**wanted, **options})


def test_one_who_wrote_nothing_approves_alone(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        assert give(session, house, issue, CHLOE) == Complete()
        assert (issue.state, sorted(issue.renditions)) == ("approved", ["en"])


def test_two_who_each_wrote_half_approve_together(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        first, second = (section.uid for section in issue.sections)
        found = give(session, house, issue, ANA)
        assert isinstance(found, Signed)
        assert found.standing[0].lacking == (first,)
        assert would_cover(issue, found.standing[0], ALL, BEN.user_id) == (first,)
        assert issue.state == "in_review"
        assert give(session, house, issue, BEN) == Complete()
        assert [one.sections for one in signoffs_of(session, issue.id)] == [["", second], [first]]


def test_nobody_approves_what_they_wrote_where_others_may(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, ANA))
        with pytest.raises(Refused, match="Sections 1 and 2 were last written by Ana"):
            give(session, house, issue, ANA)
        issue.front_by = BEN.user_id
        session.flush()
        assert isinstance(give(session, house, issue, ANA), Signed), "the subject is another's"
        assert give(session, house, issue, BEN) == Complete()


def test_the_only_one_who_may_approve_may_approve_their_own(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, ANA))
        assert give(session, house, issue, ANA, approvers=(1,)) == Complete()


def test_signing_twice_is_told_and_not_counted_twice(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        give(session, house, issue, ANA)
        with pytest.raises(Refused, match="signed this already"):
            give(session, house, issue, ANA)


def test_the_operator_signs_for_everybody(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN), signoffs=[{"key": "chief", "name": "The chief", "user_ids": [3]}, {"key": "text"}])
        assert give(session, house, issue, OPERATOR) == Complete()


def test_a_reason_lets_pass_what_was_read_and_not_what_came_up_since(sqlite_house: House) -> None:
    """A link that broke while the page was open: the same reason is asked for again, with the new warning beside the old one."""
    with sqlite_house.database.transaction() as session:
        issue = in_review(session, languages=("en", "fr"))
        read = give(session, sqlite_house, issue, BEN)
        assert isinstance(read, Unaccepted)
        issue.sections[1].content = {**issue.sections[1].content, "text": "<p>TODO: the river.</p>"}
        session.flush()
        asked = give(session, sqlite_house, issue, BEN, reason="It follows.", warned=print_of(read.findings))
        assert isinstance(asked, Unaccepted)
        assert {one.id for one in asked.findings} > {one.id for one in read.findings}
        assert not issue.accepted_warnings
        assert give(session, sqlite_house, issue, BEN, reason="It follows.", warned=print_of(asked.findings)) == Complete()


def test_per_language_each_language_is_signed_by_who_may(house: House) -> None:
    spec = [{"key": "language", "name": "Language", "per_language": True, "user_ids": [2, 3]}]
    with house.database.transaction() as session:
        issue = in_review(session, signoffs=spec, languages=("en", "fr"))
        assert [(one.key, one.language) for one in required_of(issue)] == [("language", "en"), ("language", "fr")]
        with pytest.raises(Refused, match="Ana is not one of those"):
            give(session, house, issue, ANA)
        assert isinstance(give(session, house, issue, BEN, only=("language", "fr")), Unaccepted), "the French is missing"
        assert isinstance(give(session, house, issue, BEN, only=("language", "fr"), reason="It follows."), Signed)
        assert [one.is_complete for one in standing_of(session, issue)] == [False, True]
        with pytest.raises(NotFound):
            give(session, house, issue, CHLOE, only=("language", "ar"))
        assert give(session, house, issue, CHLOE) == Complete()


def test_a_sign_off_whose_people_are_gone_falls_to_whoever_may_approve(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, signoffs=[{"key": "chief", "name": "The chief", "user_ids": [99]}])
        assert give(session, house, issue, ANA) == Complete()


@pytest.mark.parametrize("back", ["request_changes", "recall"])
def test_going_back_to_writing_voids_what_was_signed(house: House, back: str) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        give(session, house, issue, ANA)
        issues.move(session, issue, back, by=BEN, now=NOON)
        session.expire_all()
        assert [one.void_why for one in signoffs_of(session, issue.id)] == ["rewritten"]
        issues.submit(session, issue, by=BEN, now=NOON)
        assert standing_of(session, issue)[0].given == ()


def test_reopening_an_approved_issue_voids_them_too(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session)
        give(session, house, issue, ANA)
        issues.reopen(session, issue, by=ANA, now=NOON)
        session.expire_all()
        assert [one.void_at for one in signoffs_of(session, issue.id)] == [NOON]


def test_what_was_signed_for_other_letters_does_not_count(house: House) -> None:
    """The list's facts stand in every letter, and can be changed while its issue is in review."""
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        give(session, house, issue, ANA)
        issue.mailing_list.postal_address = "2 Other Street, 1000 Riverton"
        session.flush()
        found = give(session, house, issue, BEN)
        assert isinstance(found, Signed)
        assert found.voided == 1


def test_what_cannot_be_built_is_signed_by_nobody(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        issue.subject = ""
        session.flush()
        with pytest.raises(InvalidInput, match="no subject"):
            give(session, house, issue, ANA)


def test_only_what_is_in_review_is_signed(house: House) -> None:
    with house.database.transaction() as session:
        draft = an_issue(session, a_list(session))
        with pytest.raises(Refused):
            give(session, house, draft, ANA)


def test_an_approval_that_came_by_mail_keeps_the_mail(house: House) -> None:
    with house.database.transaction() as session:
        issue = in_review(session, writers=(ANA, BEN))
        chief = Actor(name="The chief", user_id=ANA.user_id)
        assert (
            give(session, house, issue, chief, way="email", note="Recorded by Ana", paper=Paper(name="ok.eml", data=b"Yes.")) == Complete()
        )
        (kept,) = signoffs_of(session, issue.id)
        assert (kept.actor, kept.way, kept.paper_name, kept.paper) == ("The chief", "email", "ok.eml", b"Yes.")


def test_of_two_last_sign_offs_at_once_one_approves(house: House) -> None:
    with house.database.transaction() as session:
        issue_id = in_review(session).id
    found: list[object] = []
    together = threading.Barrier(2)

    def last(by: Actor) -> None:
        together.wait()
        try:
            with house.database.transaction() as session:
                found.append(give(session, house, get_issue(session, issue_id), by))
        except NewsroomError as error:
            found.append(type(error))

    threads = [threading.Thread(target=last, args=(by,)) for by in (ANA, BEN)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found.count(Complete()) == 1
    assert len(found) == 2
    with house.database.reading() as session:
        assert get_issue(session, issue_id).state == "approved"
        assert [event.action for event in issues.events_of(session, issue_id)].count("approve") == 1


def test_a_person_at_the_command_line_gives_what_they_may_and_is_told_what_is_lacking(sqlite_house: House, monkeypatch: Any) -> None:
    monkeypatch.setenv("NEWSROOM_DATA_DIR", str(sqlite_house.settings.data_dir))
    with sqlite_house.database.transaction() as session:
        ana, ben = (a_user(session, role="publisher", email=f"{name}@example.org") for name in ("ana", "ben"))
        issue = in_review(session, writers=[Actor(name="", user_id=ana.id), Actor(name="", user_id=ben.id)])
        number = str(issue.id)
    first = CliRunner().invoke(commands, ["issue", "approve", number, "--as", "ana@example.org"])
    assert first.output == f"Signed. Issue {number} is not approved yet; it waits for somebody else: approval.\n"
    second = CliRunner().invoke(commands, ["issue", "approve", number, "--as", "ben@example.org"])
    assert second.output == f"Issue {number} is approved.\n"
