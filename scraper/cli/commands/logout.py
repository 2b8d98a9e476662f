"""`aurion logout`: delete saved sessions."""

from typing import Annotated

from scraper.cli import options
from scraper.cli.options import option
from scraper.cli.output import user_words, write_line
from scraper.config.accounts import delete_session, load_account
from scraper.config.configuration import Config
from scraper.errors import SettingsError

_All = Annotated[bool, option("--all", key="all_sessions")]


def logout(names: options.Accounts = None, all_: _All = False) -> None:
    """Delete the sessions of the named accounts, of the only account, or all of them. Raise SettingsError."""
    words, config = user_words(), Config.from_environment()
    if all_:
        files = list((config.state / "sessions").glob("*.json"))
        for file in files:
            file.unlink(missing_ok=True)
        dropped = len(files)
    else:
        known = config.account_names
        if not names and len(known) != 1:
            raise SettingsError("which-session", near=known)
        dropped = sum(delete_session(named) for named in [load_account(name, config) for name in names or known])
    write_line(words("account.logged_out" if dropped else "account.no_session", count=dropped))
