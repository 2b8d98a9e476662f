"""The address of a subscription, as it is shown to its user once."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from scraper.errors import SettingsError
from scraper.publishing.feeds.subscribers import Subscriber
from scraper.system.json_store import JsonFile

MOST = 256
"""Signs; Google silently fetches nothing from a longer one."""
LONGEST_PATH = 110
"""Signs of the longest path at the feed."""
Reach = Literal["here", "network", "world"]
"""This machine alone, its network, everywhere."""
UNKNOWN = "http://127.0.0.1:8765"
ADDRESS = re.compile(r"https?://[^\s/?#@\"<>]+(/[^\s?#\"<>]*)?")


def path_of(subscriber: Subscriber, secret: str) -> str:
    """The path at the feed."""
    return f"/c/{secret}/{subscriber.name}.ics"


def public_address(state: Path, given: str | None = None) -> str:
    """What stands before a path: as given, and then from now on; else as given before; else where it was served last.

    An empty one takes that away. Raises SettingsError("feed-address") for what is no address, or one too long.
    """
    memory = JsonFile(state / "feeds" / "address.json")
    known = memory.read()
    before = known.get("public") if given is None else None
    address = (given or str(before or known.get("served") or UNKNOWN)).rstrip("/")
    if not _is_address(address):
        raise SettingsError("feed-address", given=address, most=MOST)
    if given is not None:
        with memory.changing() as kept:
            kept["public"] = address if given else ""
    return address


def _is_address(text: str) -> bool:
    try:
        has_host = bool(urlsplit(text).hostname and (urlsplit(text).port or 1))
    except ValueError:
        return False
    return has_host and ADDRESS.fullmatch(text) is not None and len(text) + LONGEST_PATH <= MOST


def given_address(state: Path) -> str:
    """What was given to stand before a path; empty where nothing was."""
    return str(JsonFile(state / "feeds" / "address.json").read().get("public") or "")


def remember_served(state: Path, address: str) -> None:
    """The address under which the feed is served now. Raises DeliveryError, AnotherRun."""
    memory = JsonFile(state / "feeds" / "address.json")
    if memory.read().get("served") != address:
        with memory.changing() as kept:
            kept["served"] = address


def reach_of(address: str) -> Reach:
    """From where a calendar can come to that address."""
    host = urlsplit(address).hostname or ""
    try:
        number = ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            return "here"
        return "network" if "." not in host or host.endswith((".local", ".lan", ".home.arpa")) else "world"
    return "here" if number.is_loopback else "world" if number.is_global else "network"
