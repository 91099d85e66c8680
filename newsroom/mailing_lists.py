"""Mailing lists: who writes, under which name and postal address, in which languages, on which topics."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from newsroom.addresses import parse_address
from newsroom.db import Base, BigId, Json, PrimaryKey, Word
from newsroom.errors import InvalidInput, NotFound, Problem
from newsroom.local_times import is_zone
from newsroom.localized import checked_language
from newsroom.slugs import checked_slug

MISSING_TRANSLATION = ("fallback", "hide")
ARABIC_MONTHS = ("both", "levantine", "western")
#: Seconds between "send now" and the first letter, in which it can still be taken back.
DEFAULT_HOLD, LONGEST_HOLD = 60, 3600


class Topic(Base):
    """What a reader may choose; sections carry its slug."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("list_id", "slug"),)

    id: Mapped[PrimaryKey]
    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("mailing_lists.id"))
    slug: Mapped[Word]
    title: Mapped[Any] = mapped_column(Json)
    position: Mapped[int] = mapped_column(default=0)


class MailingList(Base):
    """One list. Texts that readers see (title, postal address, footer) are one value or one per language.

    `fallbacks` says, for a language, where its readers find what it lacks: {"ar": ["fr", "en"]}; without an entry, the issue's order.
    `signoffs` says what its issues need to be approved: [{"key", "name", "per_language", "languages", "user_ids"}]; none: one approval.
    """

    __tablename__ = "mailing_lists"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id is never given twice: links in letters are made from it

    id: Mapped[PrimaryKey]
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[Any] = mapped_column(Json)
    from_name: Mapped[str] = mapped_column(String(200))
    from_address: Mapped[str] = mapped_column(String(254))
    reply_to: Mapped[str] = mapped_column(String(254), default="")
    postal_address: Mapped[Any] = mapped_column(Json)
    footer: Mapped[Any] = mapped_column(Json, default="")
    languages: Mapped[list[str]] = mapped_column(Json)
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    logo: Mapped[str] = mapped_column(String(120), default="")
    accent: Mapped[str] = mapped_column(String(7), default="")
    missing_translation: Mapped[str] = mapped_column(String(10), default="fallback")
    fallbacks: Mapped[dict[str, list[str]]] = mapped_column(Json, default=dict, server_default="{}")
    signoffs: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default="[]")
    arabic_months: Mapped[str] = mapped_column(String(10), default="both")
    hold_seconds: Mapped[int] = mapped_column(default=DEFAULT_HOLD, server_default=str(DEFAULT_HOLD))
    created_at: Mapped[datetime]
    topics: Mapped[list[Topic]] = relationship(order_by=Topic.position, cascade="all, delete-orphan")

    @property
    def original(self) -> str:
        """The language a plain value is written in."""
        return self.languages[0]


def add_list(
    session: Session,
    *,
    slug: str,
    title: str | Mapping[str, str],
    from_name: str,
    from_address: str,
    postal_address: str | Mapping[str, str],
    languages: Sequence[str] = ("en",),
    timezone: str = "UTC",
    now: datetime,
) -> MailingList:
    """A new list; every problem with its facts is told at once."""
    if session.scalar(select(MailingList.id).where(MailingList.slug == slug)):
        raise InvalidInput.of(f"There is a list {slug!r} already.", place="slug")
    mailing_list = MailingList(
        slug=slug, title=title, from_name=from_name, from_address=from_address, postal_address=postal_address,
        languages=list(dict.fromkeys(languages)), timezone=timezone, created_at=now,
    )  # fmt: skip
    check_list(mailing_list)
    session.add(mailing_list)
    session.flush()
    return mailing_list


def check_list(mailing_list: MailingList) -> None:
    """InvalidInput with everything that is wrong with these facts."""
    problems: list[Problem] = []
    for check in (_check_slug, _check_words, _check_from, _check_reply_to, _check_languages, _check_choices):
        try:
            check(mailing_list)
        except InvalidInput as error:
            problems.extend(error.problems)
    if problems:
        raise InvalidInput(problems)


def _check_slug(mailing_list: MailingList) -> None:
    checked_slug(mailing_list.slug, place="slug")


def _check_words(mailing_list: MailingList) -> None:
    missing = [name for name in ("title", "from_name", "postal_address") if not getattr(mailing_list, name)]
    if missing:
        raise InvalidInput([Problem(place=name, message="must not be empty.") for name in missing])


def _check_from(mailing_list: MailingList) -> None:
    mailing_list.from_address = parse_address(mailing_list.from_address, place="from").addr_spec


def _check_reply_to(mailing_list: MailingList) -> None:
    if mailing_list.reply_to:
        mailing_list.reply_to = parse_address(mailing_list.reply_to, place="reply_to").addr_spec


def _check_languages(mailing_list: MailingList) -> None:
    if not mailing_list.languages:
        raise InvalidInput.of("A list needs at least one language.", place="languages")
    for language in mailing_list.languages:
        checked_language(language, place="languages")


def _check_choices(mailing_list: MailingList) -> None:
    if not is_zone(mailing_list.timezone):
        raise InvalidInput.of(f"{mailing_list.timezone!r} is not a time zone.", place="timezone", hint="For example Europe/Madrid.")
    if not 0 <= (DEFAULT_HOLD if mailing_list.hold_seconds is None else mailing_list.hold_seconds) <= LONGEST_HOLD:
        raise InvalidInput.of(f"must be 0 to {LONGEST_HOLD} seconds.", place="hold_seconds")
    if (mailing_list.missing_translation or "fallback") not in MISSING_TRANSLATION:
        raise InvalidInput.of("must be 'fallback' or 'hide'.", place="missing_translation")
    if (mailing_list.arabic_months or "both") not in ARABIC_MONTHS:
        raise InvalidInput.of("must be 'both', 'levantine' or 'western'.", place="arabic_months")


def get_list(session: Session, slug: str) -> MailingList:
    found = session.scalar(select(MailingList).where(MailingList.slug == slug))
    if found is None:
        raise NotFound(f"There is no mailing list {slug!r}.")
    return found
