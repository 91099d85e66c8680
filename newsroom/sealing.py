"""Secrets kept in the database: readable with the installation's key ring alone, and only in the place they were sealed for."""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from newsroom.errors import ConfigurationError
from newsroom.keys import KeyRing

NONCE_BYTES = 12


def seal(keys: KeyRing, purpose: str, secret: str, *, bound_to: str = "") -> str:
    """The secret as text for a column; `bound_to` must be the same when it is read (AES-GCM's associated data)."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(keys.lasting(purpose)).encrypt(nonce, secret.encode(), bound_to.encode())
    return base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(keys: KeyRing, purpose: str, sealed: str, *, bound_to: str = "") -> str:
    """What was sealed; ConfigurationError where other keys sealed it, or something else was put in its place."""
    try:
        raw = base64.urlsafe_b64decode(sealed.encode())
        return AESGCM(keys.lasting(purpose)).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode()).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise ConfigurationError("was sealed with other keys than this installation's") from None
