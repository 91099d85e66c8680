"""Behind a proxy: whose word counts about the client's address and scheme (NEWSROOM_TRUSTED_PROXIES)."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def trusting(application: Wsgi, proxies: Iterable[str]) -> Wsgi:
    """The application, seeing the client that trusted proxies report; from anybody else these headers mean nothing."""
    networks = tuple(ipaddress.ip_network(proxy, strict=False) for proxy in proxies)
    if not networks:
        return application

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _is_within(environ.get("REMOTE_ADDR", ""), networks):
            _believe(environ, networks)
        return application(environ, start_response)

    return answer


def _believe(environ: dict[str, Any], networks: tuple[Network, ...]) -> None:
    hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    # From the right: the first hop that is not a trusted proxy is the client; what stands left of it anybody may have written.
    client = next((hop for hop in reversed(hops) if not _is_within(hop, networks)), hops[0] if hops else "")
    if _is_address(client):
        environ["REMOTE_ADDR"] = client
    if environ.get("HTTP_X_FORWARDED_PROTO") in ("http", "https"):
        environ["wsgi.url_scheme"] = environ["HTTP_X_FORWARDED_PROTO"]


def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    return _is_address(address) and any(ipaddress.ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
