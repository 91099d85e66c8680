"""Signed, opaque tokens of one purpose each.

A token is base64url of: the key's id (one byte), then AES-SIV (RFC 5297) over the numbers, with the purpose as associated
data. AES-SIV needs no nonce, so the same numbers always give the same token: a letter rebuilt is the same letter.
"""

import base64
import binascii
import struct
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from newsroom.errors import TokenRefused
from newsroom.keys import KeyRing, Secret

PURPOSES = frozenset({"unsubscribe", "preferences", "view", "click", "open", "confirm", "event", "session", "bounce", "setup", "take_back"})


def sign(ring: KeyRing, purpose: str, *numbers: int) -> str:
    """A token for these numbers (each 0 to 2**64-1), about 40 characters for one number."""
    secret = ring.newest
    key_id, cipher, about = _sealer(secret.id, secret.value, purpose)
    return _text(key_id + cipher.encrypt(struct.pack(_FORMATS[len(numbers)], *numbers), about))


def read(ring: KeyRing, purpose: str, token: str) -> tuple[int, ...]:
    """The numbers that `sign` was given; TokenRefused for everything else."""
    try:
        raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        if _text(raw) != token:
            raise TokenRefused("this link is not complete or not ours")
        key = ring.reading(raw[0], f"token {purpose}", 64)
        if key is None:
            raise TokenRefused("this link was made with a key that is no longer in use")
        sealed = _cipher(key).decrypt(raw[1:], [_checked(purpose)])
        return struct.unpack(f">{len(sealed) // 8}Q", sealed)
    except (ValueError, IndexError, binascii.Error, InvalidTag, struct.error):
        raise TokenRefused("this link is not complete or not ours") from None


def _text(raw: bytes) -> str:
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE).rstrip(b"=").decode("ascii")


_URL_SAFE = bytes.maketrans(b"+/", b"-_")


def _checked(purpose: str) -> bytes:
    if purpose not in PURPOSES:
        raise AssertionError(f"unknown token purpose {purpose!r}")
    return purpose.encode()


# A letter needs several tokens: what is the same for all of them is looked up by one name.
_FORMATS = tuple(f">{count}Q" for count in range(9))


@lru_cache(maxsize=64)
def _sealer(secret_id: int, secret: bytes, purpose: str) -> tuple[bytes, AESSIV, list[bytes]]:
    key_id, key = KeyRing((Secret(secret_id, secret),)).signing(f"token {purpose}", 64)
    return bytes([key_id]), _cipher(key), [_checked(purpose)]


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> AESSIV:
    return AESSIV(key)
