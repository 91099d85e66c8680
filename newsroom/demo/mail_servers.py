"""The mail servers of the demo's towns, in memory only: nearly all take every letter, a few say what real ones say."""

from collections.abc import Mapping
from itertools import repeat

from newsroom.sendqueue.transports.base import Accepted, Deferred, Envelope, Failed, Outcome, Reply, Uncertain
from newsroom.sendqueue.transports.memory import MemoryTransport

NAME = "demo"
URL = f"memory:{NAME}"
AS_MANY_AS_THERE_MAY_BE = 1_000

_TAKEN = Accepted(reply=Reply(code=250, enhanced_status="2.0.0", text="taken"))
_GONE = Failed(reply=Reply(code=550, enhanced_status="5.1.1", text="No such person here; the town hall has a new address"))
_UNWANTED = Failed(reply=Reply(code=550, enhanced_status="5.7.1", text="This letter looks like advertising to us"))
_LOST = Uncertain(reply=Reply(text="the line broke before the answer came"))
_TOO_FAST = Deferred(reply=Reply(code=451, enhanced_status="4.7.0", text="Too many messages at once; please slow down"))

#: By the slug of the issue, then by the address or the domain.
ANSWERS: Mapping[str, Mapping[str, Outcome]] = {
    "anniversary": {
        "mairie@sainte-colombe.example": _GONE,
        "bac@montrivage.example": _GONE,
        "maktaba@wadi-zahra.example": _UNWANTED,
        "vecinos@rioclaro.example": _LOST,
    },
    "water-notice": {"lindermere.example": _TOO_FAST, "jardins@montrivage.example": _GONE},
}


def prepare(slug: str) -> None:
    """From here on the mail servers answer as this issue found them."""
    answers = ANSWERS.get(slug, {})

    def answer(envelope: Envelope) -> Outcome:
        return answers.get(envelope.recipient) or answers.get(_domain(envelope.recipient)) or _TAKEN

    script = MemoryTransport.named(NAME).finishing
    script.clear()
    script.extend(repeat(answer, AS_MANY_AS_THERE_MAY_BE))


def slow_domains(slug: str) -> list[str]:
    """The domains that put off every letter of this issue."""
    return [where for where, outcome in ANSWERS.get(slug, {}).items() if isinstance(outcome, Deferred)]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
