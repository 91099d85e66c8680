"""What is known of the links of an issue is shared by every process, asked for a start by one, and told once."""

import threading
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.house import House
from newsroom.link_asking import LinkAnswer
from newsroom.link_states import Broken, LinkState, addresses_of, claim_round, collect, keep_round, last_round, trouble_of
from tests.conftest import NOON
from tests.factories import a_list, an_issue

A, B, C = "https://www.uclg.org/a", "https://www.uclg.org/b", "https://www.iom.int/c"
GOOD, GONE = LinkAnswer(state="good"), LinkAnswer(state="unreachable", detail="answers 404 (not found)")
LOGIN, AWAY = LinkAnswer(state="login", detail="readers are sent to login.uclg.org"), LinkAnswer(state="away", detail="cannot be asked")
GONE_TOLD = Broken(url=A, state="unreachable", detail="answers 404 (not found)")
SECOND, AGAIN = timedelta(seconds=1), timedelta(minutes=2)


def _issue(house: House) -> int:
    with house.database.transaction() as session:
        return an_issue(session, a_list(session)).id


def _kept(session: Session, issue_id: int, answers: dict[str, LinkAnswer], *, at: int = 0, offline: bool = False) -> tuple[Broken, ...]:
    return keep_round(session, issue_id, answers, is_offline=offline, now=NOON + at * SECOND)


def test_what_a_round_found_is_there_for_everybody(house: House) -> None:
    number, other = _issue(house), _issue(house)
    with house.database.transaction() as session:
        _kept(session, number, {A: GONE, B: GOOD, C: LOGIN})
    with house.database.reading() as session:
        assert trouble_of(session, number, now=NOON + SECOND) == {A: ("unreachable", GONE.detail), C: ("login", LOGIN.detail)}
        assert trouble_of(session, other, now=NOON + SECOND) == {}
        tried = last_round(session, number)
        assert tried is not None
        assert (tried.ended_at, tried.asked, tried.is_offline, last_round(session, other)) == (NOON, 3, False, None)


def test_what_was_found_yesterday_is_not_held_against_a_link_today(house: House) -> None:
    number = _issue(house)
    with house.database.transaction() as session:
        _kept(session, number, {A: GONE})
        assert trouble_of(session, number, now=NOON + timedelta(hours=23)) != {}
        assert trouble_of(session, number, now=NOON + timedelta(hours=24)) == {}


def test_without_a_network_the_states_stay_as_they_were(house: House) -> None:
    number = _issue(house)
    with house.database.transaction() as session:
        _kept(session, number, {A: GONE, B: GOOD})
        assert _kept(session, number, {A: AWAY, B: AWAY}, at=9, offline=True) == ()
        assert trouble_of(session, number, now=NOON) == {A: ("unreachable", GONE.detail)}
        tried = last_round(session, number)
        assert tried is not None
        assert (tried.is_offline, tried.ended_at) == (True, NOON + 9 * SECOND)


def test_an_address_that_was_not_reached_in_time_stays_what_it_was(house: House) -> None:
    number = _issue(house)
    with house.database.transaction() as session:
        _kept(session, number, {A: GONE})
        _kept(session, number, {A: LinkAnswer(state="unasked"), B: LinkAnswer(state="unasked")}, at=9)
        states = dict(session.execute(select(LinkState.url, LinkState.state)).all())
        assert states == {A: "unreachable", B: "unasked"}


def test_a_broken_link_is_told_once_and_again_after_it_was_mended(house: House) -> None:
    number = _issue(house)
    with house.database.transaction() as session:
        assert _kept(session, number, {A: GONE, B: GOOD}, at=1) == (GONE_TOLD,)
        assert _kept(session, number, {A: GONE, B: GOOD}, at=2) == ()
        assert _kept(session, number, {A: GOOD, B: AWAY}, at=3) == (Broken(url=B, state="unreachable", detail="cannot be asked"),)
        assert _kept(session, number, {A: GONE, B: GOOD}, at=4) == (GONE_TOLD,)


def test_the_addresses_are_those_of_the_letters(house: House) -> None:
    number = _issue(house)
    with house.database.transaction() as session:
        _kept(session, number, {A: GONE, B: GOOD})
        collect(session, number, [A, C, C])
        assert addresses_of(session, number) == (A, C)
        assert trouble_of(session, number, now=NOON) == {A: ("unreachable", GONE.detail)}


def test_approval_notes_the_addresses_of_the_letters(house: House) -> None:
    links = "".join(f'<a href="{url}">one</a> ' for url in (A, C, "mailto:a@uclg.org"))
    sections = [("text", {"title": "Report", "text": f"<p>See {links}</p>"})]
    with house.database.transaction() as session:
        issue = an_issue(session, a_list(session), sections=sections, state="approved", house=house)
        assert set(addresses_of(session, issue.id)) == {A, C}


def _winners(house: House, number: int, *, minute: int, hours: int) -> int:
    """How many of six clocks are told to ask, for a start so many hours after noon."""
    won: list[bool] = []
    together = threading.Barrier(6)

    def claim() -> None:
        together.wait()
        with house.database.transaction() as session:
            now, send_at = NOON + timedelta(minutes=minute), NOON + timedelta(hours=hours)
            won.append(claim_round(session, number, send_at=send_at, again_after=AGAIN, now=now))

    threads = [threading.Thread(target=claim) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(won)


def _ended(house: House, number: int, *, minute: int, offline: bool) -> None:
    with house.database.transaction() as session:
        keep_round(session, number, {A: AWAY}, is_offline=offline, now=NOON + timedelta(minutes=minute))


def test_of_many_clocks_at_once_one_asks_for_each_start(house: House) -> None:
    number = _issue(house)
    assert _winners(house, number, minute=0, hours=1) == 1
    assert _winners(house, number, minute=1, hours=1) == 0
    assert _winners(house, number, minute=1, hours=2) == 1
    _ended(house, number, minute=2, offline=False)
    assert _winners(house, number, minute=30, hours=2) == 0


def test_a_round_whose_process_died_is_begun_again(house: House) -> None:
    number = _issue(house)
    assert _winners(house, number, minute=0, hours=1) == 1
    assert _winners(house, number, minute=2, hours=1) == 0
    assert _winners(house, number, minute=4, hours=1) == 1


def test_a_round_without_a_network_is_begun_again_a_little_later(house: House) -> None:
    number = _issue(house)
    assert _winners(house, number, minute=0, hours=1) == 1
    _ended(house, number, minute=1, offline=True)
    assert _winners(house, number, minute=2, hours=1) == 0
    assert _winners(house, number, minute=4, hours=1) == 1


def test_links_that_staff_tried_are_tried_once_more_for_the_start(house: House) -> None:
    number = _issue(house)
    _ended(house, number, minute=0, offline=False)
    assert _winners(house, number, minute=1, hours=1) == 1


def test_five_thousand_addresses_are_kept(house: House) -> None:
    number = _issue(house)
    answers = {f"https://www.uclg.org/{place}": GOOD if place else GONE for place in range(5_000)}
    with house.database.transaction() as session:
        assert len(_kept(session, number, answers)) == 1
        _kept(session, number, answers, at=5)
        assert len(addresses_of(session, number)) == 5_000
        collect(session, number, [A])
        assert addresses_of(session, number) == (A,)
