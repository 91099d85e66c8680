"""DKIM signatures (RFC 6376, RSA-2048 with SHA-256 as RFC 8301 asks): the bytes that are signed are the bytes on the wire.

Header fields are canonicalised "relaxed", the body "simple": it is quoted-printable, so no line ends in white space and no relay
has a reason to touch it, and it is hashed as it stands. The whole body is signed (no l=), and a signature does not expire (no x=).
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

SIGNED = frozenset({
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"mime-version", b"list-id", b"list-unsubscribe",
    b"list-unsubscribe-post", b"list-help", b"list-archive", b"feedback-id", b"content-type", b"content-language",
    b"content-transfer-encoding",
})  # fmt: skip
#: Signed once more than they stand there: a second one added on the way breaks the signature (RFC 6376 section 5.4.2).
OVERSIGNED = (b"from",)
LINE = 76
_FOLDS_AND_RUNS = re.compile(rb"[ \t]*\r\n[ \t]+|[ \t]{2,}|\t")
_PADDING, _DIGEST = PKCS1v15(), Prehashed(SHA256())


@dataclass(frozen=True, kw_only=True)
class Signer:
    """The key that signs for one domain now."""

    domain: str
    selector: str
    key: RSAPrivateKey = field(repr=False)

    def signed(self, data: bytes, now: datetime) -> bytes:
        """The message with its DKIM-Signature in front. Lines end in CRLF, and none begins with a dot."""
        end = data.index(b"\r\n\r\n") + 2
        fields = canonical_fields(data[:end])
        names = tuple(name for name, _ in fields)
        body_hash = base64.b64encode(hashlib.sha256(canonical_body(memoryview(data)[end + 2 :])).digest())
        begin = _beginning(self.domain, self.selector, names) % (int(now.timestamp()), body_hash)
        digest = hashlib.sha256(b"\r\n".join([*(text for _, text in fields), _relaxed(begin)])).digest()
        signature = base64.b64encode(self.key.sign(digest, _PADDING, _DIGEST)).decode("ascii")
        return b"".join((begin, _folded(signature), b"\r\n", data))


def canonical_fields(header: bytes) -> list[tuple[bytes, bytes]]:
    """The fields that are signed, in their order: the name in small letters, and the whole field relaxed (section 3.4.2), without CRLF."""
    fields = []
    for line in _FOLDS_AND_RUNS.sub(b" ", header).split(b"\r\n"):
        name, _, value = line.partition(b":")
        if (small := name.rstrip().lower()) in SIGNED:
            fields.append((small, b"%s:%s" % (small, value.strip(b" "))))
    return fields


def canonical_body(body: memoryview) -> bytes | memoryview:
    """Simple (section 3.4.3): as it is, with exactly one line break at its end."""
    tail = bytes(body[-4:])
    if tail.endswith(b"\r\n") and tail != b"\r\n\r\n" and len(body) > 2:
        return body
    text = bytes(body)
    while text.endswith(b"\r\n"):
        text = text[:-2]
    return text + b"\r\n"


@lru_cache(maxsize=256)
def _beginning(domain: str, selector: str, names: Sequence[bytes]) -> bytes:
    """The signature's field up to its empty b=, with places for the time and the body's hash."""
    listed = [*names, *OVERSIGNED]
    lines, current = [], "h="
    for place, name in enumerate(listed):
        word = name.decode("ascii") + (":" if place < len(listed) - 1 else ";")
        if len(current) + len(word) > LINE - 1:
            lines.append(current)
            current = ""
        current += word
    facts = f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/simple; d={domain};", f"s={selector}; t=%d;", *lines, current, "bh=%s;", "b="
    return "\r\n ".join(facts).encode("ascii")


def _relaxed(beginning: bytes) -> bytes:
    """Our own field, as a verifier sees it once it has emptied b=."""
    return b"dkim-signature:" + _FOLDS_AND_RUNS.sub(b" ", beginning).removeprefix(b"DKIM-Signature: ")


def _folded(signature: str) -> bytes:
    first = LINE - len(" b=")
    rest = [signature[at : at + LINE - 1] for at in range(first, len(signature), LINE - 1)]
    return "\r\n ".join([signature[:first], *rest]).encode("ascii")
