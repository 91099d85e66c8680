"""Letters in frames: a page of their own whose policy runs no script, safe to show whatever the letter holds."""

import re

from flask import Response, render_template, url_for

from admin.context import desk
from admin.security import FRAME_POLICY

BODY = re.compile("<body[^>]*>", re.IGNORECASE)
HEAD = re.compile("<head[^>]*>", re.IGNORECASE)


def framed(html: str, *, note: str = "") -> Response:
    """The letter as it is, but for what a frame needs: its pictures come from here, its links open outside, a note stands above."""
    here = html.replace(f"{desk().house.settings.public_url}/media/", url_for("frames.media", name=""))
    outside = HEAD.sub(lambda head: head.group() + '<base target="_blank">', here, count=1)
    return _answer(
        BODY.sub(lambda body: body.group() + render_template("frames/remark.html", note=note), outside, count=1) if note else outside
    )


def _remark(note: str) -> str:
    return render_template("frames/remark.html", note=note) if note else ""


def framed_text(text: str) -> Response:
    return _answer(render_template("frames/plain.html", text=text))


def framed_note(sentence: str) -> Response:
    """Why there is no letter to show."""
    return _answer(render_template("frames/note.html", sentence=sentence))


def framed_source(data: bytes) -> Response:
    return framed_text(data.decode("utf-8", "replace").replace("\r\n", "\n"))


def _answer(html: str) -> Response:
    response = Response(html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response
