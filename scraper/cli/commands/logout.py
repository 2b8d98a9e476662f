"""`aurion logout`: delete saved sessions."""

import os
import sys
from typing import Annotated

from scraper.cli.options import argument, option
from scraper.errors import SettingsError
from scraper.i18n import Catalogue, language_of

Names = Annotated[list[str] | None, argument("accounts", "account")]
All = Annotated[bool, option("--all", key="all_sessions")]


def logout(names: Names = None, all_: All = False) -> None:
    """Delete the sessions of the named accounts, of the only account, or all of them. Raise SettingsError."""
    from scraper.config.accounts import delete_session, load_account
    from scraper.config.settings.loading import account_names
    from scraper.system.paths import state_folder

    words = Catalogue(language_of(os.environ))
    if all_:
        files = list((state_folder() / "sessions").glob("*.json"))
        for file in files:
            file.unlink(missing_ok=True)
        dropped = len(files)
    else:
        known = account_names()
        if not names and len(known) != 1:
            raise SettingsError("which-session", near=known)
        dropped = sum(delete_session(named) for named in [load_account(name, os.environ) for name in names or known])
    sys.stdout.write(words("account.logged_out" if dropped else "account.no_session", count=dropped) + "\n")
