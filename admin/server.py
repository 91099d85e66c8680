"""One web server for both faces: the public pages at /, the admin at /admin."""

from collections.abc import Callable, Iterable
from typing import Any

import waitress
from newsroom.sendqueue.broker import ring
from werkzeug.utils import redirect

from admin.app import create_admin_app
from admin.proxies import Wsgi, trusting
from admin.public import create_public_app
from newsroom.house import House

ADMIN = "/admin"
THREADS = 8


def compose(house: House, *, admin: bool, public: bool) -> Wsgi:
    """The application of this process. Both see the whole path; the first word of it decides."""
    admin_app = create_admin_app(house, ring=ring) if admin else None
    public_app = create_public_app(house) if public else redirect(f"{ADMIN}/")
    return trusting(_by_path(admin_app, public_app) if admin_app else public_app, house.settings.trusted_proxies)


def serve(house: House, *, host: str, port: int, admin: bool, public: bool) -> None:
    """Serve until the process is told to stop."""
    create_server(house, host=host, port=port, admin=admin, public=public).run()


def create_server(house: House, *, host: str, port: int, admin: bool, public: bool) -> Any:
    """A waitress server, listening already; its run() answers and its close() ends."""
    application = compose(house, admin=admin, public=public)
    # ident="": the server does not tell what it is.
    return waitress.create_server(application, host=host, port=port, threads=THREADS, ident="", clear_untrusted_proxy_headers=False)


def _by_path(admin_app: Wsgi, rest: Wsgi) -> Wsgi:
    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        chosen = admin_app if path == ADMIN or path.startswith(f"{ADMIN}/") else rest
        return chosen(environ, start_response)

    return answer
