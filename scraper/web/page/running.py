"""A run that the page begins: an export in a process of its own, as the timer's, watched while it goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr
from starlette.responses import Response

from scraper.bug import bug
from scraper.by_hand import run_now
from scraper.errors import AurionError
from scraper.runs import REFUSED, Runs
from scraper.settings.loading import account_names
from scraper.unattended.child import PASSWORD, Result, exported, of_error
from scraper.vault import vaults
from scraper.web.page.desk import Desk
from scraper.web.page.underway import Live
from scraper.web.page.visit import Visit
from scraper.words import Words

OF_ONE = frozenset({PASSWORD, "AURION_OUTPUT"})
"""Variables of the server's that can be meant for one account only."""
WINDOW = 660.0
"""Seconds: a little longer than a person has to log in in the window."""
LOCALES = ("LC_ALL", "LC_MESSAGES", "LANGUAGE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a run is begun with. `by_hand` lets a person log in in a window first.

    `is_new` is an account's that was just made: a password that the portal refuses then is not kept.
    """

    desk: Desk
    words: Words
    account: str
    password: SecretStr | None = field(default=None, repr=False)
    is_new: bool = False
    by_hand: bool = False

    def __call__(self, live: Live) -> Result:
        """The run, remembered as any; nothing is raised."""
        runs, anew = Runs(self.desk.state, self.account), self.by_hand or self.password is not None
        try:
            result = run_now(runs, lambda: self._exported(live), self.desk.clock, self.words, anew=anew)
            if self.is_new and result.exit_code == REFUSED:
                vaults(environment=self.desk.environment).drop(self.account)
        except AurionError as error:
            return of_error(error, self.words)
        except Exception as raised:  # noqa: BLE001 - a bug of ours is told on the page as any error
            return of_error(bug(raised), self.words)
        return result

    def _exported(self, live: Live) -> Result:
        environment = self._environment()
        if self.by_hand:
            live.step("window", None)
            result = exported(
                [self.account, "--visible"], environment, _unseen, command=("login",), bound=WINDOW, stop=live.stop
            )
            if result.exit_code:
                return result
            live.step("window", result.seconds)
        return exported([self.account], environment, live.step, stop=live.stop, pictures=live.pictures)

    def _environment(self) -> Mapping[str, str]:
        """The server's own, in the visitor's language."""
        alone = account_names() == (self.account,)
        told = {name: value for name, value in self.desk.environment.items() if alone or name not in OF_ONE}
        if everywhere := told.get("LC_ALL"):
            told["LC_CTYPE"] = everywhere
        told = {name: value for name, value in told.items() if name not in LOCALES}
        if self.password:
            told[PASSWORD] = self.password.get_secret_value()
        language = {"fr": "fr_FR.UTF-8", "en": "en_GB.UTF-8"}[self.words.language]
        return told | {"LC_MESSAGES": language}


def _unseen(_step: str, _seconds: float | None) -> None:
    """What goes on in the window somebody sees there."""


def begin_run(
    visit: Visit, account: str, *, password: SecretStr | None = None, is_new: bool = False, by_hand: bool = False
) -> Response:
    """Begins it, unless one of the account goes on here already; then its page."""
    is_first = Runs(visit.desk.state, account).last_good() is None
    work = Running(
        desk=visit.desk, words=visit.words, account=account, password=password, is_new=is_new, by_hand=by_hand
    )
    visit.desk.underway.start(account, work, is_first=is_first)
    return visit.goes_to(f"/runs/{account}")
