"""Pages about the accounts: where their passwords are, how they stand; a password anew, logged out, forgotten."""

from datetime import datetime
from typing import Any

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.account_list import list_accounts
from scraper.config.accounts import delete_session, load_account, store_password
from scraper.config.vault import vaults
from scraper.errors import AurionError, SettingsError
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.times import format_local_time
from scraper.runs.forget_account import delete_account
from scraper.runs.overview import describe_problem
from scraper.runs.status import status_of
from scraper.system.run_history import Runs
from scraper.web.pages.account_choice import account_meant, zone_of
from scraper.web.pages.pending import what_waits
from scraper.web.pages.request import PageRequest, get, post

DONE = frozenset({"password", "logged_out", "no_session", "removed"})
"""What a page may be told to say that was done."""


def accounts(visit: PageRequest, error: AurionError | None = None) -> Response:
    """Every account, as `aurion account list` tells them; with an error, that of the account named in the form."""
    rows = list_accounts(visit.desk.environment)
    done = visit.query.get("done", "")
    return visit.render(
        "accounts.html", error=error, rows=[_row(row, visit) for row in rows], done=done if done in DONE else "",
        account=visit.query.get("account", ""),
    )  # fmt: skip


def set_password(visit: PageRequest) -> Response:
    """The password typed goes to the account's vault, and back to nobody."""
    name, typed = account_meant(visit), visit.form.get("password", "")
    try:
        if not typed:
            raise SettingsError("password-empty")
        store_password(name, SecretStr(typed), vaults().home(name).vault)
    except AurionError as error:
        return accounts(visit, error)
    return visit.goes_to("/accounts", done="password", account=name)


def log_out(visit: PageRequest) -> Response:
    """The session kept is forgotten."""
    name = account_meant(visit)
    dropped = delete_session(load_account(name, visit.desk.environment))
    return visit.goes_to("/accounts", done="logged_out" if dropped else "no_session", account=name)


def asked_to_remove(visit: PageRequest) -> Response:
    """What would be forgotten, and what stays."""
    name = account_meant(visit)
    row = next(row for row in list_accounts(visit.desk.environment) if row["name"] == name)
    labels = [one.label for one in Subscribers(visit.desk.state).all() if one.account == name]
    return visit.render("account_remove.html", row=row, labels=labels)


def remove(visit: PageRequest) -> Response:
    """All of it forgotten but its calendars."""
    name = account_meant(visit)
    Subscribers(visit.desk.state).revoke_all(name)
    delete_account(name, visit.desk.environment, vaults())
    return visit.goes_to("/accounts", done="removed", account=name)


def _row(row: dict[str, Any], visit: PageRequest) -> dict[str, Any]:
    """The account in words: its last run, and what is wrong."""
    standing = status_of(Runs(visit.desk.state, row["name"]), visit.now, timed=False)
    waits = what_waits(visit.desk, row["name"]) is not None
    problem, _ = describe_problem(standing, visit.words, named=True, waits=waits)
    place = visit.words(f"account.places.{row['password'].removesuffix(' file')}")
    told = visit.words("account.places.locked", place=place) if row["locked"] else place
    last, zone = row["last_run"], zone_of(row["name"], visit.desk.environment)
    return row | {
        "place": told,
        "at": format_local_time(datetime.fromisoformat(last["at"]), visit.words, zone) if last else "",
        "problem": problem[:1].upper() + problem[1:] if last or standing.problem != "never" else "",
        "is_blocked": standing.problem == "blocked",
    }


ROUTES = (
    get("/accounts", accounts),
    post("/accounts/{account}/password", set_password),
    post("/accounts/{account}/log-out", log_out),
    get("/accounts/{account}/remove", asked_to_remove),
    post("/accounts/{account}/remove", remove),
)
