"""The key ring: secrets with ids, rotatable, kept in the data folder or given by NEWSROOM_SECRET_KEY.

Each purpose gets a key of its own, derived by HKDF (RFC 5869). The newest secret signs; every secret still reads.
The oldest one is the root of what must never change: suppression hashes, Message-IDs and return paths.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from newsroom.errors import ConfigurationError
from newsroom.files import draft_beside, sync_folder, write_durably

SECRET_BYTES = 32
#: A ring is made before anything else: beside one of these it was there once.
SIGNS_OF_USE = ("installation.json", "newsroom.db")


@dataclass(frozen=True)
class Secret:
    id: int
    value: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRing:
    """Secrets, newest first; ids are 1 to 255."""

    secrets: tuple[Secret, ...]

    @property
    def newest(self) -> Secret:
        return self.secrets[0]

    @property
    def marks(self) -> tuple[str, ...]:
        """By which each secret is known again, newest first, without telling it; backups of every version hold them."""
        return tuple(hashlib.sha256(b"newsroom backup " + secret.value).hexdigest()[:16] for secret in self.secrets)

    def lasting(self, purpose: str, length: int = 32) -> bytes:
        """The key of a purpose that outlives every rotation."""
        return _derive(self.secrets[-1].value, purpose, length)

    def signing(self, purpose: str, length: int = 32) -> tuple[int, bytes]:
        """The id of the newest secret, and its key for this purpose."""
        return self.newest.id, _derive(self.newest.value, purpose, length)

    def reading(self, key_id: int, purpose: str, length: int = 32) -> bytes | None:
        """The key that a token with this id was signed with, or None when that secret has left the ring."""
        for secret in self.secrets:
            if secret.id == key_id:
                return _derive(secret.value, purpose, length)
        return None


@lru_cache(maxsize=256)
def _derive(secret: bytes, purpose: str, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"newsroom {purpose}".encode()).derive(secret)


def open_key_ring(data_dir: Path, configured: str = "") -> KeyRing:
    """The ring of this installation: the configured one, else the one in the data folder, made on first use."""
    return parse_key_ring(configured) if configured else _ring_in(data_dir / "keys.json")


def parse_key_ring(configured: str) -> KeyRing:
    """Read NEWSROOM_SECRET_KEY: one secret of at least 32 characters, or several, newest first, parted by commas."""
    words = [word.strip() for word in configured.split(",")]
    if any(len(word) < SECRET_BYTES for word in words):
        raise ConfigurationError(
            "NEWSROOM_SECRET_KEY needs at least 32 characters per secret; "
            "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    # An id is a fingerprint of its secret, so that adding a newer secret in front does not rename the older ones.
    ring = tuple(Secret(hashlib.sha256(word.encode()).digest()[0] or 1, word.encode()) for word in words)
    if len({secret.id for secret in ring}) < len(ring):
        raise ConfigurationError("NEWSROOM_SECRET_KEY holds two secrets with the same fingerprint; replace the newest one")
    return KeyRing(ring)


def _ring_in(path: Path) -> KeyRing:
    # Looked at first: of two first starts the other one may make ring and database meanwhile.
    used = any((path.parent / name).exists() for name in SIGNS_OF_USE)
    if not path.exists():
        if used:
            raise ConfigurationError(
                f"The key ring {path} is missing, and this installation signed with one: put keys.json back from a backup, or set "
                "NEWSROOM_SECRET_KEY to what it was. If it is lost, set a new one: `newsroom adopt` then says what that means."
            )
        _write_ring(path, KeyRing((Secret(1, secrets.token_bytes(SECRET_BYTES)),)))
    try:
        return _read_ring(path.read_text())
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise ConfigurationError(
            f"the key ring {path} cannot be read; restore it from a backup: tokens in mails already sent depend on it"
        ) from None


def _read_ring(text: str) -> KeyRing:
    entries = json.loads(text)["secrets"]
    ring = KeyRing(tuple(Secret(entry["id"], base64.b64decode(entry["value"], validate=True)) for entry in entries))
    if not ring.secrets or any(len(secret.value) < SECRET_BYTES for secret in ring.secrets):
        raise ValueError("a secret is missing or cut off")
    return ring


def _write_ring(path: Path, ring: KeyRing) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [{"id": secret.id, "value": base64.b64encode(secret.value).decode()} for secret in ring.secrets]
    draft = draft_beside(path)
    try:
        write_durably(draft, json.dumps({"secrets": entries}).encode(), mode=0o600)
        os.link(draft, path)  # of two processes starting at once, one ring wins and both read it
        sync_folder(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)
