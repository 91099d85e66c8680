"""Previews: the very bytes an unnamed reader would get, taken apart again for showing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from newsroom.errors import CompileError, NewsroomError, NotFound
from newsroom.headers import Masthead
from newsroom.house import House
from newsroom.issues import Issue
from newsroom.messages import Parts, Recipient, address_letter, parts_of
from newsroom.preparing import content_mark, masthead_of, prepare_language
from newsroom.public_links import NOBODY, PublicLinks
from newsroom.remembering import Remembered
from newsroom.rendering.plan import Plan, load
from newsroom.rendering.source import load_source
from newsroom.renditions import load_plans

#: Above this Gmail cuts a letter off behind "View entire message".
CLIPPED_ABOVE = 102 * 1024
READER = "reader@example.org"
#: A letter is asked for each time that somebody opens a card or looks at its text: the newest are not compiled again.
_plans: Remembered[tuple[str, Masthead, bool], Plan] = Remembered(16)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """One language of an issue as a letter, or the sentence that says why there is none yet.

    `unfinished` are the numbers of a draft's sections that the letter does not show yet.
    """

    language: str
    data: bytes = b""
    parts: Parts | None = None
    fault: str = ""
    faulty_section: int | None = None
    unfinished: tuple[int, ...] = ()

    @property
    def html_size(self) -> int:
        return len(self.parts.html.encode()) if self.parts else 0

    @property
    def is_clipped(self) -> bool:
        return self.html_size > CLIPPED_ABOVE

    def header(self, name: str) -> str:
        return self.parts.header(name) if self.parts else ""


def preview_of(session: Session, issue: Issue, language: str, *, house: House, now: datetime, anchors: bool = False) -> Preview:
    """The approved bytes where there are some, else what approving now would give; a draft without what is not finished.

    Faults of the content come as a sentence. `anchors` are places to scroll to, one before each section.
    """
    if language not in issue.languages:
        raise NotFound(f"This issue has no version in {language!r}.")
    try:
        plan, unfinished = _plan(session, issue, language, house, anchors)
        data = _letter(plan, issue, language, house, now)
    except NewsroomError as error:
        return Preview(language=language, fault=str(error), faulty_section=error.section if isinstance(error, CompileError) else None)
    return Preview(language=language, data=data, parts=parts_of(data), unfinished=unfinished)


def _plan(session: Session, issue: Issue, language: str, house: House, anchors: bool) -> tuple[Plan, tuple[int, ...]]:
    """The letter's plan, and the numbers of the sections it leaves out."""
    if rendition_id := issue.renditions.get(language):
        return load(load_plans(session, [rendition_id])[rendition_id]), ()
    source = load_source(session, issue, public_url=house.settings.public_url, lenient=issue.state == "draft")
    mark = content_mark(source, house.keys, language)
    key = (mark, masthead_of(source, issue.mailing_list, house.keys, language), anchors)
    plan = _plans.of(key, lambda: prepare_language(source, issue.mailing_list, house.keys, language, anchors=anchors, mark=mark).plan)
    return plan, tuple(number for number, _ in source.unreadable)


def _letter(plan: Plan, issue: Issue, language: str, house: House, now: datetime) -> bytes:
    nobody = Recipient(subscriber_id=NOBODY, address=READER, name="", language=language, list_id=issue.list_id)
    links = PublicLinks(keys=house.keys, public_url=house.settings.public_url)
    return address_letter(plan, nobody, delivery_id=0, kind="issue", cut=None, links=links, now=now).data
