"""When an issue may leave this installation."""

import pytest

from newsroom.errors import Refused
from newsroom.sendqueue.way_out import refuse_without_way_out
from newsroom.settings import load_settings

FAR = "smtp://user:secret@mail.example.org:587"


def test_where_mail_is_only_captured_an_issue_is_rehearsed() -> None:
    with pytest.raises(Refused, match="Rehearse the issue instead"):
        refuse_without_way_out(load_settings({}))


def test_readers_elsewhere_need_https_to_unsubscribe_in_one_click() -> None:
    with pytest.raises(Refused, match=r"NEWSROOM_PUBLIC_URL is http://news\.example\.org"):
        refuse_without_way_out(load_settings({}, transport_url=FAR, public_url="http://news.example.org"))


@pytest.mark.parametrize("relay", [FAR, "memory:"])
def test_with_https_an_issue_may_go_out(relay: str) -> None:
    refuse_without_way_out(load_settings({}, transport_url=relay, public_url="https://news.example.org"))


@pytest.mark.parametrize("relay", ["smtp://127.0.0.1:25", "smtp://localhost:1025", "smtp://[::1]:25"])
def test_a_relay_on_this_machine_is_a_trial_and_needs_no_https(relay: str) -> None:
    refuse_without_way_out(load_settings({}, transport_url=relay, public_url="http://localhost:8000"))


def test_the_refusal_never_quotes_the_password() -> None:
    with pytest.raises(Refused) as refusal:
        refuse_without_way_out(load_settings({}, transport_url=FAR, public_url="http://news.example.org"))
    assert "secret" not in str(refusal.value)
