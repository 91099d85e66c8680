"""After the first try, in the admin: what the issue page tells of each fault, and what staff can do there."""

import re
from dataclasses import dataclass
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import delete, event, select, update

from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.installation import LOST_COMMITS, NEXT
from newsroom.issues import OPERATOR, Issue, get_issue, halt
from newsroom.relay_urls import SmtpAddress
from newsroom.relays import add_relay
from newsroom.sendqueue import domain_waits, refreshing, relay_troubles
from newsroom.sendqueue.pulse import Heartbeat
from newsroom.sendqueue.sessions import WorkerSession
from newsroom.sendqueue.sweeping import LOST
from newsroom.sendqueue.throttle import set_throttle
from newsroom.sendqueue.throttle_buckets import ThrottleBucket
from newsroom.sendqueue.transports.base import Deferred, Reply
from newsroom.snapshots import SendingSnapshot
from tests.integration.test_repeating import OFFICER, Sent
from tests.sending import add_people
from tests.staff import Staff, somebody, with_relay


@pytest.fixture
def sending(house: House) -> Sent:
    """Half of it is through, a worker lives."""
    sent = Sent(with_relay(house), state="sending")
    for place in (3, 4, 5):
        sent.put(place, state="queued", attempt=0, marked_at=None, closed_at=None)
    return sent


@pytest.fixture
def sent(sqlite_house: House) -> Sent:
    return Sent(with_relay(sqlite_house))


def page(sent: Sent, role: str = "publisher") -> str:
    """The issue's page as its reader reads it: without tags."""
    staff, _ = somebody(sent.house, role)
    return plain(staff.get(f"/admin/issues/{sent.issue_id}").text)


@dataclass(frozen=True)
class PutOff:
    domain: str
    outcome: Deferred


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def halted(sent: Sent, words: str) -> None:
    with sent.house.database.transaction() as session:
        halt(session, get_issue(session, sent.issue_id), now=utc_now(), reason=words)


def trouble(sent: Sent, words: str, tries: int = 3) -> None:
    with sent.house.database.transaction() as session:
        relay_troubles.note(session.connection(), sent.token, "main", tries=tries, words=words)


def slow_down(sent: Sent, domain: str) -> None:
    busy = Reply(code=421, enhanced_status="4.7.28", text="unusual rate of mail")
    with sent.house.database.transaction() as session:
        domain_waits.defer(session.connection(), [PutOff(domain=domain, outcome=Deferred(reply=busy))] * 5)


# ---- what is read after each fault -----------------------------------------------------------------------------------------


def test_a_relay_that_refuses_the_log_in(sending: Sent) -> None:
    words = "it refuses the log-in as news: 535 5.7.8 wrong password; check user and password"
    halted(sending, f"The mail server mail.example:587 refuses Newsroom itself: {words}. Nobody's address was marked.")
    text = page(sending)
    assert "refuses the log-in as news: 535" in text
    assert "check user and password" in text
    assert "3 of 6 had been handed to the mail server when it stopped; 3 wait. Resume sends to those, and to nobody twice." in text


def test_what_stopped_an_issue_leads_to_where_it_is_put_right(sending: Sent) -> None:
    halted(sending, "The mail server main (mail.example:587) refuses Newsroom itself: 535 no.\nNobody's address was marked.")
    staff, _ = somebody(sending.house)
    shown = staff.get(f"/admin/issues/{sending.issue_id}").text
    assert '<p dir="auto">Nobody&#39;s address was marked.</p>' in shown
    assert '<a href="/admin/settings/mail-servers">Look at the mail servers</a>' in shown
    assert "Ask an administrator to look at the mail servers." in page(sending)


def test_what_is_no_matter_of_mail_servers_does_not_lead_to_them(sending: Sent) -> None:
    halted(sending, "Newsroom was away from 10:00 to 15:00, so it does not go on by itself. Is this letter still of its day?")
    assert "look at the mail servers" not in page(sending)


