"""Comments: on a section, a language or the whole issue; answered, settled, open again."""

import pytest

from newsroom.comments import LONGEST, answer, comment, comments_of, open_comments, resolve, take_part
from newsroom.errors import InvalidInput, NotFound
from newsroom.house import House
from newsroom.issues import Actor
from tests.conftest import NOON
from tests.factories import a_list, an_issue

ANA, GUEST = Actor(name="Ana", user_id=1), Actor(name="The chief", guest_id=7)


def test_a_thread_is_begun_answered_settled_and_open_again(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
        uid = issue.sections[1].uid
        first = comment(session, issue, text="  Is this the right date?\r\nI doubt it. ", uid=uid, by=GUEST, now=NOON)
        resolve(session, issue, first.id, by=ANA, now=NOON)
        assert open_comments(session, issue.id) == {}
        reply = answer(session, issue, first.id, text="It is not.", by=ANA, now=NOON)
        assert answer(session, issue, reply.id, text="Thanks.", by=GUEST, now=NOON).reply_to == first.id
        (thread,) = comments_of(session, issue.id)
        assert (thread.comment.text, thread.is_open) == ("Is this the right date?\nI doubt it.", True)
        assert [(one.text, one.uid, one.guest_id) for one in thread.answers] == [("It is not.", uid, None), ("Thanks.", uid, 7)]
        assert open_comments(session, issue.id) == {uid: 1}
        assert take_part(session, first) == {1}


def test_a_comment_stays_when_its_section_goes(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
        comment(session, issue, text="Take this out.", uid=issue.sections[1].uid, by=ANA, now=NOON)
        session.delete(issue.sections[1])
        session.flush()
        assert len(comments_of(session, issue.id)) == 1


def test_the_first_to_settle_is_remembered(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
        first = comment(session, issue, text="Done?", by=ANA, now=NOON)
        resolve(session, issue, first.id, by=ANA, now=NOON)
        assert resolve(session, issue, first.id, by=GUEST, now=NOON).resolved_by == "Ana"


def test_a_comment_of_another_issue_is_not_found(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        mine, other = an_issue(session, mailing_list), an_issue(session, mailing_list)
        first = comment(session, other, text="Here.", by=ANA, now=NOON)
        with pytest.raises(NotFound):
            answer(session, mine, first.id, text="There.", by=ANA, now=NOON)
        with pytest.raises(NotFound):
            resolve(session, mine, first.id, by=ANA, now=NOON)
        with pytest.raises(NotFound):
            comment(session, mine, text="No.", uid=other.sections[0].uid, by=ANA, now=NOON)
        with pytest.raises(NotFound):
            comment(session, mine, text="No.", language="tr", by=ANA, now=NOON)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST + 1)])
def test_nothing_and_too_much_are_refused(sqlite_house: House, text: str) -> None:
    with sqlite_house.database.transaction() as session:
        issue = an_issue(session, a_list(session))
        with pytest.raises(InvalidInput):
            comment(session, issue, text=text, by=ANA, now=NOON)
