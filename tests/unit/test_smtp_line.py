"""The raw SMTP line, against servers that do not keep to the dialogue."""

import pytest

from newsroom.sendqueue.transports.smtp_line import MOST_UNREAD, LineLost, SmtpLine


def received(line: SmtpLine, data: bytes) -> None:
    """As the loop hands over what came."""
    for start in range(0, len(data), 1_000):
        piece = data[start : start + 1_000]
        line.get_buffer(-1)[: len(piece)] = piece
        line.buffer_updated(len(piece))


def test_a_server_that_talks_without_end_is_hung_up_on() -> None:
    line = SmtpLine()
    received(line, b"250 and another thing\r\n" * (MOST_UNREAD + 200))
    assert line.lost == "the mail server talks without being asked"
    with pytest.raises(LineLost):
        line.write(b"MAIL FROM:<>\r\n")


def test_answers_that_came_together_are_all_heard() -> None:
    line = SmtpLine()
    received(line, b"250 one\r\n" * 3)
    assert not line.lost
    assert line.has_unread
