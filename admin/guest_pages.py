"""The page behind a guest's link, one for each purpose: no more of the issue than the purpose needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from admin import issue_pages, signing
from admin.composer.fields import FieldPlan, plan_of
from admin.composer.forms import SectionForm
from admin.composer.scripts import script_words
from admin.context import desk
from admin.field_names import kind_label
from admin.guest_access import why_not
from admin.side_by_side import SectionSide, Ways, rich, sides_of, state_words
from newsroom import taking_back
from newsroom.checks.accepting import print_of
from newsroom.checks.base import Finding
from newsroom.comments import comments_of
from newsroom.given_signoffs import Signoff
from newsroom.guest_writing import NEW, proposal_of, words_in
from newsroom.guests import GuestLink
from newsroom.issues import Issue
from newsroom.local_times import zones_to_choose
from newsroom.sections.registry import Section
from newsroom.signoffs import standing_of
from newsroom.translations import Tally

#: What a section has to do with others, or with who gets it: for the staff to say.
FOR_STAFF = frozenset({"event", "topics"})


def page_of(session: Session, link: GuestLink, token: str) -> str:
    make: Callable[[Session, GuestLink, str], str] = PAGES[link.purpose]
    return make(session, link, token)


def sides_for(issue: Issue, link: GuestLink) -> tuple[SectionSide, ...]:
    """Every text of the language this guest translates beside its original; of other languages and of the facts, nothing."""
    languages = (issue.original, link.about_language)
    sides = sides_of(issue, link.about_language)
    return tuple(replace(side, content=words_in(side.kind, side.content, languages)) for side in sides)


def content_for(issue: Issue, link: GuestLink, uid: str) -> Mapping[str, Any]:
    """The same of one section, as it stands after a save."""
    return next((side.content for side in sides_for(issue, link) if side.uid == uid), {})


def plans_for(kind: str) -> tuple[FieldPlan, ...]:
    """The fields of this kind that a guest may fill in."""
    return tuple(plan for plan in plan_of(Section.kinds[kind]) if plan.widget not in FOR_STAFF)


def kind_for(issue: Issue, link: GuestLink) -> str:
    """The kind of section that this guest writes; "" where the section is gone."""
    return link.about if link.purpose == "propose" else next((row.kind for row in issue.sections if row.uid == link.about), "")


def fields_for(kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content as far as this guest writes it."""
    fields = {plan.name for plan in plans_for(kind)}
    return {name: value for name, value in content.items() if name in fields}


def stored_for(session: Session, issue: Issue, link: GuestLink) -> Mapping[str, Any]:
    """What stands in the section, or in the proposal, of this guest."""
    if link.purpose == "propose":
        proposal = proposal_of(session, issue.id, link.id)
        return proposal.content if proposal else {}
    return next((row.content for row in issue.sections if row.uid == link.about), {})


def reader(session: Session, link: GuestLink, token: str, warned: Sequence[Finding] = ()) -> str:
    """The letters and a word about them; `warned`: what the checks want a reason for before the approval that was just given counts."""
    issue = issue_pages.load_issue(session, link.issue_id)
    mine = [thread for thread in comments_of(session, issue.id) if thread.comment.guest_id == link.id]
    place = (link.about, link.about_language)
    wanted = [one for one in standing_of(session, issue) if (one.required.key, one.required.language) == place]
    given = taking_back.newest_of(session, link)
    return render_template(
        "guests/page.html", link=link, token=token, issue=issue, threads=mine, subject=issue_pages.name_of(issue, link.language),
        standing=wanted[0] if wanted else None, sections=_sections(issue), given=given,
        take_back=_way_back(given), groups=signing.gathered(warned), warned=print_of(warned) if warned else "",
        typed=request.form if warned else {},
        languages=sorted(issue.languages, key=lambda code: code != (link.about_language or link.language)),
    )  # fmt: skip


def _translator(session: Session, link: GuestLink, token: str) -> str:
    issue = issue_pages.load_issue(session, link.issue_id)
    is_there = link.about_language in issue.languages[1:]
    sides = sides_for(issue, link) if is_there else ()
    return render_template(
        "guests/translate.html", link=link, token=token, issue=issue, subject=issue_pages.name_of(issue, link.language),
        shown=link.about_language,
        sides=sides, tally=sum((side.tally for side in sides), Tally()), rich=rich, only_open=request.args.get("show") == "open",
        why_not=why_not(issue, link), writable=is_there and not why_not(issue, link), state_words=state_words(),
        script_words=script_words(), ways=_ways(link, token), is_there=is_there,
    )  # fmt: skip


def _contributor(session: Session, link: GuestLink, token: str) -> str:
    issue = issue_pages.load_issue(session, link.issue_id)
    form = _form(session, issue, link)
    return render_template(
        "guests/write.html", link=link, token=token, issue=issue, subject=issue_pages.name_of(issue, link.language), form=form,
        showing=link.language if link.language in issue.languages else issue.original, name=kind_label(form.kind) if form else "",
        why_not=why_not(issue, link), writable=form is not None and not why_not(issue, link), script_words=script_words(),
        zones=zones_to_choose(),
    )  # fmt: skip


PAGES: Mapping[str, Callable[[Session, GuestLink, str], str]] = {
    "approve": reader,
    "comment": reader,
    "translate": _translator,
    "contribute": _contributor,
    "propose": _contributor,
}


def _form(session: Session, issue: Issue, link: GuestLink) -> SectionForm | None:
    """Of the section itself, or of the one that is proposed; None where the section is gone."""
    kind = kind_for(issue, link)
    if not kind:
        return None
    return SectionForm(
        uid=NEW if link.purpose == "propose" else link.about, kind=kind, version=0, languages=issue.languages, plans=plans_for(kind),
        content=fields_for(kind, stored_for(session, issue, link)), library=False,
    )  # fmt: skip


def _way_back(signoff: Signoff | None) -> str:
    """To the page that takes this approval back; "" without one that counts."""
    if signoff is None or signoff.void_at is not None:
        return ""
    return url_for("guest_approvals.show", token=taking_back.token_of(desk().house.keys, signoff))


def _ways(link: GuestLink, token: str) -> Ways:
    return Ways(
        owner=f"guest.{link.id}", user=link.id, session=url_for("guests.facts", token=token),
        states=url_for("guest_translating.states", token=token),
        change=lambda uid: (
            url_for("guest_translating.change", token=token, uid=uid) if uid else url_for("guest_translating.change_front", token=token)
        ),
        confirm=lambda uid: url_for("guest_translating.confirm", token=token, uid=uid or None),
    )  # fmt: skip


def _sections(issue: Issue) -> list[tuple[str, str]]:
    entries = zip(issue.sections, issue_pages.outline(issue), strict=True)
    return [(row.uid, f"{entry.number} · {entry.title or entry.kind}") for row, entry in entries]
