"""Who signs what leaves: the domains' keys at hand, looked up while claiming, so that making a letter asks the database nothing."""

import time
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from newsroom.dkim import Signer
from newsroom.dkim_keys import load_signers
from newsroom.keys import KeyRing

LOOK_EVERY = 10.0


class Signers:
    """A key activated or removed counts within ten seconds."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._signers: Mapping[str, Signer] = {}
        self._looked_at = float("-inf")

    def learn(self, connection: Connection) -> None:
        """ConfigurationError where a key cannot be read: then nothing is claimed, rather than sent unsigned."""
        if time.monotonic() - self._looked_at > LOOK_EVERY:
            self._signers = load_signers(connection, self._keys)
            self._looked_at = time.monotonic()

    def signed(self, data: bytes, domain: str, now: datetime) -> bytes:
        """As it leaves: with the signature of its domain, where that has a key at work."""
        signer = self._signers.get(domain.lower())
        return signer.signed(data, now) if signer else data
