"""What waits on the cards of an issue: what the checks found in each section, and the comments that nobody has settled."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from admin import checked_issues
from admin.checked_issues import Remark
from newsroom.comments import open_comments
from newsroom.issues import Issue
from newsroom.section_writing import FRONT


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What one section waits for; the issue's own words for `uid` ""."""

    uid: str
    remarks: tuple[Remark, ...]
    comments: int

    @property
    def stops(self) -> bool:
        return any(remark.is_error for remark in self.remarks)


def waiting_of(session: Session, issue: Issue) -> list[Waiting]:
    """Every section, whether anything waits there or not; the comments in one query, the findings as the checks panel knows them."""
    remarks, comments = checked_issues.unsettled(session, issue), open_comments(session, issue.id)
    uids = (FRONT, *(row.uid for row in issue.sections))
    return [Waiting(uid=uid, remarks=tuple(remarks.get(uid, ())), comments=comments.get(uid, 0)) for uid in uids]
