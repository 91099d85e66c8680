"""The header of a letter, read by two parsers that know nothing of how it was written."""

from email import message_from_bytes, policy
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from newsroom import headers
from newsroom.errors import CompileError
from newsroom.header_text import cleaned, encoded_words, mailbox, phrase, unstructured
from newsroom.messages import address_letter
from newsroom.public_links import PublicLinks
from tests import rfc5322
from tests.conftest import NOON
from tests.plans import KEYS, LINKS, letter, masthead, plan_of, recipient

NAMES = st.one_of(
    st.text(st.characters(exclude_categories=("Cs",)), max_size=150),
    st.text('abc ,."<>()[]:;@\\', max_size=80),
    st.sampled_from(
        ['UCLG, "the" network', "Réseau, des villes", "شبكة المدن، للجميع", "👩‍👩‍👧‍👦", "a" * 200, "Ann =?utf-8?q?x?=", "\\", '"', ","]
    ),
)
LONG_NAME = 'The Very Long and Official Name of the International Network of Cities, Regions and "Territories" for Migration'


def read(**facts: str) -> rfc5322.Message:
    return rfc5322.parse(bytes_of(**facts))


def bytes_of(kind: str = "issue", name: str = "Ada", address: str = "ada@example.com", links: PublicLinks = LINKS, **facts: str) -> bytes:
    person = recipient(name=name, address=address)
    written = address_letter(plan_of(letter(), masthead(**facts)), person, delivery_id=5, kind=kind, cut=None, links=links, now=NOON)
    return written.data


@given(NAMES)
@example(LONG_NAME)
@example('a" <evil@example.org>, "b')
def test_a_display_name_is_one_mailbox_with_that_name_for_both_parsers(name: str) -> None:
    name = " ".join(cleaned(name).split())
    data = bytes_of(from_name=name)
    message = rfc5322.parse(data)
    assert rfc5322.addresses(message.one("From")) == [(name, "news@cities.example.org")]
    (found,) = message_from_bytes(data, policy=policy.default)["from"].addresses
    assert found.addr_spec == "news@cities.example.org"
    assert "".join(found.display_name.split()) == "".join(name.split())  # CPython puts spaces between the encoded words of a phrase
    assert all(len(line) <= 78 for field in message.raw_fields for line in field.split(b"\r\n") if not line.startswith(b"List-"))


@given(NAMES)
@example("000¡¡¡¡¡¡¡¡𐀀𐀀𐀀")  # one line of 77, were it not folded before the address
def test_the_reader_is_the_only_one_in_to_whatever_the_name(name: str) -> None:
    data = bytes_of(name=name)
    ((shown, addr_spec),) = rfc5322.addresses(rfc5322.parse(data).one("To"))
    assert addr_spec == "ada@example.com"
    assert shown in ("", " ".join(name.split()))
    (found,) = message_from_bytes(data, policy=policy.default)["to"].addresses
    assert found.addr_spec == "ada@example.com"


@pytest.mark.parametrize("name", ["", "boss@example.org", "a\r\nBcc: x@example.org", "\u202eevil", "x" * 101, "a\0b"])
def test_a_name_that_is_not_safe_is_left_out_of_to(name: str) -> None:
    assert read(name=name).one("To") == b"ada@example.com"


@pytest.mark.parametrize("length", [40, 77, 78, 79, 200, 500, 900])
def test_list_unsubscribe_is_plain_and_whole_at_any_length(length: int) -> None:
    tail = len(LINKS.unsubscribe(41, 3, 5)) - len(LINKS.public_url)
    host = "https://h.io"
    url = host if length <= tail + len(host) else host + "/" + "p" * (length - tail - len(host) - 1)
    data = bytes_of(links=PublicLinks(KEYS, url), public_url=url)
    expected = PublicLinks(KEYS, url).unsubscribe(41, 3, 5)
    assert f"\r\nList-Unsubscribe: <{expected}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n".encode() in data
    assert rfc5322.parse(data).all("List-Unsubscribe") == [f"<{expected}>".encode()]
    assert len(expected) >= length


@pytest.mark.parametrize(("url", "one_click"), [
    ("https://news.example.org", True), ("http://localhost:8000", True), ("http://127.0.0.1:5000", True), ("http://[::1]:80", True),
    ("http://news.example.org", False), ("http://localhost.example.org", False), ("http://128.0.0.1", False),
])  # fmt: skip
def test_one_click_is_offered_over_https_and_to_trials_on_this_machine(url: str, one_click: bool) -> None:
    assert bool(read(public_url=url).all("List-Unsubscribe-Post")) is one_click


def test_the_header_is_in_its_order_and_each_field_stands_once() -> None:
    assert read(reply_to="desk@cities.example.org").names == [
        "Date", "From", "To", "Reply-To", "Subject", "Message-ID", "Content-Language", "List-Id", "List-Unsubscribe",
        "List-Unsubscribe-Post", "List-Help", "List-Archive", "Feedback-ID", "Precedence", "MIME-Version", "Content-Type",
    ]  # fmt: skip


def test_the_fields_say_what_they_should() -> None:
    message = read(reply_to="desk@cities.example.org", list_title="Città, la lettera", language="it")
    assert parsedate_to_datetime(message.one("Date").decode()) == NOON
    assert message.one("Reply-To") == b"desk@cities.example.org"
    assert message.one("Content-Language") == b"it"
    assert message.decoded("List-Id") == "Città, la lettera <city-letter.cities.example.org>"
    assert message.one("List-Help").startswith(b"<https://news.example.org/p/")
    assert message.one("List-Archive") == b"<https://news.example.org/archive/city-letter/>"
    assert message.one("Feedback-ID") == b"spring-2026:city-letter:issue:example-org"
    assert message.part("text/plain").text.startswith("Dear Ada,")


