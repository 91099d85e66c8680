"""T5 to T10: the mail server, and what stands between, at their worst."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import update

from admin.public import create_public_app
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.issues import OPERATOR, Issue, resume
from tests.chaos.faults import Rule
from tests.chaos.lab import Lab
from tests.chaos.trials.road import Figures, attempts, finish, letters, longest_line, rows, sound, start, through

LINK_TO_LEAVE = re.compile(rb"(?m)^List-Unsubscribe: <https://[^/]+(/u/[^>]+)>")


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How much, at which odds, and how long the slow ones take."""

    people: int
    share: float = 0.01
    slowest: float = 20.0
    workers: int = 2
    limit: float = 120
    patient: bool = False


def replies_lost(lab: Lab, size: Wire) -> Figures:
    """T5: the line breaks between the dot and the 250; half of the letters were stored, half were not."""
    lab.play(
        Rule(phase="dot", drop=True, stored=True, share=size.share / 2),
        Rule(phase="dot", drop=True, stored=False, share=size.share / 2),
    )
    account = through(lab, size.people, workers=size.workers, limit=size.limit)
    unanswered = {event["recipient"]: event["kept"] for event in letters(lab) if not event["answer"]}
    assert set(account.uncertain) == set(unanswered), "uncertain are exactly those whose dot was not answered"
    assert set(unanswered.values()) == {True, False}, "the lot fell on both kinds"
    arrived = {address for address, kept in unanswered.items() if kept}
    _links_are_used(lab, arrived)
    assert {row.address for row in rows(lab) if row.state == "uncertain"} == set(unanswered) - arrived, "evidence settles what arrived"
    sound(lab)
    return account.figures | {"unanswered": len(unanswered), "settled_by_evidence": len(arrived)}


def _links_are_used(lab: Lab, arrived: Collection[str]) -> None:
    """An hour later these people open the link to leave that stands in their letter, and do not leave."""
    with lab.house.database.transaction() as session:
        uncertain = (Delivery.issue_id.in_(lab.issues), Delivery.state == "uncertain")
        session.execute(update(Delivery).where(*uncertain).values(marked_at=utc_now() - timedelta(hours=1)))
    client = create_public_app(lab.house).test_client()
    for letter in lab.witness.letters():
        if letter["recipient"] in arrived:
            link = LINK_TO_LEAVE.search(lab.witness.bytes_of(letter))
            assert link is not None
            assert client.get(link[1].decode()).status_code == 200


def broken_before_the_dot(lab: Lab, size: Wire) -> Figures:
    """T6: the line breaks in mid-body, after DATA, after RCPT, at the greeting."""
    lab.play(
        *(Rule(phase=phase, drop=True, share=size.share) for phase in ("body", "DATA", "RCPT")), Rule(phase="connect", drop=True, every=20)
    )
    account = through(lab, size.people, workers=size.workers, limit=size.limit)
    assert account.uncertain == [], "before the dot nothing is in doubt"
    assert account.states == {"accepted": size.people}
    return account.figures | {"deferrals": attempts(lab).total() - size.people}


def slow_replies(lab: Lab, size: Wire) -> Figures:
    """T7: the 250 takes its time, up to nine minutes; we wait."""
    lab.play(Rule(phase="dot", wait_up_to=size.slowest, share=size.share))
    account = through(lab, size.people, workers=size.workers, limit=size.limit)
    assert account.uncertain == []
    assert account.states == {"accepted": size.people}
    return account.figures | {"slowest_reply_s": size.slowest}


def put_off(lab: Lab, size: Wire) -> Figures:
    """T8: refusals for the time being on three domains, and a server that closes every so often; the other domains go on."""
    lab.play(
        Rule(phase="RCPT", domain="city0.example", visits=1, say="450 4.7.1 greylisted, come back in five minutes"),
        Rule(phase="RCPT", domain="city1.example", visits=1, share=0.1, say="451 4.3.0 try again later"),
        Rule(phase="DATA", domain="city1.example", visits=1, share=0.05, say="451 4.3.5 busy"),
        Rule(phase="RCPT", domain="city2.example", visits=1, share=0.1, say="452 4.2.2 mailbox full"),
        Rule(phase="MAIL", every=500, say="421 4.7.0 too many letters on this line"),
    )
    account = through(lab, size.people, workers=size.workers, limit=size.limit)
    assert account.uncertain == []
    assert account.states == {"accepted": size.people}
    tries = attempts(lab)
    refused = {event["recipient"] for event in lab.witness.events() if event["event"] == "refused" and event["phase"] in ("RCPT", "DATA")}
    others = [address for address, number in tries.items() if number > 1 and not address.endswith(("city0.example", *SORE))]
    assert max(tries.values()) <= 3
    assert others == [], "a domain that refused nothing was made to wait for others"
    return account.figures | {"refused_once": len(refused), "most_tries": max(tries.values())}


