"""DKIM signatures, verified by a library that is not ours (dkimpy), over whatever a letter can hold."""

import re
from datetime import datetime, timedelta
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from newsroom.dkim import Signer, canonical_body
from newsroom.dkim_keys import DkimKey, public_half
from newsroom.messages import address_letter, anonymous_letter
from newsroom.rendering.compiled import SpanSpec
from tests.conftest import NOON
from tests.plans import EMAIL, LINKS, NAME, RECIPIENT, UNSUBSCRIBE, html_span, letter, masthead, plan_of, recipient, text_span

WORDS = {
    "en": ".Dots\n..begin lines, = signs and  runs of   blanks\t",
    "fr": "L’été à la Réole, où tout va",
    "ar": "رسالة الصيف: ظلٌّ قبل الظهيرة",
}


@cache
def key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def signer() -> Signer:
    return Signer(domain="cities.example.org", selector="s1", key=key())


def verifies(data: bytes) -> bool:
    """As a receiver does it, with the record that we tell operators to publish."""
    record = DkimKey(domain="cities.example.org", selector="s1", public_key=public_half(key())).record

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        assert name.decode() == f"{record.name}."
        return "".join(record.strings).encode()

    return bool(dkim.verify(data, dnsfunc=look_up))


def made(language: str = "en", *, name: str = "Ada", cut: tuple[str, ...] | None = None, now: datetime = NOON, **changes: str) -> bytes:
    spans = (SpanSpec(topics=("water",)), SpanSpec(topics=("trees",)))
    compiled = letter(
        html=f"<p>Dear {NAME}</p>{html_span(0, WORDS[language])}{html_span(1, 'Trees')}<p>{EMAIL}</p><a href='{UNSUBSCRIBE}'>x</a>",
        text=f"Dear {NAME}\n{text_span(0, WORDS[language])}{text_span(1, '.')}{UNSUBSCRIBE}\n",
        subject=f"News for {NAME}", spans=spans, language=language,
    )  # fmt: skip
    plan = plan_of(compiled, masthead(language=language, **changes))
    return address_letter(plan, recipient(name=name), delivery_id=7, kind="issue", cut=cut, links=LINKS, now=now).data


def tags(data: bytes) -> dict[str, str]:
    field = re.match(rb"DKIM-Signature: (.*?)\r\n(?![ \t])", data, flags=re.DOTALL)
    assert field is not None
    return {tag.split("=", 1)[0].strip(): tag.split("=", 1)[1].strip() for tag in field[1].decode().split(";")}


@settings(max_examples=60, deadline=None)
@given(
    name=st.text(max_size=120),
    language=st.sampled_from(sorted(WORDS)),
    cut=st.none() | st.lists(st.sampled_from(["water", "trees", "other"]), unique=True).map(tuple),
    seconds=st.integers(0, 10**8),
)
def test_every_letter_verifies_whatever_the_name_the_language_and_the_cut(
    name: str, language: str, cut: tuple[str, ...] | None, seconds: int
) -> None:
    now = NOON - timedelta(seconds=seconds)
    assert verifies(signer().signed(made(language, name=name, cut=cut, now=now), now))


@pytest.mark.parametrize(
    "changes",
    [
        {"from_name": "A Network of Cities, Towns and Villages by Rivers, Lakes and Quiet Harbours of the North and the South"},
        {"list_title": "Lettre de la Réole et des villes voisines, de leurs rives et de leurs quais, été comme hiver"},
        {"reply_to": "hello@cities.example.org"},
        {"archive_url": f"https://news.example.org/{'a' * 800}/"},
    ],
)
def test_folded_and_long_fields_verify(changes: dict[str, str]) -> None:
    assert verifies(signer().signed(made(**changes), NOON))  # type: ignore[arg-type]


def test_the_letter_behind_the_signature_is_untouched() -> None:
    data = made()
    signed = signer().signed(data, NOON)
    assert signed.endswith(data)
    assert signed.startswith(b"DKIM-Signature: v=1; a=rsa-sha256;")


