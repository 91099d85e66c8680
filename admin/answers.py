"""Whether a page or JSON is asked for: our own scripts send and take JSON."""

from flask import request


def wants_json() -> bool:
    return request.is_json or request.accept_mimetypes.best == "application/json"
