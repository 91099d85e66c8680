"""Renditions of an issue: each language compiled once, cut into a plan of bytes, and kept under its fingerprint."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from newsroom.headers import Masthead, letter_head
from newsroom.issues import Issue
from newsroom.keys import KeyRing
from newsroom.localized import best_wording
from newsroom.mailing_lists import MailingList
from newsroom.public_links import PublicLinks
from newsroom.rendering.compiled import CompiledLetter, slot_token
from newsroom.rendering.compiling import compile_letter
from newsroom.rendering.plan import Plan, dump
from newsroom.rendering.planning import build_plan
from newsroom.rendering.source import LetterSource, load_source
from newsroom.renditions import Rendition

SUBJECT_COLUMN = 998
#: So much of the mark of its content stands in the slots of a letter.
NONCE = 8


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One language, compiled and cut, not yet stored: what a preview shows. Subject and preview text are without merge fields."""

    plan: Plan
    compiled: CompiledLetter
    subject: str
    preview_text: str


def prepare_renditions(session: Session, house_keys: KeyRing, public_url: str, issue: Issue, *, now: datetime) -> dict[str, Rendition]:
    """Compile every language and keep the bytes; the same content is the same rendition. CompileError names section and language."""
    prepared = prepare(load_source(session, issue, public_url=public_url), issue.mailing_list, house_keys)
    return keep(session, issue, prepared, now=now)


def prepare(source: LetterSource, mailing_list: MailingList, keys: KeyRing) -> dict[str, Prepared]:
    """Every language of the issue, in its order, without storing anything."""
    return {language: prepare_language(source, mailing_list, keys, language) for language in source.languages}


def prepare_language(
    source: LetterSource, mailing_list: MailingList, keys: KeyRing, language: str, *, anchors: bool = False, mark: str = ""
) -> Prepared:
    """One language. `mark`: its content_mark, where that is known already."""
    nonce = (mark or content_mark(source, keys, language))[:NONCE]
    compiled = compile_letter(source, language, nonce=nonce, anchors=anchors)
    masthead = masthead_of(source, mailing_list, keys, language)
    plan = build_plan(
        compiled, nonce=nonce, head=letter_head(masthead), domain=masthead.domain,
        list_slug=masthead.list_slug, issue_slug=masthead.issue_slug,
    )  # fmt: skip
    subject, preview_text = (_without_tokens(text, compiled, nonce) for text in (compiled.subject, compiled.preview_text))
    return Prepared(plan=plan, compiled=compiled, subject=subject, preview_text=preview_text)


def keep(session: Session, issue: Issue, prepared: Mapping[str, Prepared], *, now: datetime) -> dict[str, Rendition]:
    """Store what is not stored yet: a rendition per language."""
    return {language: _kept(session, issue, letter, now=now) for language, letter in prepared.items()}


def masthead_of(source: LetterSource, mailing_list: MailingList, keys: KeyRing, language: str) -> Masthead:
    title = best_wording(source.list_title, (language,), original=source.list_original)
    return Masthead(
        list_slug=source.list_slug, list_title=title.text if title else "", from_name=source.from_name,
        from_address=mailing_list.from_address, reply_to=mailing_list.reply_to or "", issue_slug=source.issue_slug,
        language=language, public_url=source.public_url,
        archive_url=PublicLinks(keys, source.public_url).archive(source.list_slug),
    )  # fmt: skip


def content_mark(source: LetterSource, keys: KeyRing, language: str) -> str:
    """Digits that staff cannot foresee and that the same content always gets, so that its bytes are always the same."""
    content = json.dumps([language, canonical(source)], sort_keys=True, ensure_ascii=True).encode()
    return hmac.new(keys.lasting("compile nonce"), content, hashlib.sha256).hexdigest()


def canonical(value: Any) -> Any:
    """The value as plain JSON, the same on every database, whatever order it keeps the members of an object in."""
    if isinstance(value, BaseModel):
        return [type(value).__name__, value.model_dump(mode="json")]
    if is_dataclass(value):
        return {field.name: canonical(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): canonical(entry) for key, entry in value.items()}
    return [canonical(entry) for entry in value] if isinstance(value, tuple | list) else value


def _without_tokens(text: str, compiled: CompiledLetter, nonce: str) -> str:
    for number, slot in enumerate(compiled.slots):
        text = text.replace(slot_token(nonce, number), slot.fallback)
    return text.strip()[:SUBJECT_COLUMN]


def _kept(session: Session, issue: Issue, prepared: Prepared, *, now: datetime) -> Rendition:
    """The stored rendition with these bytes, found or new; of two that store the same at once, one wins and both use it."""
    data = dump(prepared.plan)
    fingerprint = hashlib.sha256(data).hexdigest()
    same = select(Rendition).where(
        Rendition.issue_id == issue.id, Rendition.language == prepared.plan.language, Rendition.fingerprint == fingerprint
    )
    if found := session.scalar(same):
        return found
    try:
        with session.begin_nested():
            session.add(rendition := _rendition(issue, prepared, data, fingerprint, now))
        return rendition
    except IntegrityError:
        return session.scalars(same).one()


def _rendition(issue: Issue, prepared: Prepared, data: bytes, fingerprint: str, now: datetime) -> Rendition:
    return Rendition(
        issue_id=issue.id, language=prepared.plan.language, fingerprint=fingerprint, subject=prepared.subject,
        preview_text=prepared.preview_text, plan=data, size=len(prepared.compiled.html.encode()), compiled_at=now,
    )  # fmt: skip
