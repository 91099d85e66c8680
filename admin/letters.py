"""Letters in the browser: one person's, the public archive, their pictures; and whether this process is well."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, request, send_from_directory
from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from admin.readiness import READINESS
from newsroom.deliveries import Delivery
from newsroom.errors import NotFound
from newsroom.issues import Issue
from newsroom.localized import direction_of, native_name
from newsroom.mailing_lists import MailingList, get_list
from newsroom.media import Media
from newsroom.messages import Recipient, address_letter, anonymous_letter, parts_of
from newsroom.public_links import PublicLinks
from newsroom.rendering.dates import DateWriter
from newsroom.rendering.plan import load
from newsroom.renditions import Rendition, load_plans
from subscribers.models import Subscriber
from subscribers.web import links, note_use, page_language, personal, show, the_house

LETTER_POLICY = (
    "default-src 'none'; img-src 'self' {public}; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
FOR_EVER = "public, max-age=31536000, immutable"
FIVE_MINUTES = "public, max-age=300"

routes = Blueprint("letters", __name__)


@dataclass(frozen=True, kw_only=True)
class PastIssue:
    """One line of the archive, told in `language`; `versions` are (code, name, direction, address)."""

    language: str
    title: str
    preview: str
    date: str
    url: str
    versions: tuple[tuple[str, str, str, str], ...]


@routes.get("/v/<token>")
def view(token: str) -> Response:
    """The very letter this person got (or, of a test, nobody's): same bytes, same cut, their own links."""
    house = the_house()
    delivery_id = links().read_view(token)
    note_use(delivery_id, "view in browser")
    with house.database.reading() as session:
        delivery = session.get(Delivery, delivery_id)
        plans = load_plans(session, [delivery.rendition_id] if delivery and delivery.rendition_id else [])
        if delivery is None or not plans or not delivery.address:
            raise NotFound("This letter is no more.")
        person = session.get(Subscriber, delivery.subscriber_id) if delivery.subscriber_id else None
        recipient = _recipient(delivery, person)
    (plan,) = plans.values()
    letter = address_letter(
        load(plan), recipient, delivery_id=delivery.id, kind=delivery.kind, cut=delivery.cut, links=_mailed(), now=delivery.created_at
    )
    return personal(_letter_page(letter.data, recipient.language))


@routes.get("/")
@routes.get("/archive/")
def home() -> Response:
    """The lists that have something to read."""
    with the_house().database.reading() as session:
        public = select(Issue.list_id).where(is_public())
        lists = session.scalars(select(MailingList).where(MailingList.id.in_(public)).order_by(MailingList.slug)).all()
        return show("home", page_language(), lists=lists)


@routes.get("/archive/<list_slug>/")
def archive(list_slug: str) -> Response:
    with the_house().database.reading() as session:
        mailing_list = get_list(session, list_slug)
        language = page_language()
        return show("archive", language, mailing_list=mailing_list, issues=_past_issues(session, mailing_list, language))


@routes.get("/archive/<list_slug>/<issue_slug>/")
def archived_issue(list_slug: str, issue_slug: str) -> AnyResponse:
    """To the version in the reader's language."""
    with the_house().database.reading() as session:
        mailing_list = get_list(session, list_slug)
        issue = _public_issue(session, mailing_list, issue_slug)
        if issue is None:
            return _unsent(mailing_list)
    wished = [request.args.get("lang", ""), *(code.partition("-")[0] for code, _ in request.accept_languages)]
    language = next((code for code in wished if code in issue.renditions), issue.original)
    answer = redirect(links().archive(list_slug, issue_slug, language))
    answer.headers["Vary"] = "Accept-Language"
    return answer


@routes.get("/archive/<list_slug>/<issue_slug>/<language>")
def archived_letter(list_slug: str, issue_slug: str, language: str) -> Response:
    """The whole letter as nobody's: no name, no personal links."""
    with the_house().database.reading() as session:
        mailing_list = get_list(session, list_slug)
        issue = _public_issue(session, mailing_list, issue_slug)
        if issue is None:
            return _unsent(mailing_list, language)
        plans = load_plans(session, [issue.renditions[language]] if language in issue.renditions else [])
    if not plans:
        raise NotFound("This issue is not written in that language.")
    (plan,) = plans.values()
    response = _letter_page(anonymous_letter(load(plan), links=_mailed(), now=issue.started_at or issue.created_at), language)
    response.headers["Cache-Control"] = FIVE_MINUTES
    return response


@routes.get("/media/<name>")
def media(name: str) -> Response:
    """A picture of ours; its name is unguessable and its bytes never change."""
    house = the_house()
    with house.database.reading() as session:
        found = session.scalar(select(Media).where(Media.name == name))
    if found is None:
        raise NotFound("There is no such picture.")
    response = send_from_directory(house.media_dir.absolute(), found.name, mimetype=found.content_type, max_age=None)
    response.headers["Cache-Control"] = FOR_EVER
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mail programs show it inside their own pages
    return response


@routes.get("/healthz")
def healthz() -> Response:
    """This process answers."""
    return _plain("ok")


@routes.get("/readyz")
def readyz() -> Response:
    """Its database answers too, and is as new as this code."""
    current = READINESS.is_current(the_house().database)
    if current is None:
        return _plain("the database does not answer", 503)
    return _plain("ready") if current else _plain("the database is not migrated: run newsroom db upgrade", 503)


@routes.get("/robots.txt")
def robots() -> Response:
    return _plain("User-agent: *\nDisallow: /u/\nDisallow: /p/\nDisallow: /v/")


def _mailed() -> PublicLinks:
    """Whole addresses, as in the letter that was sent."""
    house = the_house()
    return PublicLinks(house.keys, house.settings.public_url)


def is_public() -> ColumnElement[bool]:
    """An issue is in the archive once its first readers may have it, and stays, for its letters link there.

    `starting` is not yet public: nobody has the letter. One paused or cancelled is when a letter got as far as the mark: who
    stops an issue before the first one left has kept the mistake from everybody.
    """
    somebody_has_it = exists().where(Delivery.issue_id == Issue.id, Delivery.kind == "issue", Delivery.attempt > 0)
    return or_(Issue.state.in_(("sending", "sent")), and_(Issue.state.in_(("paused", "cancelled")), somebody_has_it))


def _public_issue(session: Session, mailing_list: MailingList, issue_slug: str) -> Issue | None:
    return session.scalar(select(Issue).where(Issue.list_id == mailing_list.id, Issue.slug == issue_slug, is_public()))


def _unsent(mailing_list: MailingList, *wishes: str) -> Response:
    """The same words for an issue that waits and for one that never was: nobody learns what is being written."""
    return personal(show("message", page_language(*wishes), status=404, mailing_list=mailing_list, kind="unsent"))


def _past_issues(session: Session, mailing_list: MailingList, language: str) -> list[PastIssue]:
    """The newest first, each told in the reader's language where it has it."""
    public = select(Issue).where(Issue.list_id == mailing_list.id, is_public()).order_by(Issue.started_at.desc(), Issue.id.desc())
    issues = {issue: language if language in issue.renditions else issue.original for issue in session.scalars(public)}
    shown = [issue.renditions[chosen] for issue, chosen in issues.items()]
    told = {one.id: one for one in session.scalars(select(Rendition).where(Rendition.id.in_(shown)))}
    return [_past_issue(issue, chosen, told[issue.renditions[chosen]], mailing_list, language) for issue, chosen in issues.items()]


def _past_issue(issue: Issue, chosen: str, told: Rendition, mailing_list: MailingList, language: str) -> PastIssue:
    return PastIssue(
        language=chosen,
        title=told.subject,
        preview=told.preview_text,
        date=_date(issue.started_at or issue.created_at, mailing_list, language),
        url=links().archive(mailing_list.slug, issue.slug, chosen),
        versions=tuple(_versions(issue, mailing_list)),
    )


def _versions(issue: Issue, mailing_list: MailingList) -> Iterator[tuple[str, str, str, str]]:
    for code in issue.languages:
        if code in issue.renditions:
            yield code, native_name(code), direction_of(code), links().archive(mailing_list.slug, issue.slug, code)


def _date(moment: datetime, mailing_list: MailingList, language: str) -> str:
    writer = DateWriter(language=language, zone=mailing_list.timezone, arabic_months=mailing_list.arabic_months)
    return writer.day(moment.astimezone(ZoneInfo(mailing_list.timezone)).date())


def _recipient(delivery: Delivery, person: Subscriber | None) -> Recipient:
    return Recipient(
        subscriber_id=delivery.subscriber_id or 0, address=delivery.address, name=person.name if person else "",
        language=delivery.language, list_id=delivery.list_id or 0,
    )  # fmt: skip


def _letter_page(data: bytes, language: str) -> Response:
    html = parts_of(data).html or abort(404)
    site = urlsplit(the_house().settings.public_url)
    policy = LETTER_POLICY.format(public=f"{site.scheme}://{site.netloc}")
    headers = {"Content-Security-Policy": policy, "Content-Language": language}
    return Response(html, content_type="text/html; charset=utf-8", headers=headers)


def _plain(text: str, status: int = 200) -> Response:
    return Response(f"{text}\n", status, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
