"""Server-wide state shared by all requests."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any

import uvicorn

from scraper.config.configuration import Config
from scraper.errors import AurionError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.runs.ready_worker import ReadyWorker
from scraper.web.home_network import HomeNetwork
from scraper.web.pages.account_source import AccountSource
from scraper.web.pages.active_runs import ActiveRuns
from scraper.web.pages.auth import Authenticator
from scraper.web.pages.background_jobs import BackgroundJobs
from scraper.web.pages.form_drafts import Drafts
from scraper.web.pages.form_tokens import OneTimeForms
from scraper.web.pages.google_connections import GoogleConnections
from scraper.web.pages.ledger_cache import LedgerCache
from scraper.web.pages.screenshot_folders import ScreenshotFolders
from scraper.web.pages.service_jobs import ServiceJobs
from scraper.web.server_options import ServerOptions

POLL = 0.1
"""Seconds between two checks of whether the server is about to stop."""


@dataclass(slots=True, kw_only=True)
class ServerState:
    """State of one server that all its requests share.

    `folder` is the state folder. `environment` has the server's own variables. `accounts` has the data of accounts.
    `root` is the path prefix under which a proxy shows the server, empty or with a leading slash; `host` the host name
    under which it is reached. `over` is set when the server shuts down. `home_network` is None where the server itself
    listens on a network. `ready_worker` is None where no browser is kept ready. `templates` is the package with
    templates that are used instead of the page's own.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    accounts: AccountSource[Any]
    root: str = ""
    host: str = "127.0.0.1"
    home_network: HomeNetwork | None = None
    ready_worker: ReadyWorker | None = None
    templates: str = ""
    cookie_name: str = "aurion"
    over: Event = field(default_factory=Event)
    ledger_cache: LedgerCache = field(default_factory=LedgerCache)
    runs: ActiveRuns = field(init=False)
    drafts: Drafts = field(default_factory=Drafts, repr=False)
    one_time_forms: OneTimeForms = field(default_factory=OneTimeForms)
    google_connections: GoogleConnections = field(default_factory=GoogleConnections)
    authenticator: Authenticator = field(init=False)
    background_jobs: BackgroundJobs = field(init=False)
    service_jobs: ServiceJobs = field(init=False)
    words: Mapping[str, Catalogue] = field(init=False)

    def __post_init__(self) -> None:
        """Create the parts that depend on the folder and the clock."""
        self.background_jobs = BackgroundJobs(over=self.over)
        self.service_jobs = ServiceJobs(clock=self.clock)
        self.authenticator = Authenticator(state=self.folder, clock=self.clock)
        self.runs = ActiveRuns(clock=self.clock, screenshots=ScreenshotFolders(self.folder))
        self.words = {language: Catalogue(language) for language in LANGUAGES}

    @property
    def options(self) -> ServerOptions:
        """What the page turned on for the server."""
        return ServerOptions(self.folder)

    @property
    def home(self) -> str:
        """The beginning of every address of the page: the proxy's prefix and the secret path, no slash at the end."""
        return f"{self.root}{self.authenticator.secret_path}"

    def prepare_run(self, account: str, config: Config) -> None:
        """Have a browser ready for an export of the account, or of the first one, unless its run is under way."""
        if self.ready_worker is None:
            return
        with suppress(AurionError):
            names = config.account_names
            name = account if account in names else next(iter(names), "")
            run = self.runs.get(name)
            if name and (run is None or run.result is not None):
                self.ready_worker.prepare(name)

    def close(self) -> None:
        """Shut down: stop the runs of this server, each of which is stored as interrupted."""
        self.over.set()
        self.runs.stop_all()
        if self.ready_worker:
            self.ready_worker.close()


def close_with(server: uvicorn.Server, state: ServerState, over: Event) -> None:
    """Close the state as soon as the server is about to stop, so that its streaming responses end."""
    while not server.should_exit and not over.wait(POLL):
        pass
    state.close()
