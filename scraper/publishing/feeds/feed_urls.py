"""Build the address of a subscription, which is shown to its user once."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from scraper.errors import SettingsError
from scraper.publishing.feeds.subscribers import Subscriber
from scraper.system.json_store import JsonFile

_MOST = 256
"""The maximum length of an address; Google Calendar silently ignores longer ones."""
LONGEST_PATH = 110
"""The length of the feed's longest path."""
Reach = Literal["here", "network", "world"]
"""The reach of an address: this machine only, its network, or everywhere."""
UNKNOWN = "http://127.0.0.1:8765"
_ADDRESS = re.compile(r"https?://[^\s/?#@\"<>]+(/[^\s?#\"<>]*)?")


def path_of(subscriber: Subscriber, secret: str) -> str:
    """Return the subscription's path at the feed server."""
    return f"/c/{secret}/{subscriber.name}.ics"


def public_address(state: Path, given: str | None = None) -> str:
    """Return the base address of subscriptions: `given`, else the stored one, else where the feed was served last.

    A given address is stored; an empty one deletes the stored one. Raise SettingsError("feed-address") where it is
    not an address or too long.
    """
    memory = JsonFile(state / "feeds" / "address.json")
    known = memory.read()
    before = known.get("public") if given is None else None
    address = (given or str(before or known.get("served") or UNKNOWN)).rstrip("/")
    if not _is_address(address):
        raise SettingsError("feed-address", given=address, most=_MOST)
    if given is not None:
        with memory.change() as data:
            data["public"] = address if given else ""
    return address


def _is_address(text: str) -> bool:
    try:
        has_host = bool(urlsplit(text).hostname and (urlsplit(text).port or 1))
    except ValueError:
        return False
    return has_host and _ADDRESS.fullmatch(text) is not None and len(text) + LONGEST_PATH <= _MOST


def configured_address(state: Path) -> str:
    """Return the stored base address; empty where there is none."""
    return str(JsonFile(state / "feeds" / "address.json").read().get("public") or "")


def remember_served(state: Path, address: str) -> None:
    """Store the address at which the feed is served now. Raise DeliveryError or AnotherRun."""
    memory = JsonFile(state / "feeds" / "address.json")
    if memory.read().get("served") != address:
        with memory.change() as data:
            data["served"] = address


def reach_of(address: str) -> Reach:
    """Return from where that address can be reached."""
    host = urlsplit(address).hostname or ""
    try:
        number = ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            return "here"
        return "network" if "." not in host or host.endswith((".local", ".lan", ".home.arpa")) else "world"
    return "here" if number.is_loopback else "world" if number.is_global else "network"
