"""The key ring: kept from other eyes, rotated without loss, made once."""

import json
import multiprocessing
import stat
from pathlib import Path

import pytest

from newsroom.errors import ConfigurationError
from newsroom.keys import KeyRing, Secret, open_key_ring, parse_key_ring

FIRST, SECOND, THIRD = ("a" * 32, "b" * 40, "c" * 32)


def test_the_ring_is_made_once_and_found_again(tmp_path: Path) -> None:
    assert open_key_ring(tmp_path) == open_key_ring(tmp_path)
    assert open_key_ring(tmp_path).newest != open_key_ring(tmp_path / "elsewhere").newest


def test_only_its_owner_may_read_the_ring(tmp_path: Path) -> None:
    open_key_ring(tmp_path)
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def _open(folder: Path, barrier: "multiprocessing.synchronize.Barrier", answers: "multiprocessing.Queue[bytes]") -> None:
    barrier.wait()
    answers.put(open_key_ring(folder).newest.value)


def test_processes_that_start_at_once_share_one_ring(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(4), context.Queue()
    starting = [context.Process(target=_open, args=(tmp_path, barrier, answers)) for _ in range(4)]
    for process in starting:
        process.start()
    values = {answers.get(timeout=60) for _ in starting}
    for process in starting:
        process.join()
    answers.close()
    answers.join_thread()
    assert len(values) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "null", '{"secrets": []}', '{"secrets": [{"id": 1}]}', '{"secrets": [{"id": 1, "value": "?"}]}']
)
def test_a_ring_that_cannot_be_read_stops_the_start_and_is_not_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(ConfigurationError, match=r"keys\.json cannot be read; restore it from a backup"):
        open_key_ring(tmp_path)
    assert (tmp_path / "keys.json").read_text() == content


def test_configured_secrets_win_over_the_data_folder(tmp_path: Path) -> None:
    assert open_key_ring(tmp_path, FIRST) == parse_key_ring(FIRST)
    assert not list(tmp_path.iterdir())


def test_a_newer_secret_in_front_renames_none_and_signs() -> None:
    before, after = parse_key_ring(FIRST), parse_key_ring(f"{SECOND}, {FIRST}")
    assert after.secrets[1] == before.secrets[0]
    assert after.newest.value == SECOND.encode()
    assert after.reading(before.newest.id, "token view") == before.signing("token view")[1]


def test_what_must_last_comes_from_the_oldest_secret() -> None:
    assert parse_key_ring(f"{THIRD},{SECOND},{FIRST}").lasting("suppression") == parse_key_ring(FIRST).lasting("suppression")


def test_each_purpose_has_a_key_of_its_own() -> None:
    ring = parse_key_ring(FIRST)
    assert ring.lasting("suppression") != ring.lasting("message id")
    assert len(ring.lasting("return path", 64)) == 64


def test_a_secret_that_has_left_the_ring_reads_nothing() -> None:
    gone = parse_key_ring(FIRST).newest.id
    assert parse_key_ring(SECOND).reading(gone, "token view") is None


@pytest.mark.parametrize("configured", ["short", f"{FIRST},short", f"{FIRST},"])
def test_a_short_secret_is_refused_without_being_shown(configured: str) -> None:
    with pytest.raises(ConfigurationError, match="at least 32 characters") as refusal:
        parse_key_ring(configured)
    assert "short" not in str(refusal.value)


def test_two_secrets_of_one_fingerprint_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="same fingerprint"):
        parse_key_ring(f"{FIRST},{FIRST}")


def test_a_ring_does_not_show_its_secrets(tmp_path: Path) -> None:
    ring = KeyRing((Secret(1, b"hidden-hidden-hidden-hidden-hidden"),))
    assert "hidden" not in repr(ring)
    value = json.loads((open_key_ring(tmp_path) and tmp_path / "keys.json").read_text())["secrets"][0]["value"]
    assert value not in repr(open_key_ring(tmp_path))