def test_a_server_that_somebody_named_is_called_by_that_name(sending: Sent) -> None:
    trouble(sending, "its host name is not known")
    assert "The mail server does not take letters yet" in page(sending)
    with sending.house.database.transaction() as session:
        address = SmtpAddress(host="mail.example", port=587, tls="starttls")
        add_relay(session, name="main", address=address, keys=sending.house.keys, by=OPERATOR, now=utc_now())
    assert "The mail server “ main ” does not take letters yet" in page(sending)


@pytest.mark.parametrize("notice", [f"This installation was restored. {NEXT}", f"Letters not known here {LOST_COMMITS}: look first."])
def test_a_database_that_was_set_back_promises_nobody_that_nothing_comes_twice(sending: Sent, notice: str) -> None:
    halted(sending, notice)
    text = page(sending)
    assert "3 wait. Resume sends to those." in text
    assert "nobody gets it twice" not in text
    assert "to nobody twice" not in text


def test_a_host_that_does_not_resolve(sending: Sent) -> None:
    trouble(sending, "its host name is not known; check the name mail.example, and that this machine can look up names")
    text = page(sending)
    assert "The mail server does not take letters yet; tried 3 times since" in text
    assert "check the name mail.example" in text
    assert "nobody is lost" in text


def test_a_certificate_that_does_not_match(sending: Sent) -> None:
    trouble(sending, "its certificate does not match the name mail.example; write the host as it stands in the certificate", tries=1)
    text = page(sending)
    assert "tried once. Its trouble: its certificate does not match the name mail.example" in text
    assert "write the host as it stands in the certificate" in text


def test_lost_replies(sending: Sent) -> None:
    for place in (0, 1):
        sending.uncertain(place)
        sending.put(place, reason="no readable reply after the final dot")
    text = page(sending)
    assert "2 are uncertain: the letter was handed over and the answer got lost." in text
    assert "2: the whole letter was handed over, and no answer came back." in text
    assert "It arrived …" in text
    assert "Send again …" in text


def test_a_worker_that_was_killed(sending: Sent) -> None:
    sending.uncertain(0)
    sending.put(0, reason=LOST)
    sending.end_worker()
    text = page(sending)
    assert "no sender is running" in text
    assert "Start one with newsroom worker" in text
    assert f"1: {LOST}." in text


def test_a_database_that_was_away_or_whose_disk_is_full(sending: Sent) -> None:
    with sending.house.database.transaction() as session:
        session.add(Heartbeat(name="tick", at=utc_now() - timedelta(minutes=4), host="here", process=1))
    text = page(sending)
    assert "The clock of this Newsroom has not been seen since" in text
    assert "the database cannot be written, for example because its disk is full. No letter is lost; it goes on by itself." in text


def test_nothing_moves_and_nobody_knows_why(sending: Sent) -> None:
    refreshing.refresh(sending.house.database, utc_now() - timedelta(minutes=2))
    refreshing.refresh(sending.house.database, utc_now())
    text = page(sending)
    assert "Nothing has moved since" in text
    servers = "The mail server may have stopped answering: ask an administrator to try it"
    assert text.index(servers) < text.index("the database may not be writable")
    staff, _ = somebody(sending.house)
    assert '<a href="/admin/settings/mail-servers">try it under Mail servers</a>' in staff.get(f"/admin/issues/{sending.issue_id}").text


def test_an_issue_that_moves_is_not_said_to_stand_still(sending: Sent) -> None:
    refreshing.refresh(sending.house.database, utc_now() - timedelta(minutes=2))
    sending.put(3, state="accepted")
    text = page(sending)
    assert "Nothing has moved" not in text


def test_a_domain_that_throttles_us(sending: Sent) -> None:
    sending.put(3, state="deferred", reply_code=421, enhanced_status="4.7.28", reply="unusual rate of mail", domain="slow.example")
    slow_down(sending, "slow.example")
    text = page(sending)
    assert "1 domain asks for patience" in text
    assert "Slow domains" in text
    assert "slow.example" in text
    assert "The provider asks for more patience" in text
    assert "Newsroom slows down by itself" in text


