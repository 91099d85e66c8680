"""Redirects that stay here: a host that a client made up travels into no cache and no address of ours."""

from urllib.parse import urlsplit, urlunsplit

from flask import Response


def keep_host(response: Response) -> None:
    """werkzeug's own redirects (a missing slash) name the host of the request; afterwards the path alone."""
    if response.status_code == 308 and response.location:
        parts = urlsplit(response.location)
        response.location = urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, ""))
