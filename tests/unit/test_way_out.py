"""When an issue may leave this installation."""

import pytest

from newsroom.errors import Refused
from newsroom.relay_urls import CAPTURE, parse_relays
from newsroom.sendqueue.way_out import refuse_to_send_by

FAR = "smtp://user:secret@mail.example.org:587"


def test_where_mail_is_only_captured_an_issue_is_rehearsed() -> None:
    with pytest.raises(Refused, match="Rehearse the issue instead"):
        refuse_to_send_by([CAPTURE], "https://news.example.org")


def test_readers_elsewhere_need_https_to_unsubscribe_in_one_click() -> None:
    with pytest.raises(Refused, match=r"NEWSROOM_PUBLIC_URL is http://news\.example\.org"):
        refuse_to_send_by(parse_relays(FAR), "http://news.example.org")


@pytest.mark.parametrize("relay", [FAR, "memory:"])
def test_with_https_an_issue_may_go_out(relay: str) -> None:
    refuse_to_send_by(parse_relays(relay), "https://news.example.org")


@pytest.mark.parametrize("relay", ["smtp://127.0.0.1:25", "smtp://localhost:1025", "smtp://[::1]:25"])
def test_a_relay_on_this_machine_is_a_trial_and_needs_no_https(relay: str) -> None:
    refuse_to_send_by(parse_relays(relay), "http://localhost:8000")


def test_of_several_relays_each_must_be_fit_for_readers_elsewhere() -> None:
    with pytest.raises(Refused, match="https"):
        refuse_to_send_by(parse_relays(f"smtp://localhost:1025 {FAR}"), "http://localhost:8000")


def test_the_refusal_never_quotes_the_password() -> None:
    with pytest.raises(Refused) as refusal:
        refuse_to_send_by(parse_relays(FAR), "http://news.example.org")
    assert "secret" not in str(refusal.value)
