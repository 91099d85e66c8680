"""The headers of every answer, forgery protection, and the brake on guessing passwords."""

import ipaddress
from typing import Any

from flask import Flask, Response, current_app, request, session
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFError, CSRFProtect, validate_csrf

from admin.answer_headers import harden
from admin.context import Desk, visitor
from admin.permissions import GUEST
from newsroom.addresses import parse_address
from newsroom.errors import InvalidAddress
from newsroom.one_time import digest_of

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A letter is shown in a frame of its own: its styles are inline, its scripts never run, its forms go nowhere.
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
GUESSES = "10 per minute; 60 per hour"
GUESSES_PER_ACCOUNT = "100 per hour"
# Whoever sits down at a forgotten screen must not find out the password behind it.
GUESSES_FROM_INSIDE = "10 per minute; 30 per hour"
ASKING_THE_PASSWORD = (
    "account.change_password", "second_factor.begin", "second_factor.confirm", "second_factor.new_codes", "second_factor.switch_off",
)  # fmt: skip
LETTERS = "5 per minute; 30 per hour"
LETTERS_PER_ACCOUNT = "3 per hour"
# Codes go to one guest's mailbox, whoever asks for them; five wrong ones close the link.
CODES_PER_LINK = "20 per hour"
LARGEST_OF_GUESTS = 21 * 1024 * 1024  # a picture of 20 MB, and the form around it
UPLOADS = "20 per minute; 60 per hour"
# Each word of a guest, and each approval given and taken back, is a letter to the staff.
WORDS_PER_LINK = "10 per minute; 60 per hour"
# A round asks hundreds of other people's servers; nobody shall knock at their doors with ours.
ROUNDS_PER_ACCOUNT = "6 per minute; 60 per hour"
# Each is a letter with words of its sender's own, to whatever address they give.
GUESTS_PER_ACCOUNT = "20 per minute; 60 per hour"


def install_headers(app: Flask, desk: Desk) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        # The address of a guest's page is its key: no other page hears of it, not even one of ours.
        harden(response, policy=PAGE_POLICY, referrer="no-referrer" if is_guests() else "same-origin", secure=desk.served_securely)
        if request.endpoint not in ("static", "frames.media"):
            response.headers["Cache-Control"] = "no-store"
        return response


class Forgeries(CSRFProtect):  # type: ignore[misc]  # Flask-WTF has no types
    """Over https a form must name the page of ours that it came from. Those of guests name none: there the browser says whose it was."""

    def protect(self, apply_exemptions: bool = False) -> None:
        if not is_guests():
            super().protect(apply_exemptions)
            return
        request.max_content_length = LARGEST_OF_GUESTS
        if request.method not in current_app.config["WTF_CSRF_METHODS"]:
            return
        try:
            validate_csrf(self._get_csrf_token())
        except ValueError as error:
            raise CSRFError(str(error)) from None
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            raise CSRFError("The form is not ours.")


def install_csrf(app: Flask) -> CSRFProtect:
    # The token lives as long as the browser session: a page left open over lunch must still be able to save.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    return Forgeries(app)


def is_guests() -> bool:
    """Whether this request is for a page behind a guest's link."""
    return getattr(current_app.view_functions.get(request.endpoint or ""), "permission", "") == GUEST


def install_brake(app: Flask, desk: Desk) -> None:
    """Log-ins that fail are counted per client and per account; the good ones are free."""
    limiter = Limiter(
        client_network, app=app, storage_uri=desk.house.settings.redis or "memory://", in_memory_fallback_enabled=True, headers_enabled=True
    )
    for name, limit, key in (
        ("login.submit", GUESSES, client_network),
        ("login.submit", GUESSES_PER_ACCOUNT, account),
        ("login.check_code", GUESSES, client_network),
        ("login.check_code", GUESSES_FROM_INSIDE, _halfway),
        ("invitations.accept", GUESSES, client_network),
        ("resets.change", GUESSES, client_network),
        ("guests.show", GUESSES, client_network),
        ("guest_approvals.show", GUESSES, client_network),
        *((name, GUESSES_FROM_INSIDE, _own_account) for name in ASKING_THE_PASSWORD),
    ):
        view: Any = app.view_functions[name]
        app.view_functions[name] = limiter.limit(limit, key_func=key, deduct_when=_failed)(view)
    # Every one counts: letters land in somebody's mailbox, uploads on our disk.
    for name, limit, key in (
        ("resets.send", LETTERS, client_network),
        ("resets.send", LETTERS_PER_ACCOUNT, account),
        ("guests.code", CODES_PER_LINK, _link),
        ("guest_sections.upload", UPLOADS, _link),
        ("guest_translating.look", UPLOADS, _link),
        ("guests.comment", WORDS_PER_LINK, _link),
        ("guests.sign", WORDS_PER_LINK, _link),
        ("guest_approvals.take_back", WORDS_PER_LINK, _link),
        ("guest_links.invite", GUESTS_PER_ACCOUNT, _own_account),
        ("guest_links.renew", GUESTS_PER_ACCOUNT, _own_account),
        ("checks.try_links", ROUNDS_PER_ACCOUNT, _own_account),
        ("papers.look", UPLOADS, _own_account),
        ("proposals.read", UPLOADS, _own_account),
    ):
        view = app.view_functions[name]
        app.view_functions[name] = limiter.limit(limit, key_func=key)(view)


def client_network() -> str:
    """The client's address; of IPv6 the first 64 bits, which one household has all to itself."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "0.0.0.0")  # noqa: S104 - an unknown client is counted as one
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    # A proxy that listens on both families tells IPv4 clients as ::ffff:a.b.c.d; by their 64 bits they would all be one.
    return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))


def account() -> str:
    """One account, however its address is written: full-width letters and punycode are not so many accounts."""
    given = request.form.get("email", "")
    try:
        return parse_address(given).key
    except InvalidAddress:
        return given.strip().casefold()[:320]


def _own_account() -> str:
    signed_in = visitor()
    return str(signed_in.id) if signed_in else ""


def _link() -> str:
    """One guest's link, from wherever it is used."""
    return digest_of(str((request.view_args or {}).get("token")))


def _halfway() -> str:
    """Whoever knows a password must not try out all codes from many places."""
    return str((session.get("halfway") or [""])[0])


def _failed(response: Response) -> bool:
    return response.status_code not in (200, 302)
