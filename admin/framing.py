"""Letters in frames: a page of their own whose policy runs no script, safe to show whatever the letter holds."""

import re

from flask import Response, render_template, request, url_for

from admin.context import desk
from admin.security import FRAME_POLICY
from admin.speaking import tp

LETTERS = ("composer.letter", "guests.letter")
BODY = re.compile("<body[^>]*>", re.IGNORECASE)
HEAD = re.compile("<head[^>]*>", re.IGNORECASE)


def is_framed() -> bool:
    """Whether a frame asks. No page of ours may stand in one, but letters may; a browser that does not say asks for letters in frames."""
    asks_for_a_letter = request.blueprint == "frames" or request.endpoint in LETTERS
    return request.headers.get("Sec-Fetch-Dest", "iframe" if asks_for_a_letter else "") == "iframe"


def framed(html: str, *, note: str = "") -> Response:
    """The letter as it is, but for what a frame needs: its pictures come from here, its links open outside, a note stands above."""
    here = html.replace(f"{desk().house.settings.public_url}/media/", url_for("frames.media", name=""))
    outside = HEAD.sub(lambda head: head.group() + '<base target="_blank">', here, count=1)
    return _answer(
        BODY.sub(lambda body: body.group() + render_template("frames/remark.html", note=note), outside, count=1) if note else outside
    )


def framed_text(text: str) -> Response:
    return _answer(render_template("frames/plain.html", text=text))


def framed_note(sentence: str, *, title: str = "", status: int = 200) -> Response:
    """Why there is no letter to show."""
    return _answer(render_template("frames/note.html", sentence=sentence, title=title or tp("composer.no_letter")), status)


def framed_ended(sentence: str) -> Response:
    """In place of the log-in, which no frame may show: why there is no letter, and the way in."""
    return _answer(render_template("frames/note.html", title=sentence, login=url_for("login.show")), 401)


def framed_source(data: bytes) -> Response:
    return framed_text(data.decode("utf-8", "replace").replace("\r\n", "\n"))


def _answer(html: str, status: int = 200) -> Response:
    response = Response(html, status, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response
