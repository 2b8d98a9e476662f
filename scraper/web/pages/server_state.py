"""What outlives a request: where things are kept, and who may come in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Protocol

from scraper.i18n import LANGUAGES, Catalogue
from scraper.web.pages.active_runs import ActiveRuns
from scraper.web.pages.auth import Authenticator
from scraper.web.pages.background_jobs import BackgroundJobs
from scraper.web.pages.form_drafts import Drafts
from scraper.web.pages.form_tokens import OneTimeForms
from scraper.web.pages.ledger_cache import LedgerCache
from scraper.web.pages.screenshots import ScreenshotFolders

LOOKS = 0.1
"""Seconds between two looks at whether the server ends."""


class Ending(Protocol):
    """What serves the page, and tells when it is about to end."""

    should_exit: bool


@dataclass(slots=True, kw_only=True)
class ServerState:
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
    recall: LedgerCache = field(default_factory=LedgerCache)
    underway: ActiveRuns = field(init=False)
    drafts: Drafts = field(default_factory=Drafts, repr=False)
    once: OneTimeForms = field(default_factory=OneTimeForms)
    door: Authenticator = field(init=False)
    chores: BackgroundJobs = field(init=False)
    words: Mapping[str, Catalogue] = field(init=False)

    def __post_init__(self) -> None:
        """Its door, its runs, its words, and what goes on beside the answers."""
        self.chores = BackgroundJobs(clock=self.clock, over=self.over)
        self.door = Authenticator(state=self.state, clock=self.clock)
        self.underway = ActiveRuns(clock=self.clock, pictures=ScreenshotFolders(self.state))
        self.words = {language: Catalogue(language) for language in LANGUAGES}

    @property
    def home(self) -> str:
        """The proxy's prefix and the secret path, without a slash at the end."""
        return f"{self.root}{self.door.secret_path}"

    def close(self) -> None:
        """The server ends: so do the runs that it began, and each is remembered as cut off by it."""
        self.over.set()
        self.underway.end()


def close_with(server: Ending, desk: ServerState, over: Event) -> None:
    """Closes the desk as soon as the server is told to end: answers that would go on then end by themselves."""
    while not server.should_exit and not over.wait(LOOKS):
        pass
    desk.close()
