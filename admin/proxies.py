"""Forwarded headers count only when the connection itself comes from a proxy that NEWSROOM_TRUSTED_PROXIES names."""

import ipaddress
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.middleware.proxy_fix import ProxyFix


def behind_proxies(application: WSGIApplication, trusted: Iterable[str]) -> WSGIApplication:
    """The application as seen through these proxies: one hop of X-Forwarded-For and -Proto; the host stays the one configured."""
    networks = [ipaddress.ip_network(word, strict=False) for word in trusted]
    if not networks:
        return application
    forwarded = ProxyFix(application, x_for=1, x_proto=1, x_host=0)

    def choose(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        chosen = forwarded if _is_among(environ.get("REMOTE_ADDR", ""), networks) else application
        return chosen(environ, start_response)

    return choose


def _is_among(address: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    plain = getattr(found, "ipv4_mapped", None) or found
    return any(plain in network for network in networks)
