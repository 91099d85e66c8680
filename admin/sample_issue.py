"""A small issue to look at and to write over: what Newsroom can do, in the languages of the list."""

from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from newsroom.drafting.importing import import_issue
from newsroom.issues import Actor, Issue
from newsroom.localized import NATIVE_NAMES
from newsroom.mailing_lists import MailingList
from newsroom.media import MediaStore

FILE = Path(__file__).parent / "sample_issue.yaml"
LANGUAGES = ("en", "fr", "es", "ar")


def languages_of(mailing_list: MailingList) -> list[str]:
    """Those of the list that the sample speaks, in the list's order."""
    return [language for language in mailing_list.languages if language in LANGUAGES]


def add_sample(session: Session, mailing_list: MailingList, *, store: MediaStore, by: Actor, now: datetime) -> Issue:
    """The sample as a draft of this list, which must speak one of its languages."""
    languages = languages_of(mailing_list)
    written = yaml.safe_load(FILE.read_text("utf-8"))
    wanted = {"list": mailing_list.slug, "languages": languages, **_in(written, languages)}
    text = yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False)
    return import_issue(session, text, folder=None, store=store, by=by, now=now)


def _in(value: Any, languages: list[str]) -> Any:
    """The same with its texts in these languages only."""
    if isinstance(value, list):
        return [_in(each, languages) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) <= set(NATIVE_NAMES):
        return {language: value[language] for language in languages}
    return {name: _in(each, languages) for name, each in value.items()}
