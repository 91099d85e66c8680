"""Giving a sign-off from a page: what came of it is told on the next one; what the checks warn of is asked about first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from admin import approving, issue_pages, notifying
from admin.context import reading, tell, transaction
from admin.finding_words import hint_of, message_of
from admin.forms import text
from admin.freshness import refuse_if_changed, stamp
from newsroom.checks.accepting import print_of
from newsroom.checks.base import NAMES, Finding
from newsroom.errors import NewsroomError, NotFound
from newsroom.issues import Issue, get_issue
from newsroom.signoffs import Unaccepted

#: As many warnings as somebody reads before they fold the rest: the group that passes it is the last open one.
READ_AT_ONCE = 8


@dataclass(frozen=True, kw_only=True)
class WarningsOfCheck:
    """What one check warns of in this issue."""

    check: str
    warnings: Sequence[Mapping[str, object]]
    is_open: bool


def give(issue_id: int, *, back: str) -> Response | tuple[str, int]:
    """One sign-off, or every one that this person may give; then to the page `back`."""
    try:
        with transaction() as session:
            issue = get_issue(session, issue_id)
            refuse_if_changed(session, issue)
            reason, warned = text(request.form, "reason"), text(request.form, "warned")
            done = approving.sign_here(session, issue, only=place(), reason=reason, warned=warned)
            if not isinstance(done, Unaccepted):
                notifying.signed(session, issue, done)
                told = approving.said(session, issue, done)
    except NotFound:
        raise
    except NewsroomError as error:
        tell(str(error), "bad")
        return redirect(url_for(back, issue_id=issue_id))
    if isinstance(done, Unaccepted):
        return _ask(issue_id, done.findings), 422
    tell(told)
    return redirect(url_for(back, issue_id=issue_id))


def place() -> tuple[str, str] | None:
    """key:language, as the form's button said; None for all that this person may give."""
    key, found, language = request.form.get("place", "").partition(":")
    return (key, language) if found else None


def _shown(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """In the language of the page, with the section they are about."""
    return [{"number": one.number, "language": one.language, "message": message_of(one), "hint": hint_of(one)} for one in findings]


def gathered(findings: Sequence[Finding]) -> list[WarningsOfCheck]:
    """By check, in the order of the checks; of many only the first groups stand open, until enough can be read."""
    groups = {name: [one for one in findings if one.check == name] for name in NAMES}
    shown, before = [], 0
    for name, found in groups.items():
        if found:
            shown.append(WarningsOfCheck(check=name, warnings=_shown(found), is_open=before < READ_AT_ONCE))
            before += len(found)
    return shown


def subject_of(issue: Issue) -> str:
    return issue_pages.plain_subject(issue.subject, issue.original, original=issue.original)


def _ask(issue_id: int, findings: tuple[Finding, ...]) -> str:
    with reading() as session:
        issue = issue_pages.load_issue(session, issue_id)
        return render_template(
            "review/warnings.html", issue=issue, subject=subject_of(issue), groups=gathered(findings), count=len(findings),
            place=request.form.get("place", ""), seen=request.form.get("seen") or stamp(issue),
            warned=print_of(findings), reason=text(request.form, "reason"),
        )  # fmt: skip
