"""A run that the page begins: an export in a process of its own, as the timer's, watched while it goes on."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.outputs import collections_of
from scraper.config.settings.loading import account_names, load_settings
from scraper.config.vault import vaults
from scraper.config.vault.vaults import PASSPHRASE
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.runs.manual import run_manually
from scraper.runs.worker import PASSWORD, WorkerResult, exported, of_error
from scraper.system.crash_report import save_crash_report
from scraper.system.run_history import REFUSED, Runs
from scraper.web.pages.active_runs import ActiveRun
from scraper.web.pages.background_jobs import environment_for
from scraper.web.pages.request import PageRequest
from scraper.web.pages.server_state import ServerState
from scraper.web.pages.setup_form import is_untried

OUTPUT = "AURION_OUTPUT"
"""A variable of the server's that can be meant for one account only, as a password is."""
WINDOW = 660.0
"""Seconds: a little longer than a person has to log in in the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What a run is begun with. `by_hand` lets a person log in in a window first.

    `is_new` is an account's that was just made: a password that the portal refuses then is not kept.
    """

    desk: ServerState
    words: Catalogue
    account: str
    password: SecretStr | None = field(default=None, repr=False)
    passphrase: SecretStr | None = field(default=None, repr=False)
    is_new: bool = False
    by_hand: bool = False

    def __call__(self, live: ActiveRun) -> WorkerResult:
        """The run, remembered as any; nothing is raised."""
        runs, anew = Runs(self.desk.state, self.account), self.by_hand or self.password is not None
        try:
            result = run_manually(runs, lambda: self._exported(live), self.desk.clock, self.words, anew=anew)
        except AurionError as error:
            return of_error(error, self.words)
        except Exception as raised:  # noqa: BLE001 - a bug of ours is told on the page as any error
            return of_error(save_crash_report(raised), self.words)
        if self.is_new and result.exit_code == REFUSED:
            with suppress(AurionError):
                vaults(environment=self.desk.environment).drop(self.account)
        return result

    def _exported(self, live: ActiveRun) -> WorkerResult:
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
        """The server's own, in the visitor's language; the password is handed to the child by a pipe."""
        given = self.desk.environment
        told = environment_for(given, self.words.language)
        if account_names() != (self.account,):
            told.pop(OUTPUT, None)
        phrase = self.passphrase.get_secret_value() if self.passphrase else given.get(PASSPHRASE)
        if phrase and collections_of(load_settings({}, given, self.account)):
            told[PASSPHRASE] = phrase  # the servers' own passwords are read where the calendars are pushed
        secret = self._password(given)
        return told | {PASSWORD: secret.get_secret_value()} if secret else told

    def _password(self, given: Mapping[str, str]) -> SecretStr | None:
        """What was typed, or given to the server for its only account; else what its passphrase opens."""
        if self.password or self.by_hand:
            return self.password
        if (alone := given.get(PASSWORD)) and account_names() == (self.account,):
            return SecretStr(alone)
        found = vaults(environment=given).find(self.account) if given.get(PASSPHRASE) else None
        return found[1] if found else None


def _unseen(_step: str, _seconds: float | None) -> None:
    """What goes on in the window somebody sees there."""


def begin_run(
    visit: PageRequest,
    account: str,
    *,
    password: SecretStr | None = None,
    passphrase: SecretStr | None = None,
    is_new: bool = False,
    by_hand: bool = False,
) -> Response:
    """Begins it, unless one of the account goes on here already; then its page."""
    work = Running(
        desk=visit.desk, words=visit.words, account=account, password=password, passphrase=passphrase, is_new=is_new,
        by_hand=by_hand,
    )  # fmt: skip
    visit.desk.underway.start(account, work, is_first=is_untried(account))
    return visit.goes_to(f"/runs/{account}")