def test_no_line_of_the_signature_is_longer_than_a_line_of_mail() -> None:
    signed = signer().signed(made(reply_to="hello@cities.example.org"), NOON)
    head = signed[: -len(made(reply_to="hello@cities.example.org"))]
    assert max(len(line) for line in head.split(b"\r\n")) <= 78


def test_the_header_that_counts_is_signed_from_once_more_than_it_stands_there_and_nothing_expires() -> None:
    found = tags(signer().signed(made(reply_to="hello@cities.example.org"), NOON))
    fields = re.split(r":\s*", found["h"])
    assert fields.count("from") == 2
    assert set(fields) == {
        "from", "to", "reply-to", "subject", "date", "message-id", "mime-version", "content-type", "content-language", "list-id",
        "list-unsubscribe", "list-unsubscribe-post", "list-help", "list-archive", "feedback-id",
    }  # fmt: skip
    assert (found["a"], found["c"], found["d"], found["s"]) == ("rsa-sha256", "relaxed/simple", "cities.example.org", "s1")
    assert found["t"] == str(int(NOON.timestamp()))
    assert {"l", "x"}.isdisjoint(found)


SIGNED = signer().signed(made(), NOON)


@pytest.mark.parametrize(
    "forged",
    [
        SIGNED.replace(b"Date:", b"From: Mallory <m@evil.example>\r\nDate:", 1),
        SIGNED.replace(b"Subject: News", b"Subject: Fake", 1),
        SIGNED.replace(b"To: Ada", b"To: Eve", 1),
        SIGNED.replace(b"/u/", b"/x/", 1),
        SIGNED.replace(b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Clicks", 1),
        SIGNED.replace(b"<p>Dear", b"<p>Dire", 1),
        SIGNED + b"One more line\r\n",
        SIGNED.replace(b'boundary="=_', b'boundary="_=', 1),
    ],
    ids=["second From", "subject", "To", "unsubscribe", "one-click", "body", "appended", "boundary"],
)
def test_what_was_changed_on_the_way_no_longer_verifies(forged: bytes) -> None:
    assert forged != SIGNED
    assert not verifies(forged)


@pytest.mark.parametrize(
    "carried",
    [
        b"Received: from a by b; now\r\n" + SIGNED,
        SIGNED.replace(b"Subject: News for Ada", b"Subject:   News\r\n\tfor Ada  ", 1),
        SIGNED.replace(b"\r\nTo: ", b"\r\nTO:", 1),
        SIGNED + b"\r\n\r\n",
        SIGNED.replace(b"Precedence: list", b"Precedence: bulk", 1),
    ],
    ids=["received", "folded anew", "name in capitals", "empty lines at the end", "an unsigned field"],
)
def test_what_relays_rightly_do_keeps_the_signature_good(carried: bytes) -> None:
    assert carried != SIGNED
    assert verifies(carried)


def test_the_same_letter_at_the_same_second_gets_the_same_signature() -> None:
    assert signer().signed(made(), NOON) == SIGNED
    assert signer().signed(made(), NOON + timedelta(seconds=1)) != SIGNED


@pytest.mark.parametrize(
    ("body", "canonical"),
    [(b"", b"\r\n"), (b"\r\n", b"\r\n"), (b"a", b"a\r\n"), (b"a\r\n", b"a\r\n"), (b"a\r\n\r\n\r\n", b"a\r\n"), (b"a \r\n", b"a \r\n")],
)
def test_a_body_ends_with_exactly_one_line_break(body: bytes, canonical: bytes) -> None:
    assert bytes(canonical_body(memoryview(body))) == canonical


def test_an_address_beyond_ascii_is_signed_as_it_stands() -> None:
    person = recipient(address="zoë@example.com", name="Zoë")
    data = address_letter(plan_of(letter()), person, delivery_id=1, kind="issue", cut=None, links=LINKS, now=NOON).data
    assert "zoë@example.com".encode() in data
    assert verifies(signer().signed(data, NOON))


def test_a_letter_to_nobody_verifies_too() -> None:
    assert RECIPIENT.name.encode() not in (data := anonymous_letter(plan_of(letter()), links=LINKS, now=NOON))
    assert verifies(signer().signed(data, NOON))
