"""Runs started from the page: an export in a process of its own, like the timer's, watched while it runs."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta
from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.export_period import period_of
from scraper.config.outputs import destinations_of
from scraper.config.settings.model import MOST_MONTHS
from scraper.config.vault.vaults import PASSPHRASE, vaults
from scraper.errors import AurionError, ExitCode
from scraper.i18n import Catalogue
from scraper.publishing.render import first_shown_day
from scraper.runs.run import failed_result, record_run
from scraper.runs.worker import PASSWORD, WorkerResult, run_worker
from scraper.system.crash_report import save_crash_report
from scraper.system.run_history import Runs
from scraper.web.pages.active_runs import ActiveRun
from scraper.web.pages.background_jobs import child_environment
from scraper.web.pages.request import PageRequest
from scraper.web.pages.server_state import ServerState
from scraper.web.pages.setup_form import is_untried

OUTPUT = "AURION_OUTPUT"
"""A variable of the server that can only apply to a single account, like a password."""
WINDOW = 660.0
"""Seconds: a little longer than the time for logging in in the browser window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTask:
    """The work of one run (`active_runs.Work`).

    `by_hand` opens a browser window for the log-in first. `is_new` is set for a new account: a password that the portal
    refuses is then deleted again.
    """

    state: ServerState
    words: Catalogue
    account: str
    password: SecretStr | None = field(default=None, repr=False)
    passphrase: SecretStr | None = field(default=None, repr=False)
    is_new: bool = False
    in_window: bool = False

    def __call__(self, run: ActiveRun) -> WorkerResult:
        """Run the export and store the outcome like any run's; every exception becomes a result."""
        runs, has_new_login = Runs(self.state.folder, self.account), self.in_window or self.password is not None
        try:
            result = record_run(runs, lambda: self._export(run), self.state.clock, retry_blocked=has_new_login)
            if self.is_new and result.exit_code == ExitCode.LOGIN_REFUSED:
                with suppress(AurionError):
                    vaults(environment=self.state.environment).drop(self.account)
        except AurionError as error:
            return failed_result(error, self.words)
        except Exception as raised:  # noqa: BLE001 - a bug is shown on the page like any error
            return failed_result(save_crash_report(raised), self.words)
        return result

    def _export(self, run: ActiveRun) -> WorkerResult:
        config = Config(environment=self.state.environment)
        environment = self._environment(config)
        if self.in_window:
            run.record_step("window", None)
            result = run_worker(
                [self.account, "--visible"], environment, on_step=lambda *_: None,  # they are visible in its window
                command=("login",), bound=WINDOW, stop=run.stop,
            )  # fmt: skip
            if result.exit_code:
                return result
            run.record_step("window", result.seconds)
        arguments = [self.account, *self._first_period(config)]
        waiting = self.state.ready_worker.take(self.account) if self.state.ready_worker else None
        return run_worker(
            arguments, environment, run.record_step, stop=run.stop, pictures=run.screenshots, waiting=waiting
        )

    def _first_period(self, config: Config) -> Sequence[str]:
        """Return the options with which the first run also asks for the past days that the calendar keeps."""
        named = load_account(self.account, config)
        today = self.state.clock().astimezone(named.school.zone).date()
        past = named.settings.past
        first = first_shown_day(today, None if isinstance(past, str) else past)
        if named.settings.first or not is_untried(self.state.folder, self.account) or first >= today:
            return ()
        last = min(period_of(named.settings, today).last, first + relativedelta(months=MOST_MONTHS))
        return ("--from", first.isoformat(), "--until", last.isoformat())

    def _environment(self, config: Config) -> Mapping[str, str]:
        """Return the child's variables, in the visitor's language; the worker passes the password through a pipe."""
        variables = child_environment(config.environment, self.words.language)
        if config.account_names != (self.account,):
            variables.pop(OUTPUT, None)
        passphrase = self.passphrase.get_secret_value() if self.passphrase else config.environment.get(PASSPHRASE)
        if passphrase and destinations_of(config.settings(self.account)):
            variables[PASSPHRASE] = passphrase  # the servers' own passwords are read where the calendars are pushed
        password = self._password(config)
        return variables | {PASSWORD: password.get_secret_value()} if password else variables

    def _password(self, config: Config) -> SecretStr | None:
        """Return the typed password, else the server's for its only account, else the one in the vault."""
        if self.password or self.in_window:
            return self.password
        if (password := config.environment.get(PASSWORD)) and config.account_names == (self.account,):
            return SecretStr(password)
        is_open = config.environment.get(PASSPHRASE)
        entry = vaults(environment=config.environment).find(self.account) if is_open else None
        return entry[1] if entry else None


def begin_run(
    request: PageRequest,
    account: str,
    *,
    password: SecretStr | None = None,
    passphrase: SecretStr | None = None,
    is_new: bool = False,
    in_window: bool = False,
) -> Response:
    """Start a run unless one of the account is under way here; return the redirect to its page."""
    work = RunTask(
        state=request.state, words=request.words, account=account, password=password, passphrase=passphrase,
        is_new=is_new,
        in_window=in_window,
    )  # fmt: skip
    request.state.runs.start(account, work, is_first=is_untried(request.state.folder, account))
    return request.redirect(f"/runs/{account}")
