"""Add calendars at services to an account and remove them, with their passwords."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from scraper.config.accounts import load_account, refuse_shared
from scraper.config.configuration import Config
from scraper.config.outputs import destinations_of
from scraper.config.settings.edit import change_outputs
from scraper.config.settings.model import reveal
from scraper.config.vault.vaults import VaultChoice, Vaults, vaults
from scraper.domain.sink_kind import Destination, SinkKind
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SinkRefused
from scraper.publishing.output_list import own_outputs
from scraper.sinks.sink import Sink, do_nothing
from scraper.sinks.sink_service import SetupRequest, SinkConnection, service_of

INTERACTIVE_TIMEOUT = 60.0
"""Seconds that a push may take while a user waits for it; the next export pushes the rest."""


def open_destination(
    destination: Destination,
    account: str,
    config: Config,
    *,
    password: Callable[[], str] | None = None,
    before_push: Callable[[], None] = do_nothing,
    bound: float = INTERACTIVE_TIMEOUT,
) -> Sink:
    """Return the sink of a calendar; by default with its stored password, without a prompt, and for a short time."""
    connection = SinkConnection(
        password=password or (lambda: stored_password(destination, account, vaults(environment=config.environment))),
        state=config.state, access=config.network_access, before_push=before_push, bound=bound,
    )  # fmt: skip
    return service_of(SINK_KINDS[destination.kind]).open(destination, connection)


def setup_request(kind: SinkKind, account: str, options: Mapping[str, str | None], config: Config) -> SetupRequest:
    """Return the request to set up a calendar of that kind for an account. Raise SettingsError."""
    known = load_account(account, config)
    return SetupRequest(
        account=account, login=known.login, known=tuple(one for one in known.destinations if one.kind == kind.name),
        options=options, zone=known.school.zone.key, access=config.network_access,
        defaults={name: reveal(value) for name in kind.settings if (value := getattr(known.settings, name))},
    )  # fmt: skip


def verify_destination(destination: Destination, account: str, places: Vaults, config: Config) -> None:
    """Raise AurionError if the service does not accept the stored password, where it has to be asked for that."""
    connection = _stored_connection(destination, account, places, config)
    service_of(SINK_KINDS[destination.kind]).verify(destination, connection)


def disconnect_destination(
    destination: Destination, account: str, places: Vaults, options: frozenset[str], config: Config
) -> None:
    """End the access at the service, with the `flags` of the kind that were given. Raise AurionError."""
    if options or places.find(destination.secret):
        connection = _stored_connection(destination, account, places, config)
        service_of(SINK_KINDS[destination.kind]).disconnect(destination, connection, options)


def _stored_connection(destination: Destination, account: str, places: Vaults, config: Config) -> SinkConnection:
    """Return a connection with the stored password, for a short time."""
    return SinkConnection(
        password=lambda: stored_password(destination, account, places), state=config.state,
        access=config.network_access, bound=INTERACTIVE_TIMEOUT,
    )  # fmt: skip


def stored_password(destination: Destination, account: str, places: Vaults) -> str:
    """Return the calendar's password. Raise SinkRefused ("caldav-no-password" for CalDAV) or VaultLocked."""
    found = places.find(destination.secret)
    if found is None:
        raise SinkRefused(f"{destination.kind}-no-password", path=destination.address, account=account)
    return found[1].get_secret_value()


def add_destination(
    name: str, destination: Destination, password: SecretStr, places: Vaults, config: Config
) -> VaultChoice:
    """Store the password, add the calendar to the account's outputs, and return where the password is stored.

    Other outputs stay. An entry of the same calendar with another user is replaced and its password deleted. Where
    the settings cannot be written, the stored password is restored. Raise SettingsError ("account-file" where another
    account already delivers to this calendar) or VaultLocked.
    """
    secret = destination.secret
    refuse_shared(name, destination.address, config)
    before, home = places.find(secret), places.home(secret)
    home.vault.put(secret, password)
    try:
        _write(name, destination, places, config)
    except BaseException:
        if before:
            home.vault.put(secret, before[1])
        else:
            home.vault.drop(secret)
        raise
    return home


def _write(name: str, destination: Destination, places: Vaults, config: Config) -> None:
    settings = config.stored.settings(name)
    replaced = [one for one in destinations_of(settings) if _is_replaced(one.kind, one.address, destination)]
    if destination.user in [one.user for one in replaced if one.address == destination.address]:
        return
    before = own_outputs(name, config)
    new = {destination.kind: destination.address, "user": destination.user, **destination.options}
    change_outputs(name, lambda own: [*_other_outputs(own or before, destination), new])
    for one in replaced:
        _forget(one, places, config.state)


def remove_destination(name: str, destination: Destination, places: Vaults, state: Path) -> None:
    """Remove the calendar from the account's outputs and delete its password; the calendar at the service stays.

    Raise SettingsError or VaultLocked.
    """
    places.find(destination.secret)  # raises VaultLocked before anything is changed
    change_outputs(name, lambda own: _other_outputs(own, destination))
    _forget(destination, places, state)


def _forget(destination: Destination, places: Vaults, state: Path) -> None:
    places.drop(destination.secret)
    destination.state_file(state).unlink(missing_ok=True)


def _other_outputs(outputs: Iterable[dict[str, Any]], destination: Destination) -> list[dict[str, Any]]:
    """Return the outputs that the calendar does not replace."""
    kind, parse = destination.kind, SINK_KINDS[destination.kind].parse_address
    return [one for one in outputs if not one.get(kind) or not _is_replaced(kind, parse(one[kind]), destination)]


def _is_replaced(kind: str, address: str, destination: Destination) -> bool:
    """Return whether a calendar of that kind, at that address, is the destination, or gives way to it."""
    return kind == destination.kind and (address == destination.address or SINK_KINDS[kind].is_single)
