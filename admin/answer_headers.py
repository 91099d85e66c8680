"""The headers that every answer of either site carries; what differs between them is told by the caller."""

from urllib.parse import urlsplit, urlunsplit

from flask import Response


def harden(response: Response, *, policy: str, referrer: str, secure: bool) -> None:
    """What a view has set stays. `secure`: the site is served over https."""
    _keep_host(response)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", referrer)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def _keep_host(response: Response) -> None:
    """werkzeug's own redirects (a missing slash) name the host of the request, which a client may make up: afterwards the path alone."""
    if response.status_code == 308 and response.location:
        parts = urlsplit(response.location)
        response.location = urlunsplit(("", "", f"/{parts.path.lstrip('/')}", parts.query, ""))
