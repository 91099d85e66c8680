"""What goes wrong, as a page with a sentence and a way on."""

from flask import Flask, jsonify, make_response, render_template
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response

from admin.answers import wants_json
from newsroom.errors import NewsroomError, NotFound

SENTENCES = {
    400: ("This did not arrive as it should", "The request was not complete. Go back and try again."),
    403: ("This is not yours to do", ""),
    404: ("There is nothing here", "The address is wrong, or what stood here is gone."),
    405: ("This is not yours to do", "This address cannot be used in this way."),
    413: ("That file is too large", "Files of up to 64 MB can be taken."),
    429: ("Too many tries", "Wait a minute, then try again. If you forgot your password, an administrator can give you a new one."),
    500: ("Something broke on our side", "It has been written to the log. Nothing was half done: a change is kept whole or not at all."),
}
FORGED = "The page was open too long, or was not ours. Go back, load it again, and repeat what you did."


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, lambda _: _page(400, FORGED))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NotFound, lambda error: _page(404, str(error)))
    app.register_error_handler(NewsroomError, lambda error: _page(400, str(error)))
    # A NUL or a letter that the database cannot hold: nobody types these.
    app.register_error_handler(DataError, lambda _: _page(400, ""))
    app.register_error_handler(500, _broken)


def _http(error: HTTPException) -> Response:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    own_words = error.description if code == 403 and error.description else ""
    return _page(code if code in SENTENCES else 400, own_words, headers=_retry_after(error))


def _retry_after(error: HTTPException) -> dict[str, str]:
    return {key: value for key, value in error.get_headers() if key.lower() == "retry-after"}


def _broken(_: InternalServerError) -> Response:
    return _page(500, "")


def _page(code: int, own_words: str, *, headers: dict[str, str] | None = None) -> Response:
    title, sentence = SENTENCES[code]
    said = own_words or sentence
    shown = jsonify(sentence=said) if wants_json() else render_template("problem.html", code=code, title=title, sentence=said)
    response = make_response(shown, code)
    response.headers.update(headers or {})
    return response
