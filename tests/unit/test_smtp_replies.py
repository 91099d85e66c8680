"""SMTP replies: read the same however the line cuts them, and refused when they are none."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Reply, Uncertain
from newsroom.sendqueue.transports.replies import ReplyReader, Unreadable, after_the_dot, refusal_at_mail, refusal_of_recipient

TALK = b"220 mail.example ready\r\n250-mail.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n550 5.1.1 no such user\r\n250 2.0.0 Ok\r\n354\r\n"


@given(st.lists(st.integers(min_value=0, max_value=len(TALK)), max_size=20))
def test_replies_are_the_same_however_they_arrive(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TALK)]
    reader = ReplyReader()
    replies = [reply for begin, end in itertools.pairwise(edges) for reply in reader.feed(TALK[begin:end])]
    assert [reply.code for reply in replies] == [220, 250, 550, 250, 354]
    assert replies[1].text == "mail.example\nPIPELINING\n8BITMIME"
    assert (replies[2].enhanced_status, replies[2].text) == ("5.1.1", "no such user")
    assert reader.is_empty


@pytest.mark.parametrize(
    "line", [b"hello\r\n", b"25 short\r\n", b"2500 long\r\n", b"250-one\r\n251 two\r\n", b"650 no\r\n", b"x" * 3000, b"\r\n", b"250_x\r\n"]
)
def test_what_is_no_reply_is_unreadable(line: bytes) -> None:
    with pytest.raises(Unreadable):
        ReplyReader().feed(line)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_reader_fail_in_another_way(data: bytes) -> None:
    try:
        for reply in ReplyReader().feed(data):
            assert 200 <= (reply.code or 0) < 600
            assert "\x00" not in reply.text
    except Unreadable:
        pass


def test_an_enhanced_status_of_another_class_is_not_believed() -> None:
    (reply,) = ReplyReader().feed(b"450 5.1.1 contradiction\r\n")
    assert reply.enhanced_status == ""


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        (250, "2.0.0", Accepted), (251, "", Accepted), (450, "4.2.0", Deferred), (421, "", Deferred), (550, "5.1.1", Failed),
        (552, "", Deferred), (552, "5.2.2", Deferred), (550, "5.2.2", Deferred), (552, "5.3.4", Failed), (552, "5.7.0", Failed),
        (354, "", Uncertain),
    ],
)  # fmt: skip
def test_the_reply_to_the_dot(code: int, status: str, meaning: type) -> None:
    assert type(after_the_dot(Reply(code=code, enhanced_status=status))) is meaning


def test_a_refusal_of_ourselves_marks_nobody() -> None:
    for refusal in (refusal_at_mail(Reply(code=550)), refusal_of_recipient(Reply(code=530)), refusal_of_recipient(Reply(code=535))):
        assert isinstance(refusal, NotSent)
        assert refusal.fault
