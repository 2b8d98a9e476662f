"""Add CalDAV collections to an account and remove them, with their passwords."""

import os
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pydantic import SecretStr

from scraper.config.accounts import refuse_shared
from scraper.config.outputs import Output, collections_of
from scraper.config.settings.edit import change_outputs
from scraper.config.settings.loading import default_output, load_network_access, load_settings
from scraper.config.settings.settings_file import read_settings_file
from scraper.config.vault import VaultChoice, Vaults, vaults
from scraper.domain.urls import collection_root, server_root, without_secrets
from scraper.errors import SettingsError, SinkRefused
from scraper.sinks.caldav.sink import CalDavSink
from scraper.sinks.caldav.state import file_of
from scraper.system.paths import state_folder

INTERACTIVE_TIMEOUT = 60.0
"""Seconds that a push may take while a user waits for it; the next export pushes the rest."""


def parse_server_address(given: str) -> str:
    """Return the address of a calendar or of its server, with https where no scheme is given.

    Raise SettingsError("caldav-address").
    """
    try:
        return server_root(given if "://" in given else f"https://{given.strip()}")
    except ValueError:
        raise SettingsError("caldav-address", given=without_secrets(given)) from None


def parse_collection_address(given: str) -> str:
    """Return the address of a calendar in the form used in settings. Raise SettingsError("caldav-address")."""
    address = parse_server_address(given)
    with suppress(ValueError):
        return collection_root(address)
    raise SettingsError("caldav-address", given=without_secrets(given))


def sink_with_stored_password(output: Output, account: str) -> CalDavSink:
    """Return a sink for the collection that uses the stored password: no prompt, a short time limit."""
    return CalDavSink(
        address=output.caldav, user=output.user, password=lambda: stored_password(output, account, vaults()),
        state=state_folder(), bound=INTERACTIVE_TIMEOUT, own_uids=output.own_uids,
        access=lambda: load_network_access(os.environ),
    )  # fmt: skip


def stored_password(output: Output, account: str, places: Vaults) -> str:
    """Return the password of the collection. Raise SinkRefused("caldav-no-password") or VaultLocked."""
    found = places.find(output.secret)
    if found is None:
        raise SinkRefused("caldav-no-password", path=output.caldav, account=account)
    return found[1].get_secret_value()


def add_collection(name: str, output: Output, password: SecretStr, places: Vaults) -> VaultChoice:
    """Store the password, add the collection to the account's outputs, and return where the password is stored.

    Other outputs stay. An entry of the same collection with another user is replaced and its password deleted. Where
    the settings cannot be written, the stored password is restored. Raise SettingsError ("account-file" where another
    account already delivers to this collection) or VaultLocked.
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
    replaced = [one for one in collections_of(settings) if one.caldav == output.caldav]
    if output.user in [one.user for one in replaced]:
        return
    if settings.output is None and settings.outputs:
        shared = list(read_settings_file().general.get("outputs", ()))
    else:
        shared = [{"path": settings.output or str(default_output(name))}]
    new = {"caldav": output.caldav, "user": output.user}
    change_outputs(name, lambda own: [*_others(own or shared, output), new])
    for one in replaced:
        _forget(one, places)


def remove_collection(name: str, output: Output, places: Vaults) -> None:
    """Remove the collection from the account's outputs and delete its password; the calendar at the server stays.

    Raise SettingsError or VaultLocked.
    """
    places.find(output.secret)  # raises VaultLocked before anything is changed
    change_outputs(name, lambda own: _others(own, output))
    _forget(output, places)


def _forget(output: Output, places: Vaults) -> None:
    places.drop(output.secret)
    file_of(state_folder(), output.caldav, output.user).unlink(missing_ok=True)


def _others(outputs: Iterable[dict[str, Any]], output: Output) -> list[dict[str, Any]]:
    """Return the outputs that do not deliver to this collection."""
    return [one for one in outputs if not one.get("caldav") or collection_root(one["caldav"]) != output.caldav]
