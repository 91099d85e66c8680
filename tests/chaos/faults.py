"""The parts that a bad mail server plays, as rules: where, how often, for whom, and what it then does.

Whether a rule applies is a hash of the seed, the rule, the recipient and how often this recipient has come there: the same
seed hurts the same people, in whatever order the connections run.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

PHASES = ("connect", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot")
WHOLE = 2.0**64


@dataclass(frozen=True, kw_only=True)
class Rule:
    """At `phase`: `say` these words, or `drop` the line, or `hang` for ever, or drip a byte at a time; after waiting.

    Which occasions: a `share` of them by lot, or every so-many-th one; only a recipient's first `visits`; only from the
    `after`-th stored letter on and up to the `until`-th; only this `domain`. `stored`: a line dropped after the dot had
    its letter kept. `wait_up_to` draws the wait by lot.
    """

    phase: str
    share: float = 1.0
    every: int = 0
    visits: int = 0
    after: int = 0
    until: int = 0
    domain: str = ""
    say: str = ""
    drop: bool = False
    stored: bool = False
    hang: bool = False
    wait: float = 0.0
    wait_up_to: float = 0.0
    drip: float = 0.0

    def __post_init__(self) -> None:
        if self.phase not in PHASES:
            raise ValueError(f"{self.phase!r} is no phase of {PHASES}")


def dump_rules(rules: Iterable[Rule]) -> str:
    return json.dumps([asdict(rule) for rule in rules])


def load_rules(text: str) -> list[Rule]:
    return [Rule(**facts) for facts in json.loads(text)]


@dataclass
class Script:
    """The rules with their memory of who came where how often."""

    seed: int
    rules: Sequence[Rule] = ()
    _visits: Counter[tuple[str, str]] = field(default_factory=Counter)
    _occasions: Counter[int] = field(default_factory=Counter)
    _phases: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._phases = frozenset(rule.phase for rule in self.rules)

    def part(self, phase: str, who: str, stored: int) -> tuple[Rule, float] | None:
        """What to do now and how long to wait before it; None for an honest answer at once."""
        if phase not in self._phases:
            return None
        self._visits[phase, who] += 1
        visit = self._visits[phase, who]
        for number, rule in enumerate(self.rules):
            if rule.phase == phase and self._applies(number, rule, who, visit, stored):
                return rule, rule.wait + rule.wait_up_to * self._lot(f"wait {number}", who, visit)
        return None

    def _applies(self, number: int, rule: Rule, who: str, visit: int, stored: int) -> bool:
        if stored < rule.after or (rule.until and stored >= rule.until) or (rule.visits and visit > rule.visits):
            return False
        if rule.domain and not who.endswith(f"@{rule.domain}"):
            return False
        if rule.every:
            self._occasions[number] += 1
            return self._occasions[number] % rule.every == 0
        return rule.share >= 1 or self._lot(str(number), who, visit) < rule.share

    def _lot(self, what: str, who: str, visit: int) -> float:
        digest = blake2b(f"{self.seed} {what} {who} {visit}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / WHOLE
