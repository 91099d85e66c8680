"""A new issue: an empty draft of a list, ready to be written."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from newsroom.errors import InvalidInput, Problem
from newsroom.issues import Actor, Issue
from newsroom.mailing_lists import MailingList
from newsroom.slugs import is_slug

LONGEST_SUBJECT = 200
LONGEST_SUGGESTED = 60
#: Letters that do not come apart into a plain one and its marks.
SPELT = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ß": "ss", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})


def new_issue(
    session: Session, mailing_list: MailingList, *, slug: str, subject: str, languages: Sequence[str], by: Actor, now: datetime
) -> Issue:
    """A draft without sections; its subject is in the first of the languages. Without a slug, one is made from the subject.

    InvalidInput with everything that is wrong; two people who make the same issue at once get one, and one sentence.
    """
    session.execute(select(MailingList.id).where(MailingList.id == mailing_list.id).with_for_update(key_share=True))
    taken = _taken(session, mailing_list)
    subject = " ".join(subject.split())
    if problems := [*_slug_problems(slug, taken), *_subject_problems(subject), *_language_problems(languages, mailing_list)]:
        raise InvalidInput(problems)
    issue = Issue(
        mailing_list=mailing_list, slug=slug or suggest_slug(subject, taken, now=now), subject=subject, languages=list(languages),
        front_by=by.user_id, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(issue)
    session.flush()
    return issue


def suggest_slug(subject: str, taken: Collection[str], *, now: datetime, otherwise: str = "") -> str:
    """Spring on the water -> spring-on-the-water; of words in another script, the month, or what is given."""
    plain = unicodedata.normalize("NFKD", subject.casefold().translate(SPELT)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", re.sub("['’]", "", plain)).strip("-")
    begun = words[:LONGEST_SUGGESTED].rsplit("-", 1)[0] if len(words) > LONGEST_SUGGESTED else words
    first = begun or otherwise or f"issue-{now:%Y-%m}"
    return next(slug for slug in _numbered(first, len(taken)) if slug not in taken)


def _numbered(first: str, many: int) -> list[str]:
    return [first, *(f"{first}-{number}" for number in range(2, many + 3))]


def _taken(session: Session, mailing_list: MailingList) -> set[str]:
    return set(session.scalars(select(Issue.slug).where(Issue.list_id == mailing_list.id)))


def _slug_problems(slug: str, taken: Collection[str]) -> list[Problem]:
    if slug and not is_slug(slug):
        hint = "Use small letters, digits and single hyphens, as in summer-2023."
        return [Problem(place="slug", message="This is not a short name.", hint=hint)]
    if slug in taken:
        return [Problem(place="slug", message="This list has an issue of that short name already.", hint="Choose another one.")]
    return []


def _subject_problems(subject: str) -> list[Problem]:
    if not subject:
        return [Problem(place="subject", message="Give it a subject.", hint="You can change it at any time.")]
    if len(subject) > LONGEST_SUBJECT:
        return [Problem(place="subject", message=f"The subject is too long: at most {LONGEST_SUBJECT} characters fit.")]
    return []


def _language_problems(languages: Sequence[str], mailing_list: MailingList) -> list[Problem]:
    if not languages:
        return [Problem(place="languages", message="Choose at least one language.")]
    if not set(languages) <= set(mailing_list.languages):
        return [Problem(place="languages", message="Choose among the languages of the list.")]
    return []
