"""One web server for both faces: the public pages at /, the admin at /admin."""

from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import waitress
from werkzeug.utils import redirect

from admin.app import LARGEST_UPLOAD, create_admin_app
from admin.public import LARGEST_FORM, create_public_app
from newsroom.house import House
from newsroom.sendqueue.broker import doorbell

ADMIN = "/admin"
HEALTH = ("/healthz", "/readyz")
THREADS = 8
# waitress takes a hundred connections by itself, and one idle client with so many would keep every reader from leaving a list.
MOST_CONNECTIONS, IDLE_AFTER = 800, 30
# The server keeps a whole body on disk before anybody looks at it. A little above what is taken, so that the page can say so.
ROOM_TO_SAY_SO = 4 * 1024 * 1024


def compose(house: House, *, admin: bool, public: bool) -> WSGIApplication:
    """The application of this process. Both see the whole path; the first word of it decides."""
    readers = create_public_app(house) if public else _health_alone(create_public_app(house))
    if not admin:
        return readers
    return _by_path(create_admin_app(house, ring=doorbell(house.settings.redis).ring), readers)


def create_server(house: House, *, host: str, port: int, admin: bool, public: bool) -> Any:
    """A waitress server, listening already; its run() answers and its close() ends."""
    application = compose(house, admin=admin, public=public)
    # ident="": the server does not tell what it is.
    return waitress.create_server(
        application, host=host, port=port, threads=THREADS, ident="", clear_untrusted_proxy_headers=False,
        connection_limit=MOST_CONNECTIONS, channel_timeout=IDLE_AFTER, cleanup_interval=IDLE_AFTER // 2, asyncore_use_poll=True,
        max_request_body_size=(LARGEST_UPLOAD if admin else LARGEST_FORM) + ROOM_TO_SAY_SO,
    )  # fmt: skip


def _health_alone(pages: WSGIApplication) -> WSGIApplication:
    """An admin without public pages still says whether it is well; everything else leads to its door."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = pages if environ.get("PATH_INFO") in HEALTH else redirect(f"{ADMIN}/")
        return chosen(environ, start_response)

    return answer


def _by_path(admin_app: WSGIApplication, rest: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        chosen = admin_app if path == ADMIN or path.startswith(f"{ADMIN}/") else rest
        return chosen(environ, start_response)

    return answer
