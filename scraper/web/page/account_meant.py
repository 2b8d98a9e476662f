"""Which account a page is about."""

from scraper.errors import SettingsError
from scraper.settings.loading import account_names
from scraper.web.page.visit import Visit

EVERYBODY = "-"
"""Stands for what holds for all accounts; no account is called so."""


def account_meant(visit: Visit) -> str:
    """The account that the address or the form names, else the file's first; empty where there is none.

    Raises SettingsError("unknown-account").
    """
    known = account_names()
    asked = visit.path.get("account") or visit.form.get("account") or visit.query.get("account")
    asked = "" if asked == EVERYBODY else asked
    if asked and asked not in known:
        raise SettingsError("unknown-account", name=asked, near=known or "-")
    return asked or next(iter(known), "")
