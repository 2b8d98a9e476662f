"""Pages about the accounts: their state, a new password, log out, remove."""

from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.account_list import list_accounts
from scraper.config.account_passwords import store_password
from scraper.config.accounts import delete_session, load_account
from scraper.config.default_output import shorten_path
from scraper.config.vault.vaults import vaults
from scraper.errors import AurionError, SettingsError
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.runs.account_status import status_of
from scraper.runs.forget_account import delete_account
from scraper.runs.overview import describe_problem
from scraper.system.run_history import Runs
from scraper.web.pages.account_choice import requested_account, school_zone
from scraper.web.pages.load_run_status import load_run_status
from scraper.web.pages.pending_pages import find_pending
from scraper.web.pages.request import PageRequest, get, post

DONE = frozenset({"password", "logged_out", "no_session", "removed", "restored"})
"""Values of `?done=` that a page shows a message for."""


def show_accounts(request: PageRequest, error: AurionError | None = None) -> Response:
    """List the accounts like `aurion account list`; show the error for the account named in the form."""
    rows = list_accounts(request.config)
    return request.render(
        "accounts.html", error=error, rows=[_row(row, request) for row in rows], done=request.done(DONE),
        account=request.query.get("account", ""),
    )  # fmt: skip


def submit_password(request: PageRequest) -> Response:
    """Store the typed password in the account's vault; no page shows it again."""
    name, typed = requested_account(request), request.form.get("password", "")
    try:
        if not typed:
            raise SettingsError("password-empty")
        home = vaults(environment=request.state.environment).home(name)
        store_password(name, SecretStr(typed), home.vault, request.config.state)
    except AurionError as error:
        return show_accounts(request, error)
    return request.redirect("/accounts", done="password", account=name)


def log_out(request: PageRequest) -> Response:
    """Delete the saved session of the portal."""
    name = requested_account(request)
    dropped = delete_session(load_account(name, request.config))
    return request.redirect("/accounts", done="logged_out" if dropped else "no_session", account=name)


def confirm_removal(request: PageRequest) -> Response:
    """List what removing an account would delete, and what would stay."""
    name = requested_account(request)
    row = next(row for row in list_accounts(request.config) if row["name"] == name)
    labels = [one.label for one in Subscribers(request.state.folder).all() if one.account == name]
    return request.render("account_remove.html", row=row | {"outputs": _short_outputs(row)}, labels=labels)


def submit_removal(request: PageRequest) -> Response:
    """Delete the account with everything except its calendars."""
    name = requested_account(request)
    delete_account(name, request.config, vaults(environment=request.state.environment))
    Subscribers(request.state.folder).revoke_all(name)  # only now: an account that cannot be deleted keeps them
    return request.redirect("/accounts", done="removed", account=name)


def _short_outputs(row: dict[str, Any]) -> list[str]:
    """Return the account's calendars, with `~` for the home folder."""
    return [one if "://" in one else shorten_path(Path(one)) for one in row["outputs"]]


def _row(row: dict[str, Any], request: PageRequest) -> dict[str, Any]:
    """Return the account's row of the list: password location, last run and problem as text."""
    status = status_of(Runs(request.state.folder, row["name"]), request.now, has_timer=False)
    has_pending = find_pending(request, row["name"]) is not None
    problem, _ = describe_problem(status, request.words, has_accounts=True, has_pending=has_pending)
    place = request.words(f"page.accounts.places.{row['password'].removesuffix(' file')}")
    location = request.words("account.places.locked", place=place) if row["locked"] else place
    last, zone = row["last_run"], school_zone(request, row["name"])
    return row | {
        "place": location,
        "at": request.describe_time(datetime.fromisoformat(last["at"]) if last else None, zone),
        "outputs": _short_outputs(row),
        "problem": problem[:1].upper() + problem[1:] if last or status.problem != "never" else "",
        "is_blocked": status.problem == "blocked",
        "kind": load_run_status(request, row["name"]).kind,
    }


ROUTES = (
    get("/accounts", show_accounts),
    post("/accounts/{account}/password", submit_password),
    post("/accounts/{account}/log-out", log_out),
    get("/accounts/{account}/remove", confirm_removal),
    post("/accounts/{account}/remove", submit_removal),
)
