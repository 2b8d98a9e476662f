"""Validate addresses, and find the root of a portal in a page's address."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from scraper.errors import SettingsError

_PAGE = re.compile(r"(/faces(/.*)?|/login)?/*$")
_HOST = re.compile(r"[\w-]+(\.[\w-]+)+")
PORTS = {"https": 443, "http": 80}


def portal_root(address: str) -> str:
    """Return the root of the portal that contains an address: `https://host[:port][/context]`, without final slash.

    An address without a scheme is taken as https. Raise SettingsError("address", address) where it is not an address,
    neither https nor http on loopback, or contains a login or password (which the fact never has).
    """
    given = address.strip()
    whole = given if "://" in given else f"https://{given}"
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError as error:
        raise SettingsError("address", address=without_secrets(given)) from error
    if "@" in re.split(r"[?#]", whole)[0] or re.search(r"\s", given) or not is_safe(whole):
        raise SettingsError("address", address=without_secrets(given))
    place = host_of(parts) if port in {None, PORTS[parts.scheme]} else f"{host_of(parts)}:{port}"
    return f"{parts.scheme}://{place}{_PAGE.sub('', parts.path.split(';')[0])}"


def is_safe(address: str) -> bool:
    """Return whether a password may be sent there: https, or http on 127.0.0.0/8, ::1 or `localhost`."""
    try:
        parts = urlsplit(address)
        host = host_of(parts)
    except ValueError:
        return False
    if parts.scheme == "http":
        return _is_loopback(host)
    return parts.scheme == "https" and bool(_is_loopback(host) or _is_ip(host) or _HOST.fullmatch(host))


def origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port, which together get one password. Raise ValueError where it is not an address."""
    parts = urlsplit(address)
    return parts.scheme, host_of(parts), parts.port or PORTS.get(parts.scheme)


def host_of(parts: SplitResult) -> str:
    """Return the host as in an address: in lower case, IPv6 in brackets."""
    host = (parts.hostname or "").rstrip(".")
    return f"[{host}]" if ":" in host else host


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "[::1]"} or (host.startswith("127.") and _is_ip(host))


def without_secrets(address: str) -> str:
    """Return an invalid address without login, query and fragment, safe to display."""
    return re.split(r"[?#]", address.rsplit("@", 1)[-1])[0]