def test_a_list_title_with_a_comma_is_quoted_before_the_plain_name_of_the_list() -> None:
    assert read(list_title="Cities, weekly").one("List-Id") == b'"Cities, weekly" <city-letter.cities.example.org>'


@pytest.mark.parametrize("kind", ["issue", "rehearsal", "test"])
def test_a_newsletter_is_of_a_list_and_not_auto_submitted(kind: str) -> None:
    message = read(kind=kind)
    assert (message.all("Precedence"), message.all("Auto-Submitted")) == ([b"list"], [])


@pytest.mark.parametrize("kind", ["confirmation", "notice"])
def test_what_a_machine_wrote_says_so(kind: str) -> None:
    message = read(kind=kind)
    assert (message.all("Precedence"), message.all("Auto-Submitted")) == ([], [b"auto-generated"])


@pytest.mark.parametrize(
    ("domain", "sender"), [("a.io", "a-io-list"), ("x.org", "x-org"), ("news.very-long.cities.example", "cities-example")]
)
def test_the_sender_of_feedback_id_has_5_to_15_characters(domain: str, sender: str) -> None:
    assert read(from_address=f"news@{domain}").one("Feedback-ID").decode().split(":")[3] == sender
    assert 5 <= len(sender) <= 15


HARMFUL = ["\r\nBcc: x@example.org", "a\nb", "a\rb", "a\0b", "a\u202eb", "a\u202db", "a\u2028b", "a\u2029b", "a\x85b", "a\x1bb", "a\ud800b"]


@pytest.mark.parametrize("text", [f"x{text}y" for text in HARMFUL], ids=repr)
@pytest.mark.parametrize(("fact", "named"), [("from_name", "From name"), ("list_title", "list's title")])
def test_breaks_and_overrides_in_the_facts_of_a_list_are_refused_by_name(fact: str, named: str, text: str) -> None:
    with pytest.raises(CompileError, match=rf"{named} holds a line break or a hidden control character \(U\+"):
        headers.letter_head(masthead(**{fact: text}))


@pytest.mark.parametrize("text", [f"x{text}y" for text in HARMFUL], ids=repr)
def test_breaks_and_overrides_in_a_subject_are_refused(text: str) -> None:
    with pytest.raises(CompileError, match=r"the subject holds"):
        plan_of(letter(subject=text))


@pytest.mark.parametrize("field", ["from_address", "reply_to"])
@pytest.mark.parametrize("address", ["a@b.org\r\nBcc: c@d.org", "not an address", "zoë@example.org", "a@b.org, c@d.org", "<a@b.org>"])
def test_an_address_of_a_list_that_cannot_stand_in_a_header_is_refused(field: str, address: str) -> None:
    with pytest.raises(CompileError, match=r"address"):
        headers.letter_head(masthead(**{field: address}))


@pytest.mark.parametrize("url", ["https://h.io/" + "p" * 900, "https://städte.example"])
def test_a_public_address_that_no_header_can_carry_is_refused(url: str) -> None:
    with pytest.raises(CompileError, match="too long or not plain ASCII for a header; see NEWSROOM_PUBLIC_URL"):
        headers.letter_head(masthead(archive_url=f"{url}/archive/city-letter/"))


def test_marks_and_isolates_of_right_to_left_writing_are_fine() -> None:
    name = "شبكة\u200f \u2067UCLG\u2069"
    assert rfc5322.addresses(read(from_name=name).one("From"))[0][0] == name


def test_a_domain_beyond_ascii_is_written_in_ascii() -> None:
    message = read(from_address="news@münchen.example")
    assert message.one("From").endswith(b"<news@xn--mnchen-3ya.example>")
    assert message.one("Message-ID").endswith(b"@xn--mnchen-3ya.example>")


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=300).map(cleaned))
def test_encoded_words_are_whole_short_and_exact(text: str) -> None:
    words = encoded_words(text)
    assert rfc5322.decode_words("\r\n ".join(words).replace("\r\n", "")) == text
    assert all(len(word) <= 75 and word.isascii() for word in words)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=300), st.integers(0, 40))
@example("a" * 69 + "   " + "b" * 77, 9)
def test_plain_text_is_folded_without_a_change(text: str, indent: int) -> None:
    if (folded := unstructured(text, indent=indent)) is not None:
        lines = folded.split("\r\n")
        assert "".join(lines) == text
        assert len(lines[0]) + indent <= 78
        assert all(len(line) <= 78 and line.startswith(" ") and line.strip() for line in lines[1:])


def test_a_long_subject_in_plain_words_stays_readable_in_the_source() -> None:
    subject = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    assert unstructured(subject, indent=9) == subject.replace(" thirteen", "\r\n thirteen")


def test_names_are_written_in_the_plainest_way_that_holds_them() -> None:
    assert phrase("City Network") == "City Network"
    assert phrase("J. Smith") == '"J. Smith"'
    assert phrase('a "b" \\') == '"a \\"b\\" \\\\"'
    assert phrase("Zoë") == "=?utf-8?q?Zo=C3=AB?="
    assert phrase("سلمى") == "=?utf-8?b?2LPZhNmF2Yk=?="
    assert phrase("") == ""
    assert mailbox("", "a@example.org", indent=4) == "a@example.org"