def test_a_quota_that_is_used_up(sending: Sent) -> None:
    with sending.house.database.transaction() as session:
        set_throttle(session, "relay", "main", daily=3, by=OFFICER, now=utc_now())
        today = f"{utc_now():%Y-%m-%d}"
        bucket = {"tokens": 0.0, "used": 3, "day": today, "filled_at": utc_now(), "next_slot": utc_now()}
        session.add(ThrottleBucket(scope="relay", key="main", **bucket))
    assert "3 letters for the mail server main are used up" in page(sending)


def test_everything_is_retried(sending: Sent) -> None:
    tried = utc_now() - timedelta(hours=1)
    for place in range(3, 6):
        sending.put(place, state="deferred", reply_code=450, reply="Greylisted", first_tried_at=tried, due_at=utc_now())
    text = page(sending)
    assert "Everybody has been tried. 3 were put off and are tried again, at the latest until" in text
    assert "Asked to come back later" in text


def test_letters_that_were_refused(sending: Sent) -> None:
    sending.failed(0)
    sending.failed(1, 550, "5.7.26", "the sender is unauthenticated")
    text = page(sending)
    assert "2 were refused or given up. Below stands why" in text
    assert "The mailbox does not exist" in text
    assert "SPF, DKIM and DMARC must be right" in text
    assert "1 × 550 5.7.26 the sender is unauthenticated" in text


def test_a_letter_whose_line_was_lost_is_not_called_refused(sending: Sent) -> None:
    sending.put(3, state="deferred", reply_code=None, reply="connection closed by the mail server, before the final dot")
    text = page(sending)
    assert "The line to the mail server broke" in text
    assert "Newsroom tries again by itself for two days." in text
    assert "said no for good" not in text
    assert "What the mail server said" not in text


def test_a_trouble_that_is_over_is_not_shown_while_letters_flow(sending: Sent) -> None:
    trouble(sending, "it refuses the log-in: 535")
    sending.put(0, closed_at=utc_now() + timedelta(seconds=5))
    assert "does not take letters yet" not in page(sending)


def test_a_trouble_of_another_relay_stays_in_sight(sending: Sent) -> None:
    trouble(sending, "it refuses the log-in: 535")
    sending.put(0, closed_at=utc_now() + timedelta(seconds=5), relay="spare")
    assert "does not take letters yet" in page(sending)


def test_a_slow_domain_of_another_issue_is_not_shown(sending: Sent) -> None:
    sending.put(0, domain="slow.example")
    slow_down(sending, "slow.example")
    assert "asks for patience" not in page(sending)


def test_a_letter_passed_over_for_its_slow_domain_waits_for_it(sending: Sent) -> None:
    sending.put(3, walked=True, domain="slow.example")
    slow_down(sending, "slow.example")
    assert "1 domain asks for patience" in page(sending)


def test_a_next_try_that_is_past_is_not_promised(sending: Sent) -> None:
    sending.put(3, state="deferred", domain="slow.example")
    slow_down(sending, "slow.example")
    with sending.house.database.transaction() as session:
        session.execute(update(domain_waits.DomainWait).values(until=utc_now() - timedelta(minutes=13)))
    assert "being tried with a few letters" in page(sending)


def test_a_cancelled_issue_tells_who_has_it(house: House) -> None:
    sent = Sent(with_relay(house), state="cancelled")
    for place in (4, 5):
        sent.put(place, state="cancelled")
    assert "4 of 6 had been handed to the mail server when it stopped; 2 will not get it." in page(sent)


def test_how_fast_it_goes_and_how_long_it_takes(sending: Sent) -> None:
    refreshing.refresh(sending.house.database, utc_now())
    with sending.house.database.transaction() as session:
        ago = utc_now().timestamp() - 60
        session.execute(update(SendingSnapshot).values(samples=[[ago - 60, 1], [ago, 2], [ago + 59, 3]]))
    assert "About 1 letter a minute; about 3 minutes left for those not yet tried." in page(sending)


# ---- who may see and do what -----------------------------------------------------------------------------------------------


def test_an_author_reads_what_happened_but_no_addresses(sent: Sent) -> None:
    sent.failed(0, reply="<person1@city1.example>: unknown")
    sent.uncertain(1)
    text = page(sent, "author")
    assert "The mailbox does not exist" in text
    assert "Uncertain" in text
    # Between these two stands the letter itself, with the address it comes from.
    assert "@" not in text.partition("Refused and put off")[2].partition("Desktop")[0]
    assert "@" not in text.rpartition("History")[2]
    assert "Try the chosen ones again" not in text


