"""Whoever may still stop an issue is told of its links that readers cannot open, in the admin and by mail."""

from datetime import datetime

from sqlalchemy.orm import Session

from admin.clock_notices import subject_of, tell_people
from admin.who_may import who_may
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.link_states import Broken
from newsroom.notices import About

SAYS = "links_broken"
MOST_NAMED = 10


def tell_of_links(house: House, session: Session, issue: Issue, broken: tuple[Broken, ...], now: datetime) -> None:
    """A notice for each who may stop it; a letter too where notices come by mail."""
    people = {user.id: user for user in who_may(session, "unschedule" if issue.state == "scheduled" else "pause", issue.list_id)}
    facts = {"subject": subject_of(issue), "actor": "Newsroom", "text": _addresses(broken)}
    about = About(says=SAYS, facts=facts, issue_id=issue.id, key=f"links:{issue.id}")
    way = "letter.links_leaving" if issue.state != "scheduled" else "letter.links_broken"
    tell_people(house, session, issue, people, about, way=way, now=now)


def _addresses(broken: tuple[Broken, ...]) -> str:
    """One to a line."""
    named = [one.url for one in broken[:MOST_NAMED]]
    return "\n".join([*named, "…"] if len(broken) > MOST_NAMED else named)
