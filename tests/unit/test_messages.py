"""One person's letter: envelope, identity, and what the reader's program shows."""

import re
from datetime import timedelta

import pytest

from newsroom import return_paths
from newsroom.errors import InvalidAddress
from newsroom.keys import KeyRing, Secret
from newsroom.messages import Letter, address_letter, anonymous_letter, parts_of
from newsroom.public_links import PublicLinks
from newsroom.rendering.compiled import SpanSpec
from newsroom.rendering.plan import Plan
from tests import rfc5322
from tests.conftest import NOON
from tests.plans import (
    EMAIL,
    KEYS,
    LINKS,
    NAME,
    PREFERENCES,
    RECIPIENT,
    UNSUBSCRIBE,
    VIEW,
    html_span,
    letter,
    masthead,
    plan_of,
    recipient,
    text_span,
)

FULL = letter(
    html=html_span(0, f'<a href="{VIEW}">view</a>') + f"<p>Dear {NAME} ({EMAIL})</p>" + html_span(1, f'<a href="{UNSUBSCRIBE}">leave</a>'),
    text=text_span(0, VIEW) + f"Dear {NAME} ({EMAIL})\n" + text_span(1, f"{UNSUBSCRIBE}\n{PREFERENCES}"),
    subject=f"{NAME}, spring news", spans=(SpanSpec(personal=True), SpanSpec(personal=True)),
)  # fmt: skip
PLAN = plan_of(FULL)


def written(
    plan: Plan = PLAN, *, delivery_id: int = 5, kind: str = "issue", links: PublicLinks = LINKS, minutes: int = 0, **facts: str
) -> Letter:
    person = recipient(**facts)
    return address_letter(plan, person, delivery_id=delivery_id, kind=kind, cut=None, links=links, now=NOON + timedelta(minutes=minutes))


def test_every_attempt_is_the_same_letter_but_for_its_date() -> None:
    first, second = written(), written(minutes=90)
    assert (first.message_id, first.envelope_sender) == (second.message_id, second.envelope_sender)
    assert first.data.replace(b"12:00:00 +0000", b"13:30:00 +0000") == second.data


def test_a_newer_key_changes_neither_message_id_nor_envelope() -> None:
    rotated = PublicLinks(KeyRing((Secret(9, b"9" * 32), *KEYS.secrets)), LINKS.public_url)
    assert written(links=rotated).message_id == written().message_id
    assert written(links=rotated).envelope_sender == written().envelope_sender


def test_each_delivery_has_a_message_id_of_its_own_at_the_domain_of_the_sender() -> None:
    ids = {written(delivery_id=number).message_id for number in range(500)}
    assert len(ids) == 500
    assert all(name.endswith("@cities.example.org>") for name in ids)
    assert rfc5322.parse(written().data).one("Message-ID").decode() == written().message_id


def test_a_bounce_comes_back_to_its_delivery() -> None:
    local, _, domain = written(delivery_id=77).envelope_sender.rpartition("@")
    assert (return_paths.read(KEYS, local), domain) == (77, "cities.example.org")


def test_the_parts_say_what_the_reader_is_told() -> None:
    parts = parts_of(written(name="Zoë & co").data)
    assert parts.subject == "Zoë & co, spring news"
    assert "<p>Dear Zoë &amp; co (ada@example.com)</p>" in parts.html
    assert parts.text.startswith(f"{LINKS.view(5)}\nDear Zoë & co (ada@example.com)\n")
    assert dict(parts.headers)["To"] == "Zoë & co <ada@example.com>"


def test_parts_show_long_names_in_other_scripts_without_extra_spaces() -> None:
    name = "الشبكة العالمية للمدن والحكومات المحلية المتحدة، أمانة الهجرة"
    data = written(plan_of(FULL, masthead(from_name=name))).data
    assert dict(parts_of(data).headers)["From"] == f"{name} <news@cities.example.org>"


def test_a_test_letter_is_marked_and_its_personal_links_are_nobodys() -> None:
    parts = parts_of(written(kind="test", name="Zoë").data)
    assert parts.subject == "[Test] Zoë, spring news"
    assert LINKS.unsubscribe(0, RECIPIENT.list_id) in parts.html
    assert LINKS.preferences(0, RECIPIENT.list_id) in parts.text
    assert LINKS.unsubscribe(RECIPIENT.subscriber_id, RECIPIENT.list_id) not in parts.html
    assert dict(parts.headers)["Feedback-ID"].split(":")[2] == "test"


def test_a_colleague_who_presses_leave_in_a_rehearsed_letter_takes_no_reader_off_the_list() -> None:
    letter = written(kind="rehearsal", name="Zoë").data
    assert parts_of(letter).subject == "Zoë, spring news"
    assert LINKS.unsubscribe(0, RECIPIENT.list_id).encode() in letter.replace(b"=\r\n", b"")
    assert LINKS.unsubscribe(RECIPIENT.subscriber_id, RECIPIENT.list_id).encode() not in letter.replace(b"=\r\n", b"")


def test_an_issue_is_not_marked() -> None:
    assert parts_of(written(name="Ada").data).subject == "Ada, spring news"


def test_the_public_page_has_nobodys_name_and_no_personal_link() -> None:
    data = anonymous_letter(PLAN, links=LINKS, now=NOON)
    parts = parts_of(data)
    assert parts.text == "Dear colleague ()\n"
    assert "/u/" not in parts.html
    assert "/v/" not in parts.html
    assert b"/u/" not in data
    assert rfc5322.parse(data).one("To") == b"undisclosed-recipients:;"


def test_a_domain_beyond_ascii_is_handed_over_in_ascii() -> None:
    letter = written(address="ada@münchen.example")
    assert letter.envelope_recipient == "ada@xn--mnchen-3ya.example"
    assert rfc5322.parse(letter.data).one("To") == b"Ada <ada@xn--mnchen-3ya.example>"


def test_a_local_part_beyond_ascii_is_written_as_it_is() -> None:
    letter = written(address="用户@例子.example")
    assert letter.envelope_recipient == "用户@xn--fsqu00a.example"
    assert "\r\nTo: Ada <用户@xn--fsqu00a.example>\r\n".encode() in letter.data
    assert b"=?utf-8?" not in letter.data
    assert dict(parts_of(letter.data).headers)["To"] == "Ada <用户@xn--fsqu00a.example>"


@pytest.mark.parametrize(
    "address", ["a@b.org\r\nBcc: c@d.org", "a@b.org\n", "a b@c.org", "a@b.org, c@d.org", "a@b\0.org", "<a@b.org>", "\u202ea@b.org", "", "a"]
)
def test_an_address_that_is_none_is_refused_and_named(address: str) -> None:
    if address == "a@b.org\n":
        assert written(address=address).envelope_recipient == "a@b.org"
        return
    with pytest.raises(InvalidAddress, match="recipient"):
        written(address=address)


def test_the_letters_of_a_thousand_people_hold_nothing_of_each_other() -> None:
    people = [RECIPIENT._replace(subscriber_id=n, address=f"p{n:04}@example.com", name=f"Person{n:04}") for n in range(1, 1001)]
    for person in people:
        data = address_letter(PLAN, person, delivery_id=person.subscriber_id, kind="issue", cut=None, links=LINKS, now=NOON).data
        number = person.address[1:5].encode()
        assert set(re.findall(rb"(?:Person|\bp)(\d{4})(?=[,@)\r])", data)) == {number}