@pytest.mark.parametrize("action", ["retry", "extend", "resend", "copy"])
def test_every_action_that_mails_asks_first_and_says_what_it_does(sent: Sent, action: str) -> None:
    sent.failed(0)
    sent.uncertain(1)
    sent.end_worker()
    staff, _ = somebody(sent.house, "publisher")
    answer = staff.get(f"/admin/issues/{sent.issue_id}/{action}")
    assert answer.status_code == 200
    assert "<form" in answer.text
    assert sent.issue().state == "sent"


def asked(sent: Sent, path: str) -> str:
    staff, _ = somebody(sent.house, "publisher")
    return staff.get(f"/admin/issues/{sent.issue_id}/{path}").text


def test_one_that_cannot_be_sent_again_yet_has_no_button_for_it(sent: Sent) -> None:
    number = sent.uncertain(0)
    html = asked(sent, f"resend?delivery={number}")
    text = plain(html)
    assert "cannot be sent again yet" in text
    assert "still runs, and its answer may still come. Send the person a copy" in text
    assert "btn-danger" not in html
    assert f"/resolve/{number}" in html
    assert f"/copy?address={sent.row(number).address}" in unescape(html).replace("%40", "@")
    sent.end_worker()
    assert "btn-danger" in asked(sent, f"resend?delivery={number}")


def test_where_none_can_be_sent_again_no_more_are_counted(sent: Sent) -> None:
    sent.uncertain(0)
    sent.uncertain(1)
    html = asked(sent, "resend")
    assert "2 are uncertain. They can be sent again 15 minutes after their try" in plain(html)
    assert "more are uncertain" not in html
    assert "btn-danger" not in html


def test_every_uncertain_letter_of_the_list_can_be_settled_or_sent_again(sent: Sent) -> None:
    numbers = [sent.uncertain(place) for place in (0, 1)]
    html = asked(sent, "deliveries?state=uncertain")
    assert all(f"/resolve/{number}" in html and f"/resend?delivery={number}" in html for number in numbers)
    staff, _ = somebody(sent.house, "author")
    assert "/resolve/" not in staff.get(f"/admin/issues/{sent.issue_id}/deliveries").text
    assert "/resolve/" not in asked(sent, "deliveries?state=accepted")


def test_the_list_of_letters_says_in_plain_words_what_happened(sent: Sent) -> None:
    sent.failed(0)
    text = plain(asked(sent, "deliveries?state=failed"))
    assert "What happened" in text
    assert "The mailbox does not exist 550 5.1.1 unknown" in text


def test_the_retry_page_counts_all_that_were_refused_and_ticks_what_was_chosen(sent: Sent) -> None:
    sent.failed(0)
    sent.failed(1)
    sent.failed(2, 452, "4.2.2", "full")
    html = asked(sent, "retry?class=mailbox_full")
    assert "3 letters were refused or given up" in plain(html)
    assert re.findall(r'value="(\w+)" checked', html) == ["mailbox_full"]
    assert "Try the ticked ones again" in html


def test_nobody_who_was_refused_is_said_not_to_miss_it(sent: Sent) -> None:
    sent.failed(0)
    sent.uncertain(1)
    html = asked(sent, "extend")
    assert "Nobody is missing it" not in html
    assert "Nobody has joined since" in html
    assert "#refusals" in html
    assert "#uncertain" in html


def test_a_copy_of_a_paused_issue_is_not_offered(sqlite_house: House) -> None:
    html = asked(Sent(with_relay(sqlite_house), state="paused"), "copy")
    assert "Copies are sent of an issue that is going out or was sent" in plain(html)
    assert 'name="address"' not in html


def act(sent: Sent, action: str, **form: object) -> tuple[str, Staff]:
    """The sentence that the next page shows."""
    staff, _ = somebody(sent.house, "publisher")
    answer = staff.post(f"/admin/issues/{sent.issue_id}/{action}", **form)
    shown = staff.get(answer.location).text if answer.status_code == 302 else answer.text
    return plain(shown), staff


