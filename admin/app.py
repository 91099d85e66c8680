"""The admin, put together: one Flask application, every route under /admin."""

import importlib
import pkgutil
from collections.abc import Callable

from flask import Flask, redirect, url_for
from werkzeug.wrappers import Response

from admin import doubt, navigating, problems, remarks, speaking, views, wording
from admin.assets import load_manifest
from admin.context import EXTENSION, Desk
from admin.guard import check_every_view_declares, install_guard
from admin.permissions import ANYONE, permission
from admin.proxies import behind_proxies
from admin.row_numbers import RowNumber
from admin.security import install_brake, install_csrf, install_headers
from newsroom.house import House

LARGEST_UPLOAD = 64 * 1024 * 1024


def create_admin_app(house: House, *, ring: Callable[[int], None]) -> Flask:
    """The admin of this house. `ring(issue_id)` is called after the commit of what gives the sender work."""
    desk = Desk(house=house, ring=ring, assets=load_manifest())
    app = Flask(__name__, static_url_path="/admin/static")
    app.extensions[EXTENSION] = desk
    _configure(app, desk)
    app.url_map.converters["int"] = RowNumber
    install_guard(app)
    install_csrf(app)
    install_headers(app, desk)
    problems.install(app)
    speaking.install(app)
    wording.install(app)
    remarks.install(app)
    doubt.install(app)
    _mount(app)
    navigating.install(app)
    install_brake(app, desk)
    app.wsgi_app = behind_proxies(app.wsgi_app, house.settings.trusted_proxies)  # type: ignore[assignment, method-assign]
    check_every_view_declares(app)
    return app


def _configure(app: Flask, desk: Desk) -> None:
    newest, *older = (secret.value for secret in desk.house.keys.secrets)
    app.config.update(
        SECRET_KEY=newest,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME="newsroom_admin",
        SESSION_COOKIE_PATH="/admin",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=desk.served_securely,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
    )
    app.jinja_options = {**app.jinja_options, "trim_blocks": True, "lstrip_blocks": True}


def _mount(app: Flask) -> None:
    """Every module of views has its `routes`: a new page needs no line here."""
    for found in pkgutil.iter_modules(views.__path__, f"{views.__name__}."):
        app.register_blueprint(importlib.import_module(found.name).routes, url_prefix="/admin")

    @app.get("/admin/")
    @permission(ANYONE)
    def home() -> Response:
        return redirect(url_for("issues.index"))
