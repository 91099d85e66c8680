"""Whoever may still stop an issue is told of its links that readers cannot open, in the admin and by mail.

The clock does this, outside of any request: nothing here may need one.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from admin.accounts import User
from admin.who_may import who_may
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.link_states import Broken
from newsroom.localized import best_wording
from newsroom.merge_fields import MergeField, split
from newsroom.notices import About, Notice, tell
from newsroom.staff_letters import masthead_of, post

SAYS = "links_broken"
MOST_NAMED = 10


def tell_of_links(house: House, session: Session, issue: Issue, broken: tuple[Broken, ...], now: datetime) -> None:
    """A notice for each who may stop it; a letter too where notices come by mail."""
    people = {user.id: user for user in who_may(session, "unschedule" if issue.state == "scheduled" else "pause", issue.list_id)}
    facts = {"subject": subject_of(issue), "actor": "Newsroom", "text": _addresses(broken)}
    about = About(says=SAYS, facts=facts, issue_id=issue.id, key=f"links:{issue.id}")
    for notice in tell(session, people, about, now=now):
        if people[notice.user_id].notices_by_mail:
            button = f"{house.settings.admin}/admin/issues/{issue.id}"
            notice.delivery_id = _posted(session, issue, people[notice.user_id], notice, button)


def _posted(session: Session, issue: Issue, user: User, notice: Notice, address: str) -> int:
    language = user.language or FIRST
    words, subject = CATALOGUE[language], str(notice.facts["subject"])
    title = best_wording(issue.mailing_list.title, (language,), original=issue.mailing_list.original)
    said = words[f"notice.{SAYS}"].format(subject=subject)
    way = "letter.links_leaving" if issue.state != "scheduled" else "letter.links_broken"
    paragraphs = [
        words["letter.hello"].format(name=user.name or user.email.partition("@")[0]),
        said,
        str(notice.facts["text"]),
        words[way].format(list=title.text if title else issue.mailing_list.slug),
    ]
    return post(
        session, to=user.email, name=user.name, language=language, subject=said, paragraphs=paragraphs,
        button=(words["letter.open"], address),
        sender=masthead_of(issue.mailing_list, language), now=notice.created_at,
    )  # fmt: skip


def subject_of(issue: Issue) -> str:
    """As a reader without a name would see it."""
    wording = best_wording(issue.subject, (), original=issue.original)
    try:
        pieces = split(wording.text) if wording else []
    except InvalidInput:
        pieces = []
    return "".join(piece.fallback if isinstance(piece, MergeField) else piece for piece in pieces).strip() or issue.slug


def _addresses(broken: tuple[Broken, ...]) -> str:
    """One to a line."""
    named = [one.url for one in broken[:MOST_NAMED]]
    return "\n".join([*named, "…"] if len(broken) > MOST_NAMED else named)
