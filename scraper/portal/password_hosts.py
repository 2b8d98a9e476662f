"""Hosts that may receive a password: the portal's and declared ones, over https, or http on a loopback address."""

from collections.abc import Collection
from urllib.parse import urlsplit

from scraper.domain.urls import is_safe
from scraper.errors import ActionNeeded


def check_password_may_go(address: str, allowed: Collection[str]) -> None:
    """Raise ActionNeeded where a password must not be typed on, or sent to, that address."""
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    if host not in {name.lower() for name in allowed}:
        raise ActionNeeded("other-host", host=host or parts.scheme)
    if not is_safe(address):
        raise ActionNeeded("not-secure", host=host)