def test_failed_letters_are_tried_again_by_class(sent: Sent) -> None:
    sent.failed(0)
    sent.failed(1, 452, "4.2.2", "full")
    text, staff = act(sent, "retry", **{"class": "mailbox_full"})
    assert "1 letter is tried again." in text
    assert sent.states() == {"accepted": 4, "failed": 1, "queued": 1}
    assert staff.rung == [sent.issue_id]
    assert "tried failed letters again" in text


def test_pressing_twice_is_told_and_changes_nothing(sent: Sent) -> None:
    sent.failed(0)
    act(sent, "retry", **{"class": "no_such_mailbox"})
    text, staff = act(sent, "retry", **{"class": "no_such_mailbox"})
    assert "No letter failed that could be tried again" in text
    assert staff.rung == []


def test_who_joined_since_gets_it(sent: Sent) -> None:
    with sent.house.database.transaction() as session:
        add_people(session, sent.house, sent.list_id, 2, now=utc_now())
    text, _ = act(sent, "extend")
    assert "It goes to 2 people who joined since." in text
    assert sent.issue().audience == 8


def test_an_uncertain_letter_is_sent_again_or_settled(sent: Sent) -> None:
    first, second = sent.uncertain(0), sent.uncertain(1)
    sent.end_worker()
    assert "1 uncertain letter goes again." in act(sent, "resend", delivery=first)[0]
    assert "Say in a sentence how you know" in act(sent, f"resolve/{second}", evidence=" ")[0]
    assert "Settled" in act(sent, f"resolve/{second}", evidence="She answered.")[0]
    assert sent.states() == {"accepted": 5, "queued": 1}


def test_a_letter_of_another_issue_is_not_settled_here(sent: Sent) -> None:
    number = sent.uncertain(0)
    staff, _ = somebody(sent.house, "publisher")
    with sent.house.database.transaction() as session:
        other = Issue(
            list_id=sent.list_id, slug="other", state="sent", languages=["en"], subject="x", created_at=sent.now, updated_at=sent.now
        )
        session.add(other)
        session.flush()
        other_id = other.id
    assert staff.get(f"/admin/issues/{other_id}/resolve/{number}").status_code == 404
    assert staff.post(f"/admin/issues/{other_id}/resolve/{number}", evidence="x").status_code == 404
    assert sent.row(number).state == "uncertain"


def test_a_copy_is_sent_once(sent: Sent) -> None:
    assert "A copy goes to press@paper.example." in act(sent, "copy", address="press@paper.example", language="en")[0]
    assert "asked for a moment ago" in act(sent, "copy", address="press@paper.example", language="en")[0]
    assert sent.states("notice") == {"queued": 1}


def test_where_no_mail_can_leave_nothing_is_repeated(sqlite_house: House) -> None:
    sent = Sent(sqlite_house)
    sent.failed(0)
    assert "No mail server is set up" in act(sent, "retry", **{"class": "no_such_mailbox"})[0]
    assert sent.issue().state == "sent"


def test_the_page_asks_a_constant_number_of_questions(sqlite_house: House) -> None:
    asked: list[str] = []
    event.listen(sqlite_house.database.engine, "before_cursor_execute", lambda *facts: asked.append(str(facts[2])))
    counts = []
    for people in (6, 60):
        with sqlite_house.database.transaction() as session:
            session.execute(delete(Delivery))
        sent = Sent(with_relay(sqlite_house), people=people, slug=f"of-{people}")
        for place in range(people // 2):
            sent.failed(place, 550, "5.1.1", "different".ljust(place + 9, "x"))
        sent.uncertain(people - 1)
        staff, _ = somebody(sqlite_house)
        asked.clear()
        staff.get(f"/admin/issues/{sent.issue_id}")
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 45


def test_a_worker_session_that_lives_keeps_its_letters(sent: Sent) -> None:
    number = sent.uncertain(0)
    text, _ = act(sent, "resend", delivery=number)
    assert "still runs, and its answer may still come" in text
    with sent.house.database.reading() as session:
        assert session.scalars(select(WorkerSession.ended_at)).all() == [None]
