"""Letters made some in a row: one that is made right behind another takes less of the processor than one made between two waits
(docs/decisions/0107-letters-are-made-some-in-a-row.md).
"""

import contextlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import islice

from newsroom.sendqueue.ledger import Claim
from newsroom.sendqueue.letters import LetterMaker
from newsroom.sendqueue.transports.base import Envelope

MOST = 32
MOST_BYTES = 4_000_000
FRESH_FOR = timedelta(seconds=1)


class LettersAhead:
    """With a claim's letter, those of the claims that are taken next. Used by the carriers of one relay, on one thread."""

    def __init__(self, letters: LetterMaker, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> None:
        """`most`: how many letters a row has at the utmost; it ends with the letter that goes beyond `most_bytes`."""
        self._letters, self._most, self._most_bytes = letters, most, most_bytes
        self._made: dict[int, tuple[Claim, Envelope]] = {}
        self._made_at = datetime.min.replace(tzinfo=UTC)
        self._row = most

    def make(self, claim: Claim, following: Collection[Claim], *, now: datetime) -> Envelope:
        """The letter as LetterMaker makes it, dated within the last second; so are its errors, which are about this claim alone."""
        known = self._made.pop(claim.delivery_id, None)
        # A delivery that came back and was claimed anew has a claim of its own, and so a letter of its own.
        if known is not None and known[0] is claim and timedelta(0) <= now - self._made_at < FRESH_FOR:
            return known[1]
        envelope = self._letters.make(claim, now=now)
        if following:
            # Of what a slow server is given, little is made in vain; of what a fast one is, whole rows soon.
            self._row = 1 if known is not None or self._made else min(self._most, self._row * 2)
            self._make_ahead(following, now)
        return envelope

    def _make_ahead(self, following: Collection[Claim], now: datetime) -> None:
        """Up to the first that cannot be made: it is told of when its turn comes."""
        self._made, self._made_at, size = {}, now, 0
        with contextlib.suppress(Exception):  # whatever it is, it belongs to that claim
            for claim in islice(following, self._row):
                envelope = self._letters.make(claim, now=now)
                self._made[claim.delivery_id] = claim, envelope
                size += len(envelope.data)
                if size > self._most_bytes:
                    return
