"""The life of an issue as one line: what is done, by whom and when, what it waits for, and what may be done next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from admin.login_sessions import SignedIn
from admin.speaking import t
from newsroom.issues import ISSUE_LIFECYCLE, Issue, IssueEvent

#: The steps of a good life, and the move that completes each.
STEPS = (("written", "submit"), ("reviewed", "approve"), ("scheduled", "schedule"), ("sent", "finish"))
STEP_OF = {"draft": 0, "in_review": 1, "approved": 2, "scheduled": 3, "starting": 3, "sending": 3, "paused": 3, "sent": 4}
#: The states in which an issue waits for something that can be told.
WAITS = frozenset({"draft", "in_review", "approved", "scheduled", "starting", "sending", "paused"})
#: What the issue page has buttons for; `send` and `rehearse` have pages of their own.
BUTTONS = ("submit", "discard", "approve", "request_changes", "recall", "reopen", "schedule", "unschedule", "pause", "resume", "cancel")
NOTHING = Markup("")
PRIMARY = ("submit", "approve", "schedule", "resume")
GRAVE = ("cancel", "discard")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step; `mark` is done, now, later or stopped."""

    name: Markup
    mark: str
    actor: str = ""
    at: datetime | None = None
    waiting: Markup = NOTHING


@dataclass(frozen=True, kw_only=True)
class Way:
    """Something this person may do with this issue now."""

    action: str
    label: Markup
    style: str


def life_of(issue: Issue, events: Sequence[IssueEvent], *, waiting_for: str = "") -> list[Step]:
    """The line of steps; a stopped issue ends where it was stopped. `waiting_for`: whose sign-offs are lacking."""
    latest = {event.action: event for event in events}
    stop = latest.get(_stopped_by(issue.state))
    reached = STEP_OF.get(issue.state, _reached_before(latest))
    steps = [_done(name, latest.get(action)) for name, action in STEPS[:reached]]
    if stop is not None:
        return [*steps, Step(name=t(f"issue_state.{issue.state}"), mark="stopped", actor=stop.actor, at=stop.at)]
    return steps + [_to_come(name, issue, waiting_for if number == 0 else None) for number, (name, _) in enumerate(STEPS[reached:])]


def changes_wanted(issue: Issue, events: Sequence[IssueEvent]) -> IssueEvent | None:
    """What a reviewer asked of this draft, until it goes to review again."""
    rounds = [event for event in events if event.action in ("submit", "request_changes")]
    return rounds[-1] if issue.state == "draft" and rounds and rounds[-1].action == "request_changes" else None


def paused_by(issue: Issue, events: Sequence[IssueEvent]) -> IssueEvent | None:
    """The pause of a colleague that holds the issue now; when Newsroom itself stopped it, the issue's notice says why."""
    stops = [event for event in events if event.action in ("pause", "halt")]
    return stops[-1] if issue.state == "paused" and stops and stops[-1].action == "pause" else None


def ways_for(issue: Issue, person: SignedIn) -> list[Way]:
    """What the lifecycle allows from here and this person's role includes: the next step first, the grave ones last."""
    open_to = [action for action in ISSUE_LIFECYCLE.ways(issue.state) if action in BUTTONS and person.may(action, issue.list_id)]
    ordered = sorted(open_to, key=lambda action: (action not in PRIMARY, action in GRAVE))
    return [Way(action=action, label=t(f"way.{action}"), style=_style(action)) for action in ordered]


def _done(name: str, event: IssueEvent | None) -> Step:
    return Step(name=t(f"life.step.{name}"), mark="done", actor=event.actor if event else "", at=event.at if event else None)


def _to_come(name: str, issue: Issue, waiting_for: str | None) -> Step:
    """The first of them is going on and says what it waits for; the others have only their names."""
    if waiting_for is None:
        return Step(name=t(f"life.step.{name}"), mark="later")
    at = issue.scheduled_at if issue.state == "scheduled" else None
    return Step(name=t(f"life.present.{name}"), mark="now", waiting=_waiting(issue, waiting_for), at=at)


def _waiting(issue: Issue, waiting_for: str) -> Markup:
    if issue.state == "in_review" and waiting_for:
        return t("life.waiting_for", who=waiting_for)
    return t(f"life.waiting.{issue.state}") if issue.state in WAITS else NOTHING


def _stopped_by(state: str) -> str:
    return {"cancelled": "cancel", "discarded": "discard"}.get(state, "")


def _reached_before(latest: Mapping[str, IssueEvent]) -> int:
    return max((number + 1 for number, (_, action) in enumerate(STEPS) if action in latest), default=0)


def _style(action: str) -> str:
    return "primary" if action in PRIMARY else "danger" if action in GRAVE else "plain"
