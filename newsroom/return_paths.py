"""Return paths (VERP): an envelope sender per delivery, so that a bounce tells by itself whose letter came back.

The delivery's number is sealed with AES-SIV (RFC 5297) under a key that outlives rotations, so the address is the same at
every attempt, tells outsiders nothing, and cannot be forged. It is written in hexadecimal: a relay may fold its case, and
nothing in it is lost where a "+" and what follows is stripped. 56 octets, of the 64 that RFC 5321 section 4.5.3.1.1 allows.
"""

import re
import struct
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from newsroom.keys import KeyRing

PREFIX = "bounces-"
PURPOSE = "return path"
_SEALED = re.compile(rf"{PREFIX}([0-9a-f]{{48}})(?:\+.*)?", re.DOTALL)


def make(keys: KeyRing, delivery_id: int, domain: str) -> str:
    """The envelope sender of a delivery (0 to 2**64-1) at this domain."""
    sealed = _cipher(keys.lasting(PURPOSE, 64)).encrypt(struct.pack(">Q", delivery_id), None)
    return f"{PREFIX}{sealed.hex()}@{domain}"


def read(keys: KeyRing, local_part: str) -> int | None:
    """The delivery this local part was made for, in whatever case it came back; None for everything that is not ours."""
    found = _SEALED.fullmatch(local_part.lower())
    if found is None:
        return None
    try:
        sealed = bytes.fromhex(found.group(1))
        return int(struct.unpack(">Q", _cipher(keys.lasting(PURPOSE, 64)).decrypt(sealed, None))[0])
    except (InvalidTag, struct.error):
        return None


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
