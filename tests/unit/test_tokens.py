"""Tokens: for one purpose, not to be forged, and the same for the same numbers."""

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom import tokens
from newsroom.errors import TokenRefused
from newsroom.keys import KeyRing, Secret

OLD, NEW = Secret(1, b"1" * 32), Secret(2, b"2" * 32)
RING = KeyRing((OLD,))
NUMBERS = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4)


@given(NUMBERS)
def test_a_token_gives_back_its_numbers(numbers: list[int]) -> None:
    assert tokens.read(RING, "view", tokens.sign(RING, "view", *numbers)) == tuple(numbers)


@given(NUMBERS)
def test_a_token_is_the_same_every_time_and_safe_in_an_address(numbers: list[int]) -> None:
    token = tokens.sign(RING, "view", *numbers)
    assert token == tokens.sign(RING, "view", *numbers)
    assert re.fullmatch("[A-Za-z0-9_-]+", token)


@pytest.mark.parametrize("purpose", sorted(tokens.PURPOSES - {"view"}))
def test_a_token_opens_nothing_of_another_purpose(purpose: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.read(RING, purpose, tokens.sign(RING, "view", 5))


@given(NUMBERS, st.data())
def test_no_bit_of_a_token_may_change(numbers: list[int], data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(tokens.sign(RING, "view", *numbers) + "=="))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    with pytest.raises(TokenRefused):
        tokens.read(RING, "view", base64.urlsafe_b64encode(raw).rstrip(b"=").decode())


@given(st.text(max_size=80))
def test_anything_else_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(TokenRefused, match="this link"):
        tokens.read(RING, "view", text)


@given(st.binary(max_size=60))
def test_random_bytes_are_refused_too(raw: bytes) -> None:
    with pytest.raises(TokenRefused):
        tokens.read(RING, "view", base64.urlsafe_b64encode(b"\x01" + raw).rstrip(b"=").decode())


def test_a_token_is_written_in_one_way_only() -> None:
    token = tokens.sign(RING, "view", 5)
    for other in (f"{token}=", f"{token}\n", f" {token}", f"{token[:9]} {token[9:]}", token.replace(token[-1], "!")):
        with pytest.raises(TokenRefused):
            tokens.read(RING, "view", other)


def test_old_tokens_are_read_after_a_rotation_and_new_ones_bear_the_new_key() -> None:
    ring = KeyRing((NEW, OLD))
    assert tokens.read(ring, "view", tokens.sign(RING, "view", 5)) == (5,)
    assert tokens.sign(ring, "view", 5) != tokens.sign(RING, "view", 5)


def test_a_token_whose_key_is_gone_is_told_apart_from_a_forged_one() -> None:
    with pytest.raises(TokenRefused, match="no longer in use"):
        tokens.read(KeyRing((NEW,)), "view", tokens.sign(RING, "view", 5))


def test_a_purpose_nobody_knows_is_a_fault_of_the_program() -> None:
    with pytest.raises(AssertionError, match="purpose"):
        tokens.sign(RING, "everything", 5)
