"""Notices that the clock writes, with a letter to whoever gets notices by mail.

Outside of any request: nothing here may need one.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from admin.accounts import User
from admin.words.catalogue import CATALOGUE, FIRST
from newsroom.errors import InvalidInput
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.localized import best_wording
from newsroom.merge_fields import MergeField, split
from newsroom.notices import About, Notice, tell
from newsroom.staff_letters import masthead_of, post


def tell_people(house: House, session: Session, issue: Issue, people: Mapping[int, User], about: About, *, way: str, now: datetime) -> None:
    """`about` with the facts `subject` and `text`; `way`: the words, by their key, that tell in the letter what can be done."""
    button = f"{house.settings.admin}/admin/issues/{issue.id}"
    for notice in tell(session, people, about, now=now):
        if people[notice.user_id].notices_by_mail:
            notice.delivery_id = _posted(session, issue, people[notice.user_id], notice, way=way, address=button)


def _posted(session: Session, issue: Issue, user: User, notice: Notice, *, way: str, address: str) -> int:
    """The text stands as it was noted: this process carries no retelling."""
    language = user.language or FIRST
    words = CATALOGUE[language]
    title = best_wording(issue.mailing_list.title, (language,), original=issue.mailing_list.original)
    said = words[f"notice.{notice.says}"].format(subject=notice.facts["subject"])
    paragraphs = [
        words["letter.hello"].format(name=user.name or user.email.partition("@")[0]),
        said,
        str(notice.facts["text"]),
        words[way].format(list=title.text if title else issue.mailing_list.slug),
    ]
    return post(
        session, to=user.email, name=user.name, language=language, subject=said, paragraphs=paragraphs,
        button=(words["letter.open"], address), sender=masthead_of(issue.mailing_list, language), now=notice.created_at,
    )  # fmt: skip


def subject_of(issue: Issue) -> str:
    """As a reader without a name would see it."""
    wording = best_wording(issue.subject, (), original=issue.original)
    try:
        pieces = split(wording.text) if wording else []
    except InvalidInput:
        pieces = []
    return "".join(piece.fallback if isinstance(piece, MergeField) else piece for piece in pieces).strip() or issue.slug
