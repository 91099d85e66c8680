"""Whether a relay is fit to be used: its refusals of ourselves, its absences, its lost replies, its refusal of everybody.

Fed by every connection of the relay. A relay in trouble is taken out (`resting`), comes back on trial, with one letter at a
time, and is trusted again with its first success. Times are seconds of any steady clock.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from newsroom.relay_urls import ONLY
from newsroom.sendqueue.provisional import Provisional, is_provisional, released
from newsroom.sendqueue.recording import Record
from newsroom.sendqueue.transports.base import Accepted, Deferred, Failed, NotSent, Outcome, Reply

MOST_FAULTS = 3
MOST_LOSSES = 3
MOST_ABSENCES = 3
MOST_RETURNS = 6
AWAY_FOR = 120.0
QUIET = 3.0
LONGEST_PAUSE = 2.0
ONE_AT_A_TIME, NO_LIMIT = 1, 1_000_000
MOST_REMEMBERED = 1_000

Trouble = Literal["away", "faults", "losses", "refuses"]
# The first rest and the longest, in seconds. A server that is away is asked often: asking costs nobody anything. Log-ins that
# fail may lock an account; a lost reply leaves a person uncertain.
RESTS: dict[Trouble, tuple[float, float]] = {"away": (0.5, 15), "faults": (2, 300), "losses": (60, 900), "refuses": (60, 900)}


def _nothing() -> None:
    pass


@dataclass
class RelayHealth:
    """`on_change` is called whenever `most` may have changed."""

    name: str
    label: str
    away_for: float = AWAY_FOR
    quiet: float = QUIET
    #: Its name was given by somebody, and is shown even where the environment gives the same to a nameless one.
    is_named: bool = False
    on_change: Callable[[], None] = _nothing
    #: While the relay rests, what a letter in hand gets instead of being offered.
    resting: NotSent | None = None
    trouble: Trouble = "away"
    words: str = ""
    tries: int = 0
    #: Letters released because the relay refuses everybody, or us; they should go last.
    doubted: list[int] = field(default_factory=list)
    _on_trial: bool = False
    _cautious: bool = False
    _uneasy: bool = False
    _uneasy_since: float = 0.0
    _faults: int = 0
    _losses: int = 0
    _absences: int = 0
    _loss_seen_at: float = float("-inf")
    _away_since: float | None = None
    _returns: int = 0
    _probes: int = 0
    _fresh: bool = False
    _met_faults: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._provisional = Provisional()

    @property
    def most(self) -> int:
        """How many letters may be in hand at once."""
        if self.resting is not None:
            return 0
        return ONE_AT_A_TIME if self._on_trial or self._cautious else NO_LIMIT

    # ---- what the connections tell -------------------------------------------------------------------------------------

    def pass_on(self, record: Record, domain: str, now: float, began: float | None = None) -> list[Record]:
        """What may be written down now: this outcome and any held back before it; nothing while this one is held back.

        `began`: when the letter was first spoken of, if that was not just now. Replies of before and after a server's change of
        mind come mixed over many lines; a letter begun before a trouble arose does not end it.
        """
        began = now if began is None else began
        if isinstance(record.outcome, Accepted):
            confirmed = self._provisional.passed(domain, began)
            if self._uneasy and began > self._uneasy_since:
                self._served()
            return [*confirmed, record] if confirmed else [record]
        if is_provisional(record.outcome):
            return self._hold(record, domain, now, began)
        self._note(record.outcome, now, began)
        return [record]

    def _hold(self, record: Record, domain: str, now: float, began: float) -> list[Record]:
        if self.resting is not None:
            self.doubted.append(record.delivery_id)
            return [released(record)]
        match self._provisional.hold(record, domain, now, began):
            case "refuses_all":
                return self._refuses_everybody(now)
            case "confirmed":
                return self._provisional.confirm()
            case "held":
                self._be_careful(now)
                return []

    def _be_careful(self, now: float) -> None:
        if self._provisional.is_suspicious and not self._cautious:
            self._cautious = True
            self._be_uneasy(now)
            self.on_change()

    def _be_uneasy(self, now: float) -> None:
        if not self._uneasy:
            self._uneasy, self._uneasy_since = True, now

    def _refuses_everybody(self, now: float) -> list[Record]:
        found = self._provisional.release()
        self.doubted += [record.delivery_id for record in found]
        self._take_out("refuses", self._provisional.words, now)
        return found

    def _note(self, outcome: Outcome, now: float, began: float) -> None:
        """Everything that is neither taken nor a refusal to be held back."""
        match outcome:
            case NotSent(stale=True):
                pass
            case NotSent(fault=True):
                self._refused(str(outcome.reply), now)
            case NotSent() | Deferred(reply=Reply(code=None)):
                self._absent(str(outcome.reply), now)
            case Deferred() | Failed() if outcome.reply.code is not None:
                self._provisional.answered()
                if (
                    self._uneasy
                    and began > self._uneasy_since
                    and not self._cautious
                    and not (self._on_trial and self.trouble in ("losses", "refuses"))
                ):
                    self._served()
            case _:
                pass

    def _served(self) -> None:
        """All is forgotten, unless the relay was taken out meanwhile."""
        if self.resting is not None:
            return
        self._faults = self._losses = self._absences = self._returns = self._probes = self.tries = 0
        self._away_since = None
        self._uneasy = self._on_trial = self._cautious = False
        self.on_change()

    def met_a_fault(self, delivery_id: int) -> None:
        """A refusal of ourselves was said to this letter, not at the door: the second time, others first."""
        if delivery_id in self._met_faults:
            self.doubted.append(delivery_id)
        self._met_faults = {*self._met_faults, delivery_id} if len(self._met_faults) < MOST_REMEMBERED else {delivery_id}

    def _refused(self, words: str, now: float) -> None:
        if self.resting is None:
            self._trouble(now)
            self._faults += 1
            if self._faults >= self._allowed(MOST_FAULTS):
                self._take_out("faults", words, now)

    def _absent(self, words: str, now: float) -> None:
        if self.resting is None:
            self._trouble(now)
            self._absences += 1
            self._away_since = now if self._away_since is None else self._away_since
            if self._absences >= self._allowed(MOST_ABSENCES):
                self._take_out("away", words, now)

    def reply_lost(self, *, began: float, now: float) -> None:
        """Lines that break together count once: what was under way when a loss became known counts neither for the relay nor against it."""
        if self.resting is None and began >= self._loss_seen_at:
            self._trouble(now)
            self._losses += 1
            self._loss_seen_at = now
            if self._losses >= self._allowed(MOST_LOSSES):
                self._take_out("losses", "no reply after the final dot", now)

    def _trouble(self, now: float) -> None:
        self._be_uneasy(now)
        self.tries += 1

    def _allowed(self, usual: int) -> int:
        return 1 if self._on_trial else usual

    def pause(self) -> float:
        """Seconds before the next connection is opened."""
        return min(LONGEST_PAUSE, 0.25 * 2**self._absences) if self._absences else 0.0

    def look(self, now: float) -> list[Record]:
        """Call it now and then while no letter of this relay is in hand or waits: what may be written down after a quiet time."""
        if not len(self._provisional) or now - self._provisional.held_at < self.quiet:
            return []
        if self._provisional.after_quiet() == "confirmed":
            return self._provisional.confirm()
        return self._refuses_everybody(now)

    def end(self) -> list[Record]:
        """The sender ends: what is still held back may be tried again."""
        return self._provisional.release()

    # ---- out, and back ---------------------------------------------------------------------------------------------------

    def _take_out(self, trouble: Trouble, words: str, now: float) -> None:
        self.trouble, self.words, self._fresh = trouble, words, True
        self._away_since = now if self._away_since is None else self._away_since
        self._on_trial = self._cautious = False
        self._faults = self._losses = self._absences = 0
        self.resting = NotSent(reply=Reply(text=f"the mail server {self.title} is out of use for now: {words}"), stale=True)
        self.on_change()

    def rest(self) -> float:
        """Seconds until it should be tried again."""
        first, longest = RESTS[self.trouble]
        return min(longest, first * float(1 << min(self._probes, 12)))

    def still_out(self, outcome: NotSent, now: float) -> None:
        """A connection was tried and there was none, or no log-in."""
        self.tries += 1
        self._probes += 1
        self.trouble = "faults" if outcome.fault else "away"
        self.words, self._fresh = str(outcome.reply), True
        self._away_since = now if self._away_since is None else self._away_since

    def back(self, now: float) -> None:
        """A connection came about: one letter at a time until the first success."""
        self._away_since = None
        self._returns += 1
        self._probes += 1
        self.resting, self._on_trial, self._uneasy, self._uneasy_since = None, True, True, now
        self.on_change()

    def told(self) -> None:
        """Staff know: before they are told again, it is tried again."""
        self._fresh = False
        self._away_since = None

    @property
    def title(self) -> str:
        return self.label if self.name == self.label or (self.name == ONLY and not self.is_named) else f"{self.name} ({self.label})"

    def sentence(self, now: float) -> str | None:
        """Why there is no hope for this relay until somebody has looked; None while there is."""
        if self.resting is None or not self._fresh:
            return None
        match self.trouble:
            case "faults":
                return f"The mail server {self.title} refuses Newsroom itself: {self.words}. Nobody's address was marked."
            case "refuses":
                return (
                    f"The mail server {self.title} refuses everybody with the same words: {self.words}. Nobody's address was marked. "
                    "Ask whoever runs it, then resume; should only these people be refused, the others now come first."
                )
            case "losses":
                return (
                    f"The mail server {self.title} takes whole letters and does not answer. Most often a firewall or a filter "
                    "on the way swallows the answers: show this to whoever runs it."
                )
            case "away":
                return self._absence(now)

    def _absence(self, now: float) -> str | None:
        if self._returns >= MOST_RETURNS:
            return f"The mail server {self.title} takes connections and loses them before a letter is through: {self.words}."
        if self._away_since is not None and now - self._away_since >= self.away_for:
            return f"The mail server {self.title} could not be used for {self.away_for:.0f} seconds: {self.words}."
        return None
