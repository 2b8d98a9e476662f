"""What outlives a request: where things are kept, and who may come in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Protocol

from scraper.web.page.chores import Chores
from scraper.web.page.door import Door
from scraper.web.page.draft import Drafts
from scraper.web.page.once import Once
from scraper.web.page.pictures import Pictures
from scraper.web.page.recall import Recall
from scraper.web.page.underway import Underway
from scraper.words import LANGUAGES, Words

LOOKS = 0.1
"""Seconds between two looks at whether the server ends."""


class Ending(Protocol):
    """What serves the page, and tells when it is about to end."""

    should_exit: bool


@dataclass(slots=True, kw_only=True)
class Desk:
    """One server's. `root` is the prefix under which a proxy shows it, empty or with a slash before it.

    `home` is what every address of the page begins with.

    `environment` is the server's own; `over` tells that it ends, `recall` spares reading
    a ledger again.
    """

    state: Path
    environment: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    root: str = ""
    host: str = "127.0.0.1"
    over: Event = field(default_factory=Event)
    recall: Recall = field(default_factory=Recall)
    underway: Underway = field(init=False)
    drafts: Drafts = field(default_factory=Drafts, repr=False)
    once: Once = field(default_factory=Once)
    door: Door = field(init=False)
    chores: Chores = field(init=False)
    words: Mapping[str, Words] = field(init=False)

    def __post_init__(self) -> None:
        """Its door, its runs, its words, and what goes on beside the answers."""
        self.chores = Chores(clock=self.clock, over=self.over)
        self.door = Door(state=self.state, clock=self.clock)
        self.underway = Underway(clock=self.clock, pictures=Pictures(self.state))
        self.words = {language: Words(language) for language in LANGUAGES}

    @property
    def home(self) -> str:
        """The proxy's prefix and the secret path, without a slash at the end."""
        return f"{self.root}{self.door.secret_path}"

    def close(self) -> None:
        """The server ends: so do the runs that it began, and each is remembered as cut off by it."""
        self.over.set()
        self.underway.end()


def close_with(server: Ending, desk: Desk, over: Event) -> None:
    """Closes the desk as soon as the server is told to end: answers that would go on then end by themselves."""
    while not server.should_exit and not over.wait(LOOKS):
        pass
    desk.close()
