"""Deletion of an account with all its stored data."""

from contextlib import suppress

from scraper.config.accounts import delete_session, load_account
from scraper.config.configuration import Config
from scraper.config.settings.settings_file import remove_account
from scraper.config.vault.vaults import Vaults
from scraper.errors import SettingsError
from scraper.publishing.ledger.ledger_file import lock_ledger
from scraper.publishing.ledgers import ledger_of_account
from scraper.runs.notify.sent import SentNotifications
from scraper.system.run_history import Runs


def delete_account(name: str, config: Config, vaults: "Vaults") -> tuple[str, ...]:
    """Delete an account's password, session, ledger, runs and settings; return the paths of its calendars, which stay.

    The settings are deleted last, so that an interrupted deletion can be repeated. Raise SettingsError, VaultLocked,
    AnotherRun while an export of the account is running.
    """
    config.settings(name)
    runs = Runs(config.state, name)
    with runs.lock():  # an export that goes on would write again what is deleted
        vaults.drop(name)
        outputs: tuple[str, ...] = ()
        with suppress(SettingsError):
            named = load_account(name, config)
            outputs = (*named.outputs, *(one.address for one in named.destinations))
            for one in named.destinations:
                vaults.drop(one.secret)
                one.state_file(config.state).unlink(missing_ok=True)
            delete_session(named)
            failure = named.account().failure
            for suffix in (".json", ".html", ".png"):
                failure.with_name(f"{failure.name}{suffix}").unlink(missing_ok=True)
            ledger = ledger_of_account(named.account()).path
            if ledger.exists():
                with lock_ledger(ledger):
                    for file in ledger.parent.glob(f"{ledger.name}*"):
                        file.unlink(missing_ok=True)
        runs.delete()
        SentNotifications(config.state, name).delete()
        remove_account(name)
    return outputs
