"""Every error Newsroom raises on purpose.

NewsroomError
├── ConfigurationError     a setting is wrong: the start stops with this sentence
├── InvalidInput           somebody gave us something we cannot take; carries every problem found
│   └── InvalidAddress     an e-mail address that cannot be written to
├── NotFound               no such list, issue, delivery, ...
├── Refused                a rule of the house says no, with the reason
│   └── TransitionRefused  the action is not allowed from this state
├── CompileError           a section cannot be made into mail; names the section
├── Unreachable            another server gave no answer that could be used
└── TokenRefused           a token is forged, torn, or of another purpose

Expected results of handing over a mail are values, not errors: see newsroom.sendqueue.transports.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class NewsroomError(Exception):
    """The root: whatever is caught by this name may be shown to the person who asked."""


class ConfigurationError(NewsroomError):
    """A setting is missing or wrong."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault in what was given: where it is, what is wrong, and the likely correction."""

    place: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        sentence = f"{self.place}: {self.message}" if self.place else self.message
        return f"{sentence} {self.hint}".rstrip()


class InvalidInput(NewsroomError):
    """What was given cannot be taken; nothing was stored."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, message: str, *, place: str = "", hint: str = "") -> "InvalidInput":
        return cls([Problem(place=place, message=message, hint=hint)])


class InvalidAddress(InvalidInput):
    """An e-mail address that cannot be written to."""


class NotFound(NewsroomError):
    """There is no such thing."""


class Refused(NewsroomError):
    """A rule of the house says no."""


class TransitionRefused(Refused):
    """The action is not allowed from this state."""

    def __init__(self, thing: str, state: str, action: str, allowed: Sequence[str]) -> None:
        self.state, self.action = state, action
        ways = ", ".join(sorted(allowed)) or "nothing more"
        super().__init__(
            f"The {thing} is {state.replace('_', ' ')}, so this is not possible now: {action.replace('_', ' ')}. "
            f"Possible: {ways.replace('_', ' ')}."
        )


class CompileError(NewsroomError):
    """A section cannot be made into mail."""

    def __init__(self, message: str, *, section: int | None = None, language: str | None = None) -> None:
        self.section, self.language = section, language
        place = f"Section {section}" if section else "The letter"
        version = f" ({language})" if language else ""
        super().__init__(f"{place}{version}: {message}")


class Unreachable(NewsroomError):
    """Another server gave no whole answer in time: it is away, slow, or not to be trusted. `may_be_ours`: or our own network is."""

    def __init__(self, sentence: str = "", *, may_be_ours: bool = False) -> None:
        self.may_be_ours = may_be_ours
        super().__init__(sentence)


class TokenRefused(NewsroomError):
    """The token is forged, torn, or was made for another purpose."""
