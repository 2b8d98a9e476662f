"""Validation of the addresses of CalDAV servers and their calendars."""

import re
from urllib.parse import urlsplit

from scraper.domain.urls import PORTS, host_of, is_safe, without_secrets
from scraper.errors import SettingsError


def parse_address(given: str, *, is_calendar: bool = False) -> str:
    """Return the address of a server, or of a calendar there, with https where no scheme is given.

    Raise SettingsError("caldav-address"); with `is_calendar` also for the root of a server.
    """
    parse = collection_root if is_calendar else server_root
    try:
        return parse(given if "://" in given else f"https://{given.strip()}")
    except ValueError:
        raise SettingsError("caldav-address", given=without_secrets(given)) from None


def collection_root(address: str) -> str:
    """Return a calendar's address with a final slash: https, or http on loopback.

    Raise ValueError where it is invalid, the root of a server, or contains a login, a query or a fragment.
    """
    root = server_root(address)
    if urlsplit(root).path == "/":
        raise ValueError
    return root


def server_root(address: str) -> str:
    """Return the address of a server, or of any place there, with a final slash; raise as `collection_root`."""
    parts = urlsplit(address.strip())
    safe = (parts.scheme == "https" and parts.hostname) or is_safe(address.strip())
    if not safe or "@" in parts.netloc or re.search(r"[\s?#]", address.strip()):
        raise ValueError
    port = "" if parts.port in {None, PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host_of(parts)}{port}{parts.path.rstrip('/')}/"
