"""Hosts: which of them are this very machine."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach this name or address (RFC 6761 section 6.3)."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
