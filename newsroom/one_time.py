"""Words that open a door once: made here, kept nowhere but as their digest."""

import hashlib
import secrets


def fresh_token() -> str:
    """Fit for an address; 256 bits, so that nobody guesses one."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
