"""Validation of the addresses of CalDAV servers and their calendars."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

from scraper.domain.urls import PORTS, host_of, is_safe, without_secrets
from scraper.errors import SettingsError


def parse_server_address(given: str) -> str:
    """Return the address of a calendar or of its server, with https where no scheme is given.

    Raise SettingsError("caldav-address").
    """
    try:
        return server_root(given if "://" in given else f"https://{given.strip()}")
    except ValueError:
        raise SettingsError("caldav-address", given=without_secrets(given)) from None


def parse_collection_address(given: str) -> str:
    """Return the address of a calendar in the form used in settings. Raise SettingsError("caldav-address")."""
    address = parse_server_address(given)
    with suppress(ValueError):
        return collection_root(address)
    raise SettingsError("caldav-address", given=without_secrets(given))


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
