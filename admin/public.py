"""The public site, put together: personal pages, letters in the browser, archive, pictures, health."""

from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DataError, DBAPIError
from werkzeug.exceptions import HTTPException

from admin import letters
from admin.answer_headers import harden
from admin.proxies import behind_proxies
from newsroom.errors import NotFound, TokenRefused
from newsroom.house import House
from subscribers import web
from subscribers.spool import Spool

PAGE_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
LARGEST_FORM = 64 * 1024


def create_public_app(house: House) -> Flask:
    """The public site of this house. It has no sessions, sets no cookies and runs no scripts."""
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.extensions[web.EXTENSION] = house
    app.extensions[web.SPOOL] = spool = Spool(house)
    spool.watch()
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, MAX_FORM_PARTS=100)
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}
    app.register_blueprint(web.routes)
    app.register_blueprint(letters.routes)
    _install_headers(app, secure=house.settings.public_url.startswith("https:"))
    _install_problems(app)
    app.wsgi_app = behind_proxies(app.wsgi_app, house.settings.trusted_proxies)  # type: ignore[assignment, method-assign]
    return app


def _install_headers(app: Flask, *, secure: bool) -> None:
    @app.after_request
    def add_headers(response: Response) -> Response:
        # The address of a personal page is its key: it must not travel to other sites.
        harden(response, policy=PAGE_POLICY, referrer="no-referrer", secure=secure)
        if request.endpoint == "people.static" and response.status_code < 400:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def _install_problems(app: Flask) -> None:
    @app.errorhandler(TokenRefused)
    @app.errorhandler(NotFound)
    @app.errorhandler(DataError)  # an address with a NUL in it, which PostgreSQL does not even look for
    def nothing_here(_: Exception) -> Response:
        return _problem("not_found", 404)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        kind = "not_found" if error.code == 404 else "refused" if error.code < 500 else "failed"
        response = _problem(kind, error.code)
        response.headers.extend((name, value) for name, value in error.get_headers() if name in ("Allow", "Retry-After"))
        return response

    @app.errorhandler(DBAPIError)
    def records_away(error: DBAPIError) -> Response:
        app.logger.error("the database did not answer: %s", error.orig)
        response = _problem("busy", 503)
        response.headers["Retry-After"] = "60"
        return response


def _problem(kind: str, status: int) -> Response:
    return web.personal(web.show("message", web.page_language(), status=status, kind=kind))
