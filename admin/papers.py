"""A language as a Word document for its translator, out and back: the same for the staff and for a guest."""

import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

from flask import Response, request, send_file
from sqlalchemy.orm import Session

from admin import issue_pages, uploads
from admin.context import desk, tell
from admin.field_names import field_label
from admin.side_by_side import section_name
from admin.speaking import count, page_language, plain
from admin.words.catalogue import CATALOGUE
from newsroom.clock import utc_now
from newsroom.drafting.paper_writing import PaperWords
from newsroom.drafting.translation_papers import Placed, plain_words, read_paper, write_paper
from newsroom.issues import Actor, Issue
from newsroom.sections.registry import Section
from newsroom.translating import take_texts
from newsroom.word_diff import Run, word_diff

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
STATES = ("missing", "stale", "done", "shared")
HOW = ("paper.how_1", "paper.how_2", "paper.how_3")
#: Whose upload it is: a person's number, or the name of a guest.
Owner = int | str


def word_file(issue: Issue, language: str) -> Response:
    """The document to download."""
    data = write_paper(issue, language, label=field_label, words=_words(issue, language))
    return send_file(io.BytesIO(data), mimetype=WORD, as_attachment=True, download_name=f"{issue.slug}-{language}.docx")


def keep_upload(owner: Owner) -> str:
    """Keep the document of this request; its ticket."""
    return uploads.keep(_folder(), request.files.get("file"), user_id=owner)


def look_at(issue: Issue, language: str, ticket: str, owner: Owner) -> dict[str, Any]:
    """What a page needs to show what this document would change. InvalidInput and Refused where it is no paper of this language."""
    paper = read_paper(issue, language, _file(ticket, owner).read_bytes())
    return {
        "issue": issue, "subject": subject_of(issue), "shown": language, "paper": paper, "ticket": ticket, "changes": _changes,
        "plain": plain_words, "field_label": field_label, "section_name": section_name,
    }  # fmt: skip


def take(session: Session, issue: Issue, language: str, keys: Collection[str], *, owner: Owner, by: Actor) -> int:
    """Take the texts of these keys out of the document of this request, each only if nobody changed it since the look; how many."""
    data = _file(request.form.get("ticket", ""), owner).read_bytes()
    chosen = [text for text in read_paper(issue, language, data).placed if text.key in keys]
    return take_texts(session, issue, chosen, language, by=by, now=utc_now())


def taken(owner: Owner, number: int, left: int) -> None:
    """It is done with: the document goes, and what came of it is told."""
    uploads.drop(_file(request.form.get("ticket", ""), owner))
    if number or left:
        tell(str(count(page_language(), "papers.taken", number)))
    else:
        tell(plain(page_language(), "papers.nothing"), "accent")
    if left:
        tell(str(count(page_language(), "papers.left", left)), "warn")


def subject_of(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)


def _words(issue: Issue, language: str) -> PaperWords:
    """In the translator's language where Newsroom speaks it, else in that of the page."""
    spoken = language if language in CATALOGUE else page_language()
    return PaperWords(
        title=plain(spoken, "paper.title", subject=subject_of(issue)),
        how=[plain(spoken, key) for key in HOW],
        place=plain(spoken, "paper.place"),
        was=plain(spoken, "paper.was"),
        shared=plain(spoken, "paper.shared"),
        states={state: plain(spoken, f"languages.state.{state}") for state in STATES},
        kinds={kind: section_name(kind) for kind in ("", *Section.kinds)},
        language=spoken,
    )


def _changes(text: Placed) -> tuple[Run, ...]:
    return word_diff(text.was, text.now)


def _file(ticket: str, owner: Owner) -> Path:
    return uploads.find(_folder(), ticket, user_id=owner)


def _folder() -> Path:
    return desk().house.settings.data_dir / "uploads"
