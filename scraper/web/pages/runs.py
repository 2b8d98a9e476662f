"""Pages of an account's runs: start and stop one, watch it, and solve what it failed for."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.account_passwords import store_password
from scraper.config.accounts import ConfiguredAccount, load_account
from scraper.config.default_output import DEFAULT_FILE, default_output, shorten_path
from scraper.config.settings.validation import real_path
from scraper.errors import AurionError, CredentialsMissing, VaultLocked
from scraper.publishing.local_times import format_full_day
from scraper.web.feed.feed_app import empty_response
from scraper.web.pages.account_choice import school_zone
from scraper.web.pages.failure_repairs import has_last_page
from scraper.web.pages.load_run_status import load_run_status
from scraper.web.pages.messages import error_message
from scraper.web.pages.phone import WAYS
from scraper.web.pages.request import INVALID_FORM, PageRequest, attachment, get, post
from scraper.web.pages.run_events import screenshot_version
from scraper.web.pages.run_steps import status_sentence, step_lines
from scraper.web.pages.setup import school_key
from scraper.web.pages.setup_form import asks_passphrase, is_untried, open_vaults
from scraper.web.pages.start_run import begin_run


def list_runs(request: PageRequest) -> Response:
    """List the last run of each account and the pending changes."""
    statuses = [load_run_status(request, name) for name in request.config.account_names]
    moments = {one.account: _moment_formatter(request, one.account) for one in statuses}
    return request.render("runs.html", statuses=statuses, moments=moments) if statuses else request.redirect("/welcome")


def show_run(request: PageRequest) -> Response:
    """Show the account's run: in progress, or how the last one ended."""
    return _render(request, _requested_account(request), {})


def start_run(request: PageRequest) -> Response:
    """Start a run; where one is under way already, show that one."""
    return begin_run(request, _requested_account(request).name)


def stop_run(request: PageRequest) -> Response:
    """Stop this server's run; the calendar stays as it was."""
    name = request.path["account"]
    if run := request.state.runs.get(name):
        run.stop.set()
    return request.redirect(f"/runs/{name}")


def submit_password_and_run(request: PageRequest) -> Response:
    """Store the typed password in the vault, then start a run."""
    account, password = _requested_account(request), request.form.get("password", "")
    if not password:
        return _render(request, account, {"password": CredentialsMissing("password", school=account.school.name)})
    try:
        passphrase = request.form.get("passphrase", "")
        stores = open_vaults(passphrase, request.state.environment)
        store_password(account.name, SecretStr(password), stores.home(account.name).vault, request.config.state)
    except VaultLocked as error:
        return _render(request, account, {"passphrase" if error.reason.startswith("passphrase") else "password": error})
    return begin_run(
        request,
        account.name,
        password=SecretStr(password),
        passphrase=SecretStr(passphrase),
        is_new=is_untried(request.state.folder, account.name),
    )


def open_vault(request: PageRequest) -> Response:
    """Start a run with the password of the age file, decrypted with the typed passphrase."""
    account = _requested_account(request)
    passphrase = request.form.get("passphrase", "")
    try:
        entry = open_vaults(passphrase, request.state.environment).find(account.name)
    except VaultLocked as error:
        return _render(request, account, {"passphrase": error})
    return begin_run(request, account.name, password=entry[1] if entry else None, passphrase=SecretStr(passphrase))


def open_window(request: PageRequest) -> Response:
    """Start a run in which the user first logs in, in a browser window."""
    return begin_run(request, _requested_account(request).name, in_window=True)


def redo_setup(request: PageRequest) -> Response:
    """Return to the set-up of an account that never worked, with the values typed before."""
    account = _requested_account(request)
    answers = {"school": school_key(account.school), "login": account.login, "months": str(account.settings.months)}
    answers["past"] = "none" if account.settings.past == 0 else "year"
    file = account.settings.output or ""
    file = "" if real_path(file) == real_path(str(default_output(request.config.default_file(account.name)))) else file
    request.state.drafts.keep(request.visitor, before=account.name, replace=account.name, file=file, **answers)
    return request.redirect("/welcome/account")


def download_calendar(request: PageRequest) -> Response:
    """Send the account's calendar as the last run wrote it."""
    for path in _requested_account(request).outputs:
        with suppress(OSError):
            return attachment(Path(path).read_bytes(), DEFAULT_FILE, "text/calendar")
    return empty_response(404)


def _requested_account(request: PageRequest) -> ConfiguredAccount:
    """Return the account of the address. Raise SettingsError."""
    return load_account(request.path["account"], request.config)


def _moment_formatter(request: PageRequest, account: str) -> Callable[[datetime], str]:
    """Return the function with which a template formats the times of that account."""
    zone = school_zone(request, account)
    return lambda at: request.describe_time(at, zone)


def _chosen_way(request: PageRequest) -> str:
    """Return the calendar that the visitor chose in the set-up of this account; "" for any other account."""
    draft = request.state.drafts.get(request.visitor)
    return draft.get("way", "") if draft.get("before") == request.path["account"] else ""


def _render(request: PageRequest, account: ConfiguredAccount, errors: dict[str, AurionError]) -> Response:
    words, run_status = request.words, load_run_status(request, account.name)
    counts_by_kind = (run_status.facts.get("changes") or {}) if run_status.run and not run_status.run.is_first else {}
    return request.render(
        "run.html", status=INVALID_FORM if errors else 200, run_status=run_status, school=account.school.name,
        lines=step_lines(run_status, words), message=status_sentence(run_status, words),
        picture=screenshot_version(request, account.name), phone_ways=tuple(WAYS), chosen_way=_chosen_way(request),
        moment=_moment_formatter(request, account.name),
        changed=[(kind, count) for kind, count in counts_by_kind.items() if count],
        is_same=bool(counts_by_kind) and not any(counts_by_kind.values()),
        files=[shorten_path(Path(path)) for path in account.outputs if path != "-"],
        needs_passphrase=run_status.next_step == "password" and asks_passphrase(request.state.environment),
        wrong={name: error_message(error, words) for name, error in errors.items()},
        portal=account.school.base_url,
        last_page=run_status.kind == "failed" and has_last_page(request, account.name),
        day=lambda text: format_full_day(date.fromisoformat(text), words),
    )  # fmt: skip


ROUTES = (
    get("/runs", list_runs),
    get("/runs/{account}", show_run),
    post("/runs/{account}", start_run, harmless=True),
    post("/runs/{account}/stop", stop_run, harmless=True),
    post("/runs/{account}/password", submit_password_and_run),
    post("/runs/{account}/passphrase", open_vault),
    post("/runs/{account}/window", open_window),
    post("/runs/{account}/redo", redo_setup, harmless=True),
    get("/runs/{account}/planning.ics", download_calendar),
)
