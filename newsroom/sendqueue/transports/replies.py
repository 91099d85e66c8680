"""SMTP replies: read strictly from the line (RFC 5321 4.2), and what each one means for the letter."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Refusal, Reply, Uncertain

LONGEST_LINE = 2_000
MOST_LINES = 200
LONGEST_TEXT = 1_000
_LINE = re.compile(rb"([2-5][0-9][0-9])([ -]|$)(.*)", re.DOTALL)
_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?: |$)")
_CONTROL = re.compile("[\x00-\x1f\x7f]+")
# The server wants a log-in or TLS. Of syntax (500, 501, 504) it speaks to one odd address as well: who is meant shows in how many
# are told so, as with every other refusal.
OUR_OWN_CODES = frozenset({530, 534, 535, 538})
MAILBOX_FULL = "5.2.2"


class Unreadable(Exception):
    """What came over the line is no SMTP reply."""


@dataclass
class ReplyReader:
    """Collects bytes; gives whole replies, multi-line ones joined."""

    _buffer: bytearray = field(default_factory=bytearray)
    _lines: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not self._buffer and not self._lines

    def feed(self, data: bytes) -> list[Reply]:
        """The replies completed by these bytes; Unreadable when they cannot be one."""
        *lines, rest = (bytes(self._buffer) + data if self._buffer else data).split(b"\n")
        self._buffer[:] = rest
        replies = [reply for line in lines if (reply := self._take(line.removesuffix(b"\r"))) is not None]
        if len(rest) > LONGEST_LINE:
            raise Unreadable("a line without end")
        return replies

    def _take(self, line: bytes) -> Reply | None:
        code, is_last, text = _parsed(line)
        if not self._lines and is_last:
            return _reply(code, (text,))
        if len(self._lines) >= MOST_LINES:
            raise Unreadable(f"no SMTP reply: {line[:80]!r}")
        if self._lines and self._lines[0][0] != code:
            raise Unreadable(f"a reply of two codes: {line[:80]!r}")
        self._lines.append((code, text))
        if not is_last:
            return None
        lines, self._lines = tuple(text for _, text in self._lines), []
        return _reply(code, lines)


@lru_cache(maxsize=256)
def _parsed(line: bytes) -> tuple[int, bool, bytes]:
    """Its code, whether the reply ends with it, and its words."""
    matched = _LINE.match(line)
    if matched is None or len(line) > LONGEST_LINE:
        raise Unreadable(f"no SMTP reply: {line[:80]!r}")
    code, sign, text = matched.groups()
    return int(code), sign != b"-", text


@lru_cache(maxsize=256)
def _reply(code: int, lines: tuple[bytes, ...]) -> Reply:
    """Remembered: a server says the same words for most letters."""
    texts = [_CONTROL.sub(" ", line.decode("utf-8", "replace")) for line in lines]
    found = _ENHANCED.match(texts[0])
    if found is None or found[1][0] != str(code)[0]:
        return Reply(code=code, text="\n".join(texts)[:LONGEST_TEXT])
    bare = [text.removeprefix(found[1]).removeprefix(" ") for text in texts]
    return Reply(code=code, enhanced_status=found[1], text="\n".join(bare)[:LONGEST_TEXT])


def is_positive(reply: Reply) -> bool:
    return reply.code is not None and 200 <= reply.code < 300


def is_refusal(reply: Reply) -> bool:
    return reply.code is not None and reply.code >= 400


def refusal_at_mail(reply: Reply) -> Refusal:
    """MAIL speaks of us: 5yz there is our fault and marks nobody."""
    return Deferred(reply=reply) if _is_transient(reply) else NotSent(reply=reply, fault=True)


def refusal_of_recipient(reply: Reply) -> Refusal:
    """A refusal at RCPT or DATA; so is an answer that fits neither."""
    if reply.code in OUR_OWN_CODES:
        return NotSent(reply=reply, fault=True)
    return Deferred(reply=reply) if _is_transient(reply) else Failed(reply=reply)


def after_the_dot(reply: Reply) -> Outcome:
    if is_positive(reply):
        return Accepted(reply=reply)
    if _is_transient(reply):
        return Deferred(reply=reply)
    if reply.code is not None and reply.code >= 500:
        return Failed(reply=reply)
    return Uncertain(reply=reply)


def _is_transient(reply: Reply) -> bool:
    """4yz, and a full mailbox, which some servers call permanent: 552 alone or 5.2.2 (552 5.3.4 is a letter too large)."""
    if reply.code is None or 400 <= reply.code < 500:
        return True
    return reply.enhanced_status == MAILBOX_FULL or (reply.code == 552 and not reply.enhanced_status)
