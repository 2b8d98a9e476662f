"""The name `localhost` on machines that do not know it: minimal installations have no /etc/hosts."""

import socket

LOOPBACK = "127.0.0.1"


def resolvable(host: str) -> str:
    """Return the host, or the loopback address for a `localhost` that the system cannot resolve (RFC 6761 §6.3)."""
    if host.lower().rstrip(".") != "localhost":
        return host
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return LOOPBACK
    return host
