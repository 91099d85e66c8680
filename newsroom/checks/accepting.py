"""Warnings that somebody lets pass, with the reason; what is accepted stays so until the text it speaks of changes."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from newsroom.checks.base import Finding
from newsroom.checks.saying import message
from newsroom.errors import InvalidInput
from newsroom.issues import Actor, Issue

LONGEST_REASON = 500


def open_warnings(issue: Issue, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The warnings that nobody has accepted yet."""
    accepted = {entry["id"] for entry in issue.accepted_warnings or ()}
    return tuple(one for one in findings if one.severity == "warning" and one.id not in accepted)


def print_of(warnings: Sequence[Finding]) -> str:
    """One word for exactly these, for a page to carry: a reason is given for what was read, not for what came up since."""
    return hashlib.sha256(" ".join(sorted(one.id for one in warnings)).encode()).hexdigest()[:16]


def errors(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """What stops the issue, whoever asks."""
    return tuple(one for one in findings if one.severity == "error")


def reason_for(issue: Issue, finding: Finding) -> dict[str, Any] | None:
    """Who let this warning pass, when and why; None where nobody did."""
    return next((entry for entry in issue.accepted_warnings or () if entry["id"] == finding.id), None)


def accept(issue: Issue, findings: Sequence[Finding], *, reason: str, by: Actor, now: datetime) -> None:
    """Let these warnings pass. InvalidInput without a reason."""
    reason = " ".join(reason.split())
    if not reason:
        raise InvalidInput.of("is needed: whoever reads this later wants to know why.", place="reason")
    if len(reason) > LONGEST_REASON:
        raise InvalidInput.of(f"is too long: at most {LONGEST_REASON} characters are kept.", place="reason")
    known = open_warnings(issue, findings)
    entries = [
        {
            "id": one.id, "check": one.check, "message": message(one), "reason": reason, "actor": by.name, "user_id": by.user_id,
            "at": now.isoformat(timespec="seconds"),
        }
        for one in known
    ]  # fmt: skip
    # A list of its own: JSON columns notice a new value, not a change inside the old one.
    issue.accepted_warnings = [*(issue.accepted_warnings or ()), *entries]
