"""Letters to the staff: sent by the one sender, first in line, and forgotten when they are gone."""

import quopri
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from newsroom import staff_letters
from newsroom.clock import utc_now
from newsroom.deliveries import Delivery
from newsroom.house import House
from newsroom.mailing_lists import MailingList
from newsroom.messages import parts_of
from newsroom.renditions import Rendition
from newsroom.sendqueue.pace import Pace
from newsroom.sendqueue.sender import Sender
from newsroom.sendqueue.transports.memory import MemoryTransport
from newsroom.staff_letter_html import HOUSE_ACCENT, staff_html
from newsroom.staff_letters import MastheadFacts, masthead_of
from tests.factories import a_list, a_subscriber, an_issue
from tests.sending import eventually
from tests.staff import somebody

SENDER = MastheadFacts(from_name="City Network", from_address="news@cities.example.org", reply_to="desk@cities.example.org")
LINK = "https://news.example.org/admin/guest/a-secret-that-opens-a-door"


def write(house: House, to: str = "amina@example.org", *, subject: str = "Please look at this", **facts: object) -> int:
    wanted = {"language": "en", "paragraphs": ("Dear Amina,", "An issue waits for you."), "button": ("Open it", LINK), "now": utc_now()}
    with house.database.transaction() as session:
        return staff_letters.post(session, to=to, name="Amina Haddad", subject=subject, sender=SENDER, **{**wanted, **facts})


def states(house: House) -> dict[int, str]:
    with house.database.reading() as session:
        return dict(session.execute(select(Delivery.id, Delivery.state)).all())


def kept_bytes(house: House) -> int:
    with house.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Rendition)) or 0


def test_the_sender_sends_it_and_its_bytes_are_forgotten(house: House) -> None:
    first = write(house)
    transport = MemoryTransport()
    sender = Sender(house, transport=transport, pace=Pace(stop_grace=5))
    sender.start()
    try:
        eventually(lambda: states(house)[first] == "accepted")
    finally:
        sender.stop()
    letter = parts_of(transport.kept[0].data)
    assert (letter.subject, letter.header("Auto-Submitted")) == ("Please look at this", "auto-generated")
    assert letter.header("To") == "Amina Haddad <amina@example.org>"
    assert letter.header("From") == "City Network <news@cities.example.org>"
    assert not [name for name, _ in letter.headers if name.lower().startswith(("list-", "precedence"))]
    assert LINK in letter.text
    assert f'href="{LINK}"' in letter.html
    assert kept_bytes(house) == 1
    write(house)
    assert kept_bytes(house) == 1, "the letter that was sent leaves no bytes behind; the new one has its own"


def test_what_is_due_later_keeps_its_bytes_and_can_be_taken_back(house: House) -> None:
    later = write(house, due_at=utc_now() + timedelta(days=2))
    write(house)
    assert kept_bytes(house) == 2
    with house.database.transaction() as session:
        assert staff_letters.withdraw(session, [later], now=utc_now()) == 1
        assert staff_letters.forget_closed(session) == 1
    assert states(house)[later] == "cancelled"


def test_only_staff_letters_can_be_taken_back_this_way(house: House) -> None:
    with house.database.transaction() as session:
        mailing_list = a_list(session)
        reader = a_subscriber(session, house, mailing_list)
        issue = an_issue(session, mailing_list)
        copy = Delivery(
            kind="notice", issue_id=issue.id, subscriber_id=reader.id, address=reader.address, domain="example.org", language="en",
            state="queued", due_at=utc_now(), created_at=utc_now(),
        )  # fmt: skip
        session.add(copy)
        session.flush()
        assert staff_letters.withdraw(session, [copy.id], now=utc_now()) == 0


def test_an_arabic_letter_runs_from_right_to_left(house: House) -> None:
    write(house, language="ar", subject="عدد الصيف ينتظرك", paragraphs=("مرحبا أمينة،",), button=None)
    with house.database.reading() as session:
        plan = session.scalars(select(Rendition.plan)).one()
    assert b'dir=3D"rtl"' in plan


@pytest.mark.parametrize(("own", "worn"), [("#7a1f5c", "#7a1f5c"), ("", HOUSE_ACCENT)])
def test_the_button_wears_the_colour_of_the_list_that_writes(own: str, worn: str) -> None:
    cities = MailingList(title="Cities", languages=["en"], from_name="City Network", from_address="news@cities.example.org", accent=own)
    sender = masthead_of(cities, "en")
    html = staff_html(
        language="en", subject="Come in", paragraphs=(), button=("Open it", LINK), sender=sender.from_name, accent=sender.accent
    )
    assert f"background-color: {worn}" in html


@pytest.mark.parametrize("subject", ["Two\r\nBcc: everybody@example.org", "A\u202ecipher"])
def test_a_subject_cannot_break_out_of_its_header(sqlite_house: House, subject: str) -> None:
    write(sqlite_house, subject=subject)
    with sqlite_house.database.reading() as session:
        kept = session.scalars(select(Rendition.subject)).one()
    assert "\n" not in kept
    assert "\u202e" not in kept


def test_captured_letters_to_the_staff_are_for_whoever_manages_people(sqlite_house: House) -> None:
    number = write(sqlite_house)
    sender = Sender(sqlite_house, pace=Pace(stop_grace=5))
    sender.start()
    try:
        eventually(lambda: states(sqlite_house)[number] == "accepted")
    finally:
        sender.stop()
    publisher, _ = somebody(sqlite_house, "publisher")
    assert "amina@example.org" not in publisher.get("/admin/outbox").text
    for path in ("", "/letter", "/text", "/source"):
        assert publisher.get(f"/admin/outbox/{number}{path}").status_code == 404
    manager, _ = somebody(sqlite_house, "administrator")
    listed = manager.get("/admin/outbox").text.partition("reader-list")[2].partition("</ol>")[0]
    assert "Please look at this" in listed


def test_a_french_letter_sets_its_colons_apart(sqlite_house: House) -> None:
    write(sqlite_house, language="fr", subject="Une lettre", paragraphs=("Bonjour,",), button=("La lire", "https://news.example.org/x"))
    with sqlite_house.database.reading() as session:
        plan = session.scalars(select(Rendition.plan)).one()
    assert "La lire\N{NO-BREAK SPACE}:" in quopri.decodestring(plan).decode("utf-8", "replace")
