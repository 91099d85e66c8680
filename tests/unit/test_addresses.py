"""Addresses: taken as people write them, known again, hidden from forwarded letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.addresses import address_hash, masked, parse_address
from newsroom.errors import InvalidAddress
from newsroom.keys import KeyRing, Secret

OLD, NEW = Secret(1, b"1" * 32), Secret(2, b"2" * 32)


@pytest.mark.parametrize(("given_as", "addr_spec", "domain", "key"), [
    ("Ada@Example.COM", "Ada@example.com", "example.com", "ada@example.com"),
    ("  ada@example.com ", "ada@example.com", "example.com", "ada@example.com"),
    ("ada+news@example.com", "ada+news@example.com", "example.com", "ada+news@example.com"),
    ("a.d.a@example.com", "a.d.a@example.com", "example.com", "a.d.a@example.com"),
    ("ada@münchen.example", "ada@münchen.example", "xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
    ("ada@xn--mnchen-3ya.example", "ada@münchen.example", "xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
    ("用户@例子.example", "用户@例子.example", "xn--fsqu00a.example", "用户@xn--fsqu00a.example"),
    ("o'brien@example.com", "o'brien@example.com", "example.com", "o'brien@example.com"),
])  # fmt: skip
def test_an_address_is_kept_as_written_and_known_by_its_key(given_as: str, addr_spec: str, domain: str, key: str) -> None:
    address = parse_address(given_as)
    assert (address.addr_spec, address.domain, address.key) == (addr_spec, domain, key)


def test_both_spellings_of_a_domain_are_one_mailbox() -> None:
    assert parse_address("ada@münchen.example").key == parse_address("ADA@XN--MNCHEN-3YA.example").key


@pytest.mark.parametrize("text", [
    "", "ada", "ada@", "@example.com", "a b@example.com", "ada@exa mple.com", "ada@@example.com", "ada@example..com", ".ada@example.com",
    "a" * 65 + "@example.com", "ada@" + "a" * 64 + ".com", "Ada <ada@example.com>", "ada@example.com, b@example.com", '"a b"@example.com',
])  # fmt: skip
def test_what_is_no_address_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InvalidAddress, match=r"^row 3: "):
        parse_address(text, place="row 3")


@pytest.mark.parametrize("character", ["\r", "\n", "\0", "\x1b", "\x7f", "\u2028", "\u2029", "\u202e", "\u2066"], ids=repr)
def test_a_line_break_or_override_inside_is_told_as_such(character: str) -> None:
    with pytest.raises(InvalidAddress, match="holds a line break or control character"):
        parse_address(f"ada{character}@example.com")


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except InvalidAddress:
        return
    assert parse_address(address.addr_spec) == address


def test_a_hash_outlives_a_rotation_and_is_useless_elsewhere() -> None:
    assert address_hash(KeyRing((NEW, OLD)), "ada@example.com") == address_hash(KeyRing((OLD,)), "ada@example.com")
    assert address_hash(KeyRing((NEW,)), "ada@example.com") != address_hash(KeyRing((OLD,)), "ada@example.com")
    assert len(address_hash(KeyRing((OLD,)), "ada@example.com")) == 64


@pytest.mark.parametrize(
    ("addr_spec", "shown"), [("maria@example.org", "m•••@e•••.org"), ("m@localhost", "m•••@l•••"), ("x@a.b.org", "x•••@a•••.org")]
)
def test_a_masked_address_shows_only_first_letters(addr_spec: str, shown: str) -> None:
    assert masked(addr_spec) == shown
