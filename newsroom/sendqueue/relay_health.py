"""Whether a relay is fit to be used: its refusals of ourselves, its absences, its lost replies."""

from dataclasses import dataclass

from newsroom.sendqueue.transports.base import NotSent

MOST_FAULTS = 3
MOST_LOSSES = 3
AWAY_FOR = 120.0
LONGEST_PAUSE = 15.0


@dataclass
class RelayHealth:
    """Fed by every connection; times are seconds of any steady clock. One success clears everything."""

    label: str
    away_for: float = AWAY_FOR
    _troubles: int = 0
    _faults: int = 0
    _losses: int = 0
    _loss_seen_at: float = float("-inf")
    _away_since: float | None = None
    _words: str = ""

    def served(self) -> None:
        self._troubles = self._faults = self._losses = 0
        self._away_since = None

    def told(self) -> None:
        """Staff know: count anew, and without a long pause, so that a resumed issue finds out soon."""
        self._faults = self._losses = 0
        self._troubles = min(self._troubles, 2)
        self._away_since = None

    def not_sent(self, outcome: NotSent, now: float) -> None:
        self._troubles += 1
        self._words = str(outcome.reply)
        if outcome.fault:
            self._faults += 1
        elif self._away_since is None:
            self._away_since = now

    def reply_lost(self, *, dot_at: float, now: float) -> None:
        """Lines that break together count once: only a dot written after the last known loss counts anew."""
        if dot_at >= self._loss_seen_at:
            self._losses += 1
            self._loss_seen_at = now

    def pause(self) -> float:
        """Seconds before the next try."""
        return min(LONGEST_PAUSE, 0.5 * 2 ** min(self._troubles, 10)) if self._troubles else 0.0

    def verdict(self, now: float) -> str | None:
        """Why nothing more should be given to this relay, as a sentence for staff."""
        if self._faults >= MOST_FAULTS:
            return f"The mail server {self.label} refuses Newsroom itself: {self._words}. Nobody's address was marked."
        if self._losses >= MOST_LOSSES:
            return f"The mail server {self.label} takes whole mails and does not answer; look at what stands between."
        if self._away_since is not None and now - self._away_since >= self.away_for:
            return f"The mail server {self.label} could not be used for {self.away_for:.0f} seconds: {self._words}."
        return None
