"""Which account a page is about, and in which zone its times are told."""

from collections.abc import Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo

from scraper.config.accounts import find_school
from scraper.config.settings.loading import account_names, load_settings
from scraper.errors import AurionError, SettingsError
from scraper.web.pages.request import PageRequest

EVERYBODY = "-"
"""Stands for what holds for all accounts; no account is called so."""


def account_meant(visit: PageRequest) -> str:
    """The account that the address or the form names, else the file's first; empty where there is none.

    Raises SettingsError("unknown-account").
    """
    known = account_names()
    asked = visit.path.get("account") or visit.form.get("account") or visit.query.get("account")
    asked = "" if asked == EVERYBODY else asked
    if asked and asked not in known:
        raise SettingsError("unknown-account", name=asked, near=known)
    return asked or next(iter(known), "")


def zone_of(account: str, environment: Mapping[str, str]) -> ZoneInfo | None:
    """The zone of the account's school, as its planning has it; None, this machine's, where no school is known."""
    with suppress(AurionError):
        school = find_school(load_settings({}, environment, account or None))
        return school.zone if school else None
    return None
