"""An account's login: credentials, school and browser settings. Needs no browser."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scraper.config.settings.model import Settings
from scraper.domain.credentials import Credentials
from scraper.domain.school import School
from scraper.system.paths import failure_file
from scraper.system.session_file import SavedSession, SessionFile

MANUAL_LOGIN_SECONDS = 600
"""Seconds that a user has to finish a login in the browser window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A login at a school's portal; `state` is the folder for data kept between runs.

    `name` is the account's name in the settings, empty for a login without an account. `pictures` is the folder where
    a live view of the run requests screenshots.
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
        """The name under which the account's runs are stored."""
        return self.name or self.credentials.login

    @property
    def failure(self) -> Path:
        """The path, without suffix, of the files that a failed run writes: `.json`, `.html`, `.png`."""
        return failure_file(self.state, self.name).with_suffix("")

    @property
    def secrets(self) -> tuple[str, ...]:
        """The texts that must never appear in output, logs or reports."""
        return tuple(secret for secret in (self.credentials.password, self.credentials.login) if secret)

    @property
    def session_file(self) -> SessionFile:
        """The file of this account's saved session."""
        name = hashlib.sha256(f"{self.school.base_url}\n{self.credentials.login}".encode()).hexdigest()[:16]
        return SessionFile(self.state / "sessions" / f"{name}.json")

    def saved_session(self) -> SavedSession | None:
        """Return the session that the last run saved, if it may still be valid."""
        return self.session_file.read(self.credentials.login, self.school.base_url)

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that Chromium must reach."""
        return *self.school.hosts, *self.login_hosts


def build_account(
    settings: Settings,
    school: School,
    state: Path,
    *,
    login: str,
    password: str = "",
    name: str = "",
    debug: Path | None = None,
) -> Account:
    """Build the account from the settings; without a password only a saved session can log in."""
    return Account(
        school=school,
        name=name,
        credentials=Credentials(login=login, password=password),
        state=state,
        login_hosts=frozenset(settings.login_hosts),
        menu=settings.menu,
        timeout=settings.timeout,
        headless=not settings.visible,
        browser=settings.browser,
        sandbox=settings.sandbox,
        debug=debug,
    )
