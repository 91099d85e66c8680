"""The life of an issue as one line: what is done, by whom and when, what it waits for, and what may be done next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from admin.login_sessions import SignedIn
from newsroom.issues import ISSUE_LIFECYCLE, Issue, IssueEvent

#: The steps of a good life, and the move that completes each.
STEPS = (("Written", "submit"), ("Reviewed", "approve"), ("Scheduled", "schedule"), ("Sent", "finish"))
#: How a step is called while it is going on.
PRESENT = {"Written": "Writing", "Reviewed": "Review", "Scheduled": "Ready to send", "Sent": "Sending"}
STEP_OF = {"draft": 0, "in_review": 1, "approved": 2, "scheduled": 3, "starting": 3, "sending": 3, "paused": 3, "sent": 4}
WAITING = {
    "draft": "Waiting for its writers to submit it",
    "in_review": "Waiting for approval",
    "approved": "Waiting for somebody to send it",
    "scheduled": "Waiting for its time",
    "starting": "Gathering its readers",
    "sending": "Being handed to the mail server",
    "paused": "Paused: waiting for somebody to resume it",
}
#: What a button of the issue page says; `send` and `rehearse` have pages of their own.
LABELS: Mapping[str, str] = {
    "submit": "Submit for review",
    "discard": "Discard",
    "approve": "Approve",
    "request_changes": "Request changes",
    "recall": "Take back",
    "reopen": "Reopen for writing",
    "schedule": "Send",
    "unschedule": "Do not send yet",
    "pause": "Pause",
    "resume": "Resume",
    "cancel": "Cancel the issue",
}
PRIMARY = ("submit", "approve", "schedule", "resume")
GRAVE = ("cancel", "discard")


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step; `mark` is done, now, later or stopped."""

    name: str
    mark: str
    actor: str = ""
    at: datetime | None = None
    waiting: str = ""


@dataclass(frozen=True, kw_only=True)
class Way:
    """Something this person may do with this issue now."""

    action: str
    label: str
    style: str


def life_of(issue: Issue, events: Sequence[IssueEvent]) -> list[Step]:
    """The line of steps; a stopped issue ends where it was stopped."""
    latest = {event.action: event for event in events}
    stop = latest.get(_stopped_by(issue.state))
    reached = STEP_OF.get(issue.state, _reached_before(latest))
    steps = [_done(name, latest.get(action)) for name, action in STEPS[:reached]]
    if stop is not None:
        return [*steps, Step(name=issue.state.capitalize(), mark="stopped", actor=stop.actor, at=stop.at)]
    return steps + [_to_come(name, issue, is_next=number == 0) for number, (name, _) in enumerate(STEPS[reached:])]


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
    open_to = [action for action in ISSUE_LIFECYCLE.ways(issue.state) if action in LABELS and person.may(action, issue.list_id)]
    ordered = sorted(open_to, key=lambda action: (action not in PRIMARY, action in GRAVE))
    return [Way(action=action, label=LABELS[action], style=_style(action)) for action in ordered]


def _done(name: str, event: IssueEvent | None) -> Step:
    return Step(name=name, mark="done", actor=event.actor if event else "", at=event.at if event else None)


def _to_come(name: str, issue: Issue, *, is_next: bool) -> Step:
    if not is_next:
        return Step(name=name, mark="later")
    at = issue.scheduled_at if issue.state == "scheduled" else None
    return Step(name=PRESENT[name], mark="now", waiting=WAITING.get(issue.state, ""), at=at)


def _stopped_by(state: str) -> str:
    return {"cancelled": "cancel", "discarded": "discard"}.get(state, "")


def _reached_before(latest: Mapping[str, IssueEvent]) -> int:
    return max((number + 1 for number, (_, action) in enumerate(STEPS) if action in latest), default=0)


def _style(action: str) -> str:
    return "primary" if action in PRIMARY else "danger" if action in GRAVE else "plain"
