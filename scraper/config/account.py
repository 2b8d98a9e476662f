"""Who logs in where, and how. Known without a browser."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from scraper.domain.credentials import Credentials
from scraper.domain.progress import PICTURES
from scraper.domain.school import School
from scraper.system.paths import state_folder
from scraper.system.session_file import SavedSession, SessionFile

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings

BY_HAND = 600
"""Seconds that a person has to finish a login in the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who logs in where, and how; `state` is the folder for what is kept between runs.

    `name` is the account's in the settings, empty for one that is none of them. `pictures` is where who watches the run
    asks for pictures.
    """

    school: School
    name: str = ""
    credentials: Credentials = field(repr=False)
    state: Path
    login_hosts: frozenset[str] = frozenset()
    menu: str = ""
    timeout: float = 60
    headless: bool = True
    browser: Path | None = None
    sandbox: bool = True
    debug: Path | None = None
    by_hand: bool = False
    pictures: Path | None = None

    @property
    def runs(self) -> str:
        """The name under which its runs are remembered."""
        return self.name or self.credentials.login

    @property
    def failure(self) -> Path:
        """What a failed run leaves of its last page, less the ending: `.json`, `.html`, `.png`."""
        return self.state / (f"failure-{self.name}" if self.name else "failure")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What may stand in nothing that is written."""
        return tuple(secret for secret in (self.credentials.password, self.credentials.login) if secret)

    @property
    def session_file(self) -> SessionFile:
        """Where this account's session is kept."""
        name = hashlib.sha256(f"{self.school.base_url}\n{self.credentials.login}".encode()).hexdigest()[:16]
        return SessionFile(self.state / "sessions" / f"{name}.json")

    def kept(self) -> SavedSession | None:
        """The session that the last run left, if it may still live."""
        return self.session_file.read(self.credentials.login, self.school.base_url)

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that Chromium must reach."""
        own = urlsplit(self.school.base_url).hostname or ""
        return own, *self.school.login_hosts, *self.school.further_hosts, *self.login_hosts


def account_from(
    settings: "Settings", school: School, *, login: str, password: str = "", name: str = "", debug: Path | None = None
) -> Account:
    """Who logs in, as these settings say; without a password a kept session must do."""
    watched = os.environ.get(PICTURES)
    return Account(
        school=school,
        name=name,
        credentials=Credentials(login=login, password=password),
        state=state_folder(),
        login_hosts=frozenset(settings.login_hosts),
        menu=settings.menu,
        timeout=settings.timeout,
        headless=not settings.visible,
        browser=settings.browser,
        sandbox=settings.sandbox,
        debug=debug,
        pictures=Path(watched) if watched else None,
    )
