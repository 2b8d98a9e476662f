"""Delete an account with all that is kept of it."""

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from scraper.config.settings.file import remove_account
from scraper.config.settings.loading import load_settings
from scraper.errors import SettingsError
from scraper.system.paths import state_folder

if TYPE_CHECKING:
    from scraper.config.vault import Vaults
from scraper.config.accounts import delete_session, load_account


def delete_account(name: str, environment: Mapping[str, str], vaults: "Vaults") -> tuple[str, ...]:
    """Forgets all of an account but its calendars, whose paths it gives: password, session, ledger, runs, table.

    The table goes last: what was cut off in between is done by forgetting again. Raises SettingsError, VaultLocked,
    AnotherRun while an export of it goes on.
    """
    from scraper.publishing.ledger.tables import hold_lock  # noqa: PLC0415 - likewise
    from scraper.publishing.ledgers import ledger_of_account  # noqa: PLC0415 - only few commands need it
    from scraper.runs.notify.sent import SentNotifications  # noqa: PLC0415 - likewise
    from scraper.sinks.caldav.state import file_of  # noqa: PLC0415 - likewise
    from scraper.system.run_history import Runs  # noqa: PLC0415 - likewise

    load_settings({}, environment, name)
    vaults.drop(name)
    outputs: tuple[str, ...] = ()
    with suppress(SettingsError):
        named = load_account(name, environment)
        outputs = (*named.outputs, *(one.caldav for one in named.collections))
        for one in named.collections:
            vaults.drop(one.secret)
            file_of(state_folder(), one.caldav, one.user).unlink(missing_ok=True)
        delete_session(named)
        for left in (".json", ".html", ".png"):
            failure = named.account().failure
            failure.with_name(f"{failure.name}{left}").unlink(missing_ok=True)
        ledger = ledger_of_account(named.account()).path
        if ledger.exists():
            with hold_lock(ledger):
                for file in ledger.parent.glob(f"{ledger.name}*"):
                    file.unlink(missing_ok=True)
    Runs(state_folder(), name).delete()
    SentNotifications(state_folder(), name).forget()
    remove_account(name)
    return outputs
