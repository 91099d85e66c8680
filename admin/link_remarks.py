"""The links of an approved issue that readers could not open when they were last tried, for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from admin.speaking import page_language
from newsroom.checks.saying import of_link
from newsroom.clock import utc_now
from newsroom.issues import Issue
from newsroom.link_states import broken_links, last_round

#: Before that the checks say it, with the way to the field.
STATES = ("approved", "scheduled", "starting", "sending", "paused")
MOST_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class LinkRemark:
    """One address and why it cannot be opened, in the reader's language."""

    url: str
    why: str


@dataclass(frozen=True, kw_only=True)
class LinkRemarks:
    tried_at: datetime
    number: int
    remarks: Sequence[LinkRemark]


def of_issue(session: Session, issue: Issue) -> LinkRemarks | None:
    """None where all is well, nobody tried, or it does not matter any more."""
    found = broken_links(session, issue.id, now=utc_now()) if issue.state in STATES else ()
    tried = last_round(session, issue.id) if found else None
    if tried is None or tried.ended_at is None:
        return None
    shown = [LinkRemark(url=one.url, why=of_link(one.detail, page_language())) for one in found[:MOST_SHOWN]]
    return LinkRemarks(tried_at=tried.ended_at, number=len(found), remarks=shown)
