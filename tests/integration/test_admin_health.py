"""The page "Is it working?": what is wrong leads to the place in the admin where it is put right."""

from newsroom.alerts import AlertMessage
from newsroom.clock import utc_now
from newsroom.house import House
from newsroom.issues import get_issue, halt
from newsroom.sendqueue import relay_troubles
from newsroom.sendqueue.sessions import open_session
from tests.factories import a_delivery, a_list, an_issue
from tests.staff import somebody

PAGE = "/admin/settings/health"


def test_a_halted_issue_is_resumed_on_its_page_not_at_a_command_line(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), state="sending", house=house, subject="Summer in the cities")
        halt(session, get_issue(session, issue.id), now=utc_now(), reason="The mail server main refuses Newsroom itself: 535 no.")
    page = somebody(house)[0].get(PAGE).text
    assert f'<a href="/admin/issues/{issue.id}"><bdi dir="auto">Summer in the cities</bdi></a>' in page
    assert "resume it on its page" in page
    assert "newsroom issue resume" not in page


def test_a_mail_server_in_trouble_is_tried_under_mail_servers(house: House) -> None:
    with house.database.transaction() as session:
        token = open_session(session.connection(), host="test", process=1)
        relay_troubles.note(session.connection(), token, "main", tries=3, words="it does not answer")
    page = somebody(house)[0].get(PAGE).text
    assert '<a href="/admin/settings/mail-servers">Try it under Mail servers</a>' in page
    assert "newsroom doctor" not in page


def test_uncertain_letters_are_one_step_away(house: House) -> None:
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), state="sending", house=house)
        a_delivery(session, issue, state="uncertain")
    assert f'href="/admin/issues/{issue.id}/deliveries?state=uncertain"' in somebody(house)[0].get(PAGE).text


def test_alerts_that_fail_lead_to_the_address_on_the_same_page(house: House) -> None:
    now = utc_now()
    with house.database.transaction() as session:
        session.add(AlertMessage(
            kind="trouble", key="worker", facts={}, created_at=now, due_at=now, tries=3, sent=False, trouble="the web hook answered 500",
        ))  # fmt: skip
    page = somebody(house)[0].get(PAGE).text
    assert '<a href="#alerts">Look at the address below</a>' in page
    assert "Look at NEWSROOM_ALERT_URL" not in page
