"""What goes wrong, as a page with a sentence and a way on."""

import logging

from flask import Flask, jsonify, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from admin.answers import wants_json
from admin.framing import framed_note, is_framed
from admin.retelling import retold
from admin.speaking import tp
from newsroom.db import may_be_repeated, said_by
from newsroom.errors import NewsroomError, NotFound

log = logging.getLogger(__name__)

#: What has a page with words of its own; 405 is entitled as 403 is.
KNOWN = frozenset({400, 403, 404, 405, 413, 429, 500})


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda _: _page(400, tp("problem.forged")))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda error: _page(404, str(error)))
    app.register_error_handler(NewsroomError, lambda error: _page(400, str(error)))
    # A NUL or a letter that the database cannot hold: nobody types these.
    app.register_error_handler(DataError, lambda _: _page(400, ""))
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(500, _broken)


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    own_words = error.description if code == 403 and error.description else ""
    return _page(code if code in KNOWN else 400, own_words, headers=_retry_after(error))


def _retry_after(error: HTTPException) -> dict[str, str]:
    return {key: value for key, value in error.get_headers() if key.lower() == "retry-after"}


def _database(error: OperationalError) -> Response:
    if not may_be_repeated(error):
        raise error
    log.warning("a page met others at the same rows: %s", said_by(error))
    return _page(503, "")


def _broken(_: InternalServerError) -> Response:
    return _page(500, "")


def _page(code: int, own_words: str, *, headers: dict[str, str] | None = None) -> Response:
    said = retold(own_words) if own_words or code == 403 else tp(f"problem.{code}.text")
    title = tp(f"problem.{403 if code == 405 else code}")
    if is_framed():
        return framed_note(said, title=title, status=code)
    shown = jsonify(sentence=said) if wants_json() else render_template("problem.html", code=code, title=title, sentence=said)
    response = make_response(shown, code)
    response.headers.update(headers or {})
    return response
