"""Return paths: a bounce finds its delivery, whatever the mail servers on its way did to the address."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom import return_paths
from newsroom.keys import KeyRing, Secret

OLD, NEW = Secret(1, b"1" * 32), Secret(2, b"2" * 32)
KEYS = KeyRing((OLD,))
IDS = st.integers(0, 2**64 - 1)


def local_part(delivery_id: int, keys: KeyRing = KEYS) -> str:
    return return_paths.make(keys, delivery_id, "cities.example.org").rpartition("@")[0]


@given(IDS)
def test_a_return_path_leads_back_to_its_delivery(delivery_id: int) -> None:
    assert return_paths.read(KEYS, local_part(delivery_id)) == delivery_id


def test_the_first_hundred_thousand_lead_back_and_are_all_different() -> None:
    paths = {local_part(number): number for number in range(100_000)}
    assert len(paths) == 100_000
    assert all(return_paths.read(KEYS, path) == number for path, number in paths.items())


@given(IDS, st.randoms(use_true_random=False))
def test_case_may_be_folded_and_an_extension_added(delivery_id: int, random: object) -> None:
    path = local_part(delivery_id)
    mixed = "".join(getattr(random, "choice")((c.upper(), c)) for c in path)  # noqa: B009
    for changed in (path.upper(), mixed, f"{path}+bounce", f"{mixed}+"):
        assert return_paths.read(KEYS, changed) == delivery_id
    assert path.partition("+")[0] == path


@given(IDS)
def test_a_local_part_is_short_lower_case_and_needs_no_quotes(delivery_id: int) -> None:
    path = local_part(delivery_id)
    assert len(path) <= 64
    assert re.fullmatch("[a-z0-9-]+", path)


@given(IDS, st.integers(8, 45), st.sampled_from("0123456789abcdefghij"))
def test_a_forged_return_path_is_nobodys(delivery_id: int, place: int, letter: str) -> None:
    path = local_part(delivery_id)
    forged = path[:place] + letter + path[place + 1 :]
    assert return_paths.read(KEYS, forged) in ({delivery_id} if forged == path else {None})


@given(st.text(max_size=70))
def test_what_is_not_ours_is_none_and_never_an_error(text: str) -> None:
    assert return_paths.read(KEYS, text) is None
    assert return_paths.read(KEYS, f"bounces-{text}") is None


@pytest.mark.parametrize("text", ["bounces-" + "a" * 48, "bounces-", "bounces-" + "a" * 47 + "g", "bounces+" + "a" * 48, "\u212a" * 56])
def test_what_only_looks_like_ours_is_none(text: str) -> None:
    assert return_paths.read(KEYS, text) is None


def test_another_installation_reads_nothing_of_it() -> None:
    assert return_paths.read(KeyRing((NEW,)), local_part(5)) is None


def test_a_newer_secret_changes_no_return_path() -> None:
    assert local_part(5, KeyRing((NEW, OLD))) == local_part(5)
    assert return_paths.read(KeyRing((NEW, OLD)), local_part(5)) == 5
