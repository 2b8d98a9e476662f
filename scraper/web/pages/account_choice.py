"""The account that a page is about, and the time zone of its school."""

from collections.abc import Callable
from contextlib import suppress
from zoneinfo import ZoneInfo

from starlette.responses import Response

from scraper.config.accounts import find_school
from scraper.errors import AurionError, LedgerMissing, SettingsError
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.request import PageRequest, View

ALL_ACCOUNTS = "-"
"""The name for the general settings in addresses and forms; no account can be called so."""


def requested_account(request: PageRequest) -> str:
    """Return the account named in the address or the form, else the first of the settings file, else "".

    Raise SettingsError("unknown-account").
    """
    known = request.config.account_names
    name = request.path.get("account") or request.form.get("account") or request.query.get("account")
    name = "" if name == ALL_ACCOUNTS else name
    if name and name not in known:
        raise SettingsError("unknown-account", name=name, near=known)
    return name or next(iter(known), "")


def requested_scope(request: PageRequest) -> str | None:
    """Return the account to change the settings of; None for the general settings."""
    name = request.form.get("account") or request.query.get("account")
    return None if name == ALL_ACCOUNTS else requested_account(request) or None


def school_zone(request: PageRequest, account: str) -> ZoneInfo | None:
    """Return the zone of the account's school; None (use this machine's zone) where no school is known."""
    with suppress(AurionError):
        school = find_school(request.config.settings(account or None))
        return school.zone if school else None
    return None


def with_account_context(view: Callable[[PageRequest, AccountContext], Response]) -> View:
    """Decorate a page that needs an account; show what to do first where its ledger does not exist yet."""

    def wrapper(request: PageRequest) -> Response:
        try:
            return view(request, request.state.accounts.load_context(request))
        except LedgerMissing:
            return render_empty(request)

    return wrapper


def render_empty(request: PageRequest) -> Response:
    """Render the page for an account without a ledger: what to do first."""
    accounts = request.state.accounts
    names = accounts.names(request)
    name = request.query.get("account", "") or next(iter(names), "")
    return request.render(
        "planning/nothing.html", has_account=bool(names), failure=accounts.find_failure(request, name), account=name
    )
