"""An account's calendars at servers of CalDAV: how one is begun, and forgotten."""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pydantic import SecretStr

from scraper.config.accounts import refuse_shared
from scraper.config.outputs import Output, collections_of
from scraper.config.settings.edit import change_outputs
from scraper.config.settings.file import read_settings_file
from scraper.config.settings.loading import access_of_machine, default_output, load_settings
from scraper.config.vault import VaultChoice, Vaults, vaults
from scraper.domain.urls import collection_root, server_root, without_secrets
from scraper.errors import SettingsError, SinkRefused
from scraper.sinks.caldav.sink import CalDavSink
from scraper.sinks.caldav.state import file_of
from scraper.system.paths import state_folder

MEANWHILE = 60.0
"""Seconds for a push while somebody waits at a page; the next export goes on."""


def server_address(given: str) -> str:
    """The address of a calendar, or of the server that has it; https unless said. Raises SettingsError."""
    try:
        return server_root(given if "://" in given else f"https://{given.strip()}")
    except ValueError:
        raise SettingsError("caldav-address", given=without_secrets(given)) from None


def collection_address(given: str) -> str:
    """The address of a calendar at a server, as the settings have it. Raises SettingsError("caldav-address")."""
    address = server_address(given)
    with suppress(ValueError):
        return collection_root(address)
    raise SettingsError("caldav-address", given=without_secrets(given))


def sink_with_kept_password(output: Output, account: str) -> CalDavSink:
    """The collection as a sink, with the password that is kept for it; nobody is asked, and nobody waits long."""
    return CalDavSink(
        address=output.caldav, user=output.user, password=lambda: kept_password(output, account, vaults()),
        state=state_folder(), bound=MEANWHILE, own_uids=output.own_uids,
        access=lambda: access_of_machine(os.environ),
    )  # fmt: skip


def kept_password(output: Output, account: str, places: Vaults) -> str:
    """The password. Raises SinkRefused("caldav-no-password"), VaultLocked."""
    found = places.find(output.secret)
    if found is None:
        raise SinkRefused("caldav-no-password", path=output.caldav, account=account)
    return found[1].get_secret_value()


def push_to(name: str, output: Output, password: SecretStr, places: Vaults) -> VaultChoice:
    """Keeps the password, and writes into the account's table that its calendar goes to that collection, too.

    The others stay; as another user's it is forgotten. Gives the place of the password, which is as it was where the
    settings cannot be written. Raises SettingsError, "account-file" where another account's calendar goes there;
    VaultLocked.
    """
    refuse_shared(name, output.caldav)
    before, home = places.find(output.secret), places.home(output.secret)
    home.vault.put(output.secret, password)
    try:
        _write(name, output, places)
    except BaseException:
        if before:
            home.vault.put(output.secret, before[1])
        else:
            home.vault.drop(output.secret)
        raise
    return home


def _write(name: str, output: Output, places: Vaults) -> None:
    settings = load_settings({}, {}, name)
    known = [one for one in collections_of(settings) if one.caldav == output.caldav]
    if output.user in [one.user for one in known]:
        return
    if settings.output is None and settings.outputs:
        shared = list(read_settings_file().general.get("outputs", ()))
    else:
        shared = [{"path": settings.output or str(default_output(name))}]
    new = {"caldav": output.caldav, "user": output.user}
    change_outputs(name, lambda own: [*_others(own or shared, output), new])
    for one in known:
        _forget(one, places)


def push_no_more(name: str, output: Output, places: Vaults) -> None:
    """Takes the collection out of the account's table, and forgets its password; what stands there stays.

    Raises SettingsError, VaultLocked.
    """
    places.find(output.secret)  # a place that is locked leaves all as it is
    change_outputs(name, lambda own: _others(own, output))
    _forget(output, places)


def _forget(output: Output, places: Vaults) -> None:
    places.drop(output.secret)
    file_of(state_folder(), output.caldav, output.user).unlink(missing_ok=True)


def _others(outputs: Iterable[dict[str, Any]], output: Output) -> list[dict[str, Any]]:
    """Those that go elsewhere."""
    return [one for one in outputs if not one.get("caldav") or collection_root(one["caldav"]) != output.caldav]
