"""The pages behind the links of a letter: GET, HEAD and prefetch show and change nothing, POST acts (RFC 8058)."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from newsroom import evidence
from newsroom.clock import utc_now
from newsroom.errors import InvalidInput, NotFound
from newsroom.house import House
from newsroom.localized import NATIVE_NAMES, best_wording, direction_of, native_name
from newsroom.mailing_lists import MailingList
from newsroom.public_links import PersonOnList, PublicLinks
from newsroom.rendering.colours import palette
from subscribers.models import Subscriber
from subscribers.names import checked_name
from subscribers.preferences import change_language, change_name, choose_topics, withdraw
from subscribers.spool import AWAY, Spool
from subscribers.standing import Standing, standing_of
from subscribers.words import LANGUAGES, WORDS, address_markup, choose_language, contact_markup, isolated, say

EXTENSION = "newsroom.public"
SPOOL = "newsroom.unsubscribes"
ONE_CLICK = ("List-Unsubscribe", "One-Click")

routes = Blueprint("people", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
_STYLE = hashlib.sha256((Path(__file__).parent / "static" / "public.css").read_bytes()).hexdigest()[:12]


def the_house() -> House:
    house: House = current_app.extensions[EXTENSION]
    return house


def the_spool() -> Spool:
    spool: Spool = current_app.extensions[SPOOL]
    return spool


def links() -> PublicLinks:
    """Links from page to page: paths only, so that they hold on whatever host and port the reader came by."""
    house = the_house()
    return PublicLinks(house.keys, urlsplit(house.settings.public_url).path)


def page_language(*wishes: str) -> str:
    """The language of this page: ?lang, else the given wishes, else the browser's."""
    return choose_language([request.args.get("lang", ""), *wishes], [code for code, _ in request.accept_languages])


def show(template: str, language: str, *, status: int = 200, mailing_list: MailingList | None = None, **facts: Any) -> Response:
    """One page, with the words and the frame of its language."""
    html = render_template(
        f"pages/{template}.html", language=language, direction=direction_of(language), words=WORDS[language], say=_sayer(language),
        isolated=_isolator(language, mailing_list), plain=_plainly(language, mailing_list), address_markup=address_markup,
        contact_markup=contact_markup, mail_languages=mail_languages, mailing_list=mailing_list, style=_STYLE,
        languages=[(code, NATIVE_NAMES[code], direction_of(code)) for code in LANGUAGES], links=links(), **facts,
    )  # fmt: skip
    return Response(
        html, status, content_type="text/html; charset=utf-8", headers={"Content-Language": language, "Vary": "Accept-Language"}
    )


def note_use(delivery_id: int, link: str) -> None:
    """The link of a letter is evidence that the letter arrived. A page never fails for it, and hardly ever writes for it."""
    house, now = the_house(), utc_now()
    try:
        with house.database.reading() as session:
            in_doubt = delivery_id > 0 and evidence.is_in_doubt(session, delivery_id, now=now)
        if in_doubt:
            with house.database.transaction() as session:
                evidence.note_use(session, delivery_id, link=link, now=now)
    except AWAY as error:
        current_app.logger.warning("the use of a link could not be noted: %s", error)


def personal(response: Response) -> Response:
    """Nobody keeps this page and nobody lists it: its address is the key to one person's choices."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@routes.get("/accent/<digits>.css")
def accent(digits: str) -> Response:
    """A list's own colour over the house's; worked out as in its letters, so that every text on it can be read."""
    if not re.fullmatch("[0-9a-f]{6}", digits):
        raise NotFound("That is no colour.")
    colours = palette(f"#{digits}")
    css = (
        f":root {{ --accent: {colours.accent}; --accent-strong: {colours.deep}; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {colours.bright}; --accent-strong: {colours.on_deep}; }} }}\n"
    )
    return Response(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": "public, max-age=31536000, immutable"})


@routes.get("/favicon.ico")
def icon() -> Response:
    """Browsers ask for it beside a letter, whose own page names none."""
    return routes.send_static_file("icon.svg")


@routes.get("/u/<token>")
def ask_unsubscribe(token: str) -> Response:
    person = links().read_unsubscribe(token)
    note_use(person.delivery_id, "unsubscribe")
    with _reading(person) as (_, standing):
        return _page("unsubscribe" if standing.is_on_list else _absence(standing), standing)


@routes.post("/u/<token>")
def unsubscribe(token: str) -> Response:
    """A mail program's one click is answered without cookie, login, redirect or question; a browser gets a page."""
    person = links().read_unsubscribe(token)
    note_use(person.delivery_id, "unsubscribe")
    one_click = ONE_CLICK in request.form.items(multi=True)
    source = "one_click" if one_click else "unsubscribe_page"
    try:
        page = _leave(person, source)
    except AWAY as error:
        current_app.logger.error("the database did not answer; an unsubscribe is kept until it does: %s", error)  # noqa: TRY400
        the_spool().keep(person, source=source, agent=request.user_agent.string[:200], at=utc_now())
        page = personal(show("message", page_language(), kind="kept"))
    return personal(Response("OK\n", 200, content_type="text/plain; charset=utf-8")) if one_click else page


