"""The door: every request is known, permitted, or turned away with a sentence."""

from urllib.parse import urlsplit, urlunsplit

from flask import Flask, Response, current_app, g, jsonify, make_response, redirect, request, session, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response as AnyResponse

from admin import login_sessions
from admin.answers import wants_json
from admin.context import desk, transaction, visitor
from admin.framing import framed_ended, is_framed
from admin.login_sessions import SignedIn
from admin.own_lists import NO_LIST, list_asked, no_such
from admin.permissions import ANYONE, NAMED_BY, WITHOUT_LOG_IN, Rights, asked_of, permission
from admin.retelling import retold
from newsroom.clock import utc_now

COOKIE = "newsroom_login"
COOKIE_PATH = "/admin"
BOUND_TO = "login"
ENDED = "You are logged out. Log in in another tab; nothing is lost."
NOT_ALLOWED = "Your role does not include this. Ask an administrator of this Newsroom if you need it."


def install_guard(app: Flask) -> None:
    """Must come before CSRF protection, so that somebody without a session is sent to the login, not told of tokens."""
    app.before_request(_identify)
    app.before_request(_refuse)


def check_every_view_declares(app: Flask) -> None:
    """The start stops where a view says nothing about who may call it, or not of what."""
    permission(ANYONE)(app.view_functions["static"])
    silent = sorted(name for name, view in app.view_functions.items() if not hasattr(view, "permission"))
    if silent:
        raise AssertionError(f"these views declare no permission: {', '.join(silent)}")
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "permission", "") not in WITHOUT_LOG_IN:
            asked_of(view, rule.rule, rule.arguments)


def remember(response: AnyResponse, cookie: str) -> None:
    response.set_cookie(
        COOKIE, cookie, max_age=login_sessions.LONGEST, path=COOKIE_PATH, httponly=True, samesite="Lax", secure=desk().served_securely
    )


def forget(response: AnyResponse) -> None:
    response.delete_cookie(COOKIE, path=COOKIE_PATH, httponly=True, samesite="Lax", secure=desk().served_securely)


def safe_next(target: str) -> str:
    """The page asked for before the login, if it is one of ours; else the first page."""
    try:
        parts = urlsplit(target)
    except ValueError:  # brackets that are no address
        return url_for("issues.index")
    ours = not parts.scheme and not parts.netloc and (parts.path == "/admin" or parts.path.startswith("/admin/"))
    plain = target.isprintable() and "\\" not in target and ".." not in parts.path
    return target if ours and plain else url_for("issues.index")


def _identify() -> None:
    g.person = None
    cookie = request.cookies.get(COOKIE, "")
    if not cookie or request.endpoint == "static":
        return
    now = utc_now()
    with desk().house.database.reading() as session_:
        g.person = login_sessions.find_session(session_, cookie, now=now)
    _bind(g.person)
    if g.person and g.person.seen_at < now - login_sessions.NOTED_EVERY:
        _note_seen(g.person)


def _bind(signed_in: SignedIn | None) -> None:
    """The form tokens of one log-in are worth nothing in another: a neighbouring host could plant its own cookie here."""
    number = signed_in.session_id if signed_in else None
    if number and session.get(BOUND_TO) != number:
        session.clear()
        session[BOUND_TO] = number


def _note_seen(signed_in: SignedIn) -> None:
    with transaction(quiet=True) as session_:
        login_sessions.note_seen(session_, signed_in, now=utc_now())


def _refuse() -> AnyResponse | None:
    view = current_app.view_functions.get(request.endpoint or "")
    needed = getattr(view, "permission", ANYONE)
    if needed in WITHOUT_LOG_IN:
        return None
    signed_in = visitor()
    if signed_in is None:
        return _to_login()
    rule = request.url_rule
    of = asked_of(view, rule.rule, rule.arguments) if rule else "everywhere"
    if not _allowed(signed_in.rights, needed, of):
        raise Forbidden(NOT_ALLOWED)
    return None


def _allowed(rights: Rights, needed: str, of: str) -> bool:
    if of in NAMED_BY:
        return rights.may(needed, _list_asked(rights, of))
    return rights.may_everywhere(needed) if of == "everywhere" else rights.may_anywhere(needed)


def _list_asked(rights: Rights, of: str) -> int:
    """The list that the path leads to; what may not even be read is not there."""
    value = (request.view_args or {})[NAMED_BY[of]]
    with desk().house.database.reading() as session_:
        list_id = list_asked(session_, of, value)
    readable = rights.may_everywhere("manage_users") if list_id == NO_LIST else list_id is not None and rights.may("read", list_id)
    if list_id is None or not readable:
        raise no_such(of, value)
    g.list_id = list_id or None
    return list_id


def _to_login() -> AnyResponse:
    login = url_for("login.show", next=_page_asked())
    if is_framed():
        return framed_ended(ENDED)
    if wants_json():
        return make_response(jsonify(login=login, sentence=retold(ENDED)), 401)
    if not _by_htmx():
        return redirect(login)
    # htmx follows redirects by itself and would paste the login into the page; this header moves the whole page.
    response: Response = make_response("", 200)
    response.headers["HX-Redirect"] = login
    return response


def _page_asked() -> str | None:
    """The page to come back to: the one asked for, or the one that a script asks for a part of."""
    page = request.headers.get("HX-Current-URL", "") if _by_htmx() else request.full_path.rstrip("?") if request.method == "GET" else ""
    try:
        parts = urlsplit(page)
    except ValueError:
        return None
    return urlunsplit(("", "", parts.path, parts.query, "")) or None


def _by_htmx() -> bool:
    return request.headers.get("HX-Request") == "true"