SORE = ("city1.example", "city2.example")


def refused_for_good(lab: Lab, size: Wire) -> Figures:
    """T9a: 5yz by phase: exactly the refused people fail, with the server's own words."""
    lab.play(
        Rule(phase="RCPT", share=0.02, say="550 5.1.1 no such user"),
        Rule(phase="DATA", share=0.01, say="554 5.7.1 not from you"),
        Rule(phase="dot", share=0.01, say="552 5.3.4 too large"),
    )
    account = through(lab, size.people, workers=size.workers, limit=size.limit)
    events = list(lab.witness.events())
    refused = {event["recipient"] for event in events if event["event"] == "refused"}
    refused |= {event["recipient"] for event in events if event["event"] == "letter" and event["answer"].startswith("5")}
    failed = {row.address: (row.reply_code, row.enhanced_status) for row in rows(lab) if row.state == "failed"}
    assert set(failed) == refused
    assert set(failed.values()) == {(550, "5.1.1"), (554, "5.7.1"), (552, "5.3.4")}
    return account.figures | {"failed": len(failed)}


def log_in_refused(lab: Lab, size: Wire) -> Figures:
    """T9b: the log-in fails from some letter on: nobody is marked, the issue halts, and goes on once it is repaired."""
    lab.play(
        Rule(phase="AUTH", after=size.people // 4, say="535 5.7.8 wrong user or password"),
        Rule(phase="MAIL", after=size.people // 4, say="530 5.7.0 log in first"),
    )
    lab.issue(size.people)
    start(lab, workers=size.workers)
    lab.wait_until("paused", size.limit)
    lab.wait(lambda: lab.count("claimed", "handed_over") == 0, 60)
    refusals = sum(event["event"] == "refused" for event in lab.witness.events())
    halted, notice = lab.count("failed", "deferred"), lab.notices()[0]
    assert halted == 0, "somebody was marked for the fault of the log-in"
    assert refusals <= 20, f"{refusals} refused tries before the halt"
    assert "530" in notice or "535" in notice, notice
    lab.play()
    with lab.house.database.transaction() as session:
        resume(session, session.get_one(Issue, lab.issues[0]), by=OPERATOR, now=utc_now())
    lab.ring()
    finish(lab, limit=size.limit)
    account = sound(lab)
    assert account.states == {"accepted": size.people}
    return account.figures | {"refused_tries": refusals}


def lines_that_hang(lab: Lab, size: Wire) -> Figures:
    """T10: a banner that never comes, a reply a byte at a time, a line gone silent; the others go on.

    The patient run waits for the deadlines themselves; the short one stops the worker, which owes those letters nothing.
    """
    lab.play(
        Rule(phase="connect", every=4, until=size.people // 2, hang=True),
        Rule(phase="RCPT", share=0.002, visits=1, drip=10.0, say="250 2.1.5 Ok, but slowly"),
        Rule(phase="DATA", share=0.002, visits=1, hang=True),
    )
    lab.issue(size.people)
    start(lab, workers=size.workers)
    stuck = lab.wait(lambda: lab.count("queued") == 0 and lab.count("accepted") >= size.people * 0.95, size.limit)
    lab.play()
    if not size.patient:
        ended = lab.crew.stop()
        assert ended == [0] * len(ended)
        start(lab, workers=size.workers)
    finish(lab, limit=size.limit)
    account = sound(lab)
    assert account.uncertain == []
    assert account.states == {"accepted": size.people}
    return account.figures | {"others_done_s": round(stuck, 1), "longest_line_s": round(longest_line(lab), 1)}