def _leave(person: PersonOnList, source: str) -> Response:
    with _changing(person) as (session, standing):
        was_on_list = standing.is_on_list
        _withdraw(session, standing, source=source)
        return _page("left" if was_on_list else _absence(standing), standing)


@routes.get("/p/<token>")
def show_preferences(token: str) -> Response:
    person = links().read_preferences(token)
    note_use(person.delivery_id, "preferences")
    with _reading(person) as (_, standing):
        return _page("preferences" if standing.is_on_list else _absence(standing), standing)


@routes.post("/p/<token>")
def change_preferences(token: str) -> Response:
    """Whoever holds the token may change; there is no cookie that another site could ride on."""
    person = links().read_preferences(token)
    note_use(person.delivery_id, "preferences")
    with _changing(person) as (session, standing):
        if standing.subscriber is None or not standing.is_on_list:
            return _page(_absence(standing), standing)
        if request.form.get("do") == "leave":
            _withdraw(session, standing, source="preferences")
            return _page("left", standing)
        try:
            name = checked_name(request.form.get("name", standing.subscriber.name))
        except InvalidInput:
            return _page("preferences", standing, status=400, wrong_name=request.form["name"][:400])
        _change(session, standing, standing.subscriber, name)
        return _page("preferences", standing_of(session, person, links()), saved=True)


def _change(session: Session, standing: Standing, subscriber: Subscriber, name: str) -> None:
    now, form = utc_now(), request.form
    change_name(session, subscriber, name, now=now)
    if form.get("language") in dict(mail_languages(standing)):
        change_language(session, subscriber, form["language"], now=now)
    if "has_topics" in form:
        every = [topic.slug for topic in standing.mailing_list.topics]
        chosen = [slug for slug in every if slug in form.getlist("topics")]
        choose_topics(session, subscriber, standing.mailing_list, None if chosen == every else chosen, now=now)


def _withdraw(session: Session, standing: Standing, *, source: str) -> None:
    if standing.subscriber is not None:
        language = _language_of(standing)
        wording = "" if source == "one_click" else WORDS[language]["unsubscribe_button"]
        withdraw(
            session, standing.subscriber, standing.mailing_list.id, source=source, now=utc_now(),
            language=language if wording else "", wording=wording, evidence={"agent": request.user_agent.string[:200]},
        )  # fmt: skip


def _absence(standing: Standing) -> str:
    return "test" if standing.is_test else "away"


def _page(template: str, standing: Standing, *, status: int = 200, **facts: Any) -> Response:
    language = _language_of(standing)
    response = show(template, language, status=status, mailing_list=standing.mailing_list, standing=standing, **facts)
    return personal(response)


def _language_of(standing: Standing) -> str:
    return page_language(standing.subscriber.language if standing.subscriber else "")


@contextmanager
def _reading(person: PersonOnList) -> Iterator[tuple[Session, Standing]]:
    house = the_house()
    with house.database.reading() as session:
        yield session, standing_of(session, person, links())


@contextmanager
def _changing(person: PersonOnList) -> Iterator[tuple[Session, Standing]]:
    house = the_house()
    with house.database.transaction() as session:
        yield session, standing_of(session, person, links())


def mail_languages(standing: Standing) -> list[tuple[str, str]]:
    """The languages a reader may choose: the list's, and the one they have."""
    own = [standing.subscriber.language] if standing.subscriber else []
    return [(code, native_name(code)) for code in dict.fromkeys([*standing.mailing_list.languages, *own])]


def _plainly(language: str, mailing_list: MailingList | None) -> Any:
    def plain(text: Any, *, original: str = "") -> str:
        wording = best_wording(text, (language,), original=original or (mailing_list.original if mailing_list else language))
        return wording.text if wording else ""

    return plain


def _sayer(language: str) -> Any:
    def sentence(key: str, **parts: Markup) -> Markup:
        return say(language, key, **parts)

    return sentence


def _isolator(language: str, mailing_list: MailingList | None) -> Any:
    def isolate(text: Any, *, original: str = "") -> Markup:
        return isolated(text, language, original=original or (mailing_list.original if mailing_list else language))

    return isolate
