"""The address of a subscription, as it is shown to its user once."""

import re
from pathlib import Path

from scraper.errors import SettingsError
from scraper.memory import Memory
from scraper.web.subscribers import Subscriber

MOST = 256
"""Signs; Google silently fetches nothing from a longer one."""
UNKNOWN = "http://127.0.0.1:8765"
ADDRESS = re.compile(r"https?://[^\s/?#@\"<>]+(/[^\s?#\"<>]*)?")


def path_of(subscriber: Subscriber, secret: str) -> str:
    """The path at the feed."""
    return f"/c/{secret}/{subscriber.name}.ics"


def public_address(state: Path, given: str | None, longest_path: int) -> str:
    """What stands before a path: as given, and then from now on; else as given before; else where it was served last.

    Raises SettingsError("feed-address") for what is no address, or one too long.
    """
    memory = Memory(state / "feeds" / "address.json")
    known = memory.read()
    address = (given or str(known.get("public") or known.get("served") or UNKNOWN)).rstrip("/")
    if not ADDRESS.fullmatch(address) or len(address) + longest_path > MOST:
        raise SettingsError("feed-address", given=address, most=MOST)
    if given:
        with memory.changing() as kept:
            kept["public"] = address
    return address


def remember_served(state: Path, address: str) -> None:
    """The address under which the feed is served now. Raises DeliveryError, AnotherRun."""
    memory = Memory(state / "feeds" / "address.json")
    if memory.read().get("served") != address:
        with memory.changing() as kept:
            kept["served"] = address
