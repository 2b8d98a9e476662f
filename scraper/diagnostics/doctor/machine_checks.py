"""Checks of the machine: Python, time zones, settings, disk, permissions, password store."""

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scraper import __version__
from scraper.config.configuration import Config
from scraper.config.vault.vaults import Vaults
from scraper.diagnostics.doctor.check_result import Check, State, ok, problem, result_of_error, warning
from scraper.domain.school import DEFAULT_ZONE
from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import AurionError, VaultLocked
from scraper.publishing.destinations import verify_destination
from scraper.system.files import chmod_hint

OLDEST = (3, 11)
LITTLE, TOO_LITTLE = 200, 20
"""Free megabytes below which the check warns, and below which a run may fail."""
MEGABYTE = 1_000_000
NO_ACCOUNT = "?"
"""A name that no account can have."""
PRIVATE = ("sessions", "ledgers", "runs", "feeds", *SINK_KINDS)
"""Private folders in the state folder."""


def python(version: tuple[int, ...] = sys.version_info[:3]) -> Check:
    """Check that this Python is new enough."""
    facts = {"version": ".".join(map(str, version)), "system": platform.platform(terse=True), "program": __version__}
    return ok("python", **facts) if version >= OLDEST else problem("python", "old", **facts)


def zone(load: Callable[[str], object] = ZoneInfo) -> Check:
    """Check that the schools' time zone is known."""
    try:
        load(DEFAULT_ZONE)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return problem("zone", "unknown", zone=DEFAULT_ZONE)
    return ok("zone", zone=DEFAULT_ZONE)


def settings(file: Path, load: Callable[[], object]) -> Check:
    """Check that the settings are readable and valid, and that other users cannot change them."""
    try:
        load()
    except AurionError as error:
        return result_of_error("settings", error)
    if not file.exists():
        return ok("settings", "none", path=str(file))
    command = chmod_hint(file, reading=False) or chmod_hint(file.parent, reading=False)
    return problem("settings", "open", path=str(file), command=command) if command else ok("settings", path=str(file))


def disk(folders: Iterable[Path], free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free) -> Check:
    """Check the free disk space of the folder that has the least."""
    spaces = []
    for folder in folders:
        existing = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
        spaces.append((free(existing) // MEGABYTE, str(folder)))
    least, path = min(spaces)
    if least < TOO_LITTLE:
        return problem("disk", "full", free=least, path=path)
    return warning("disk", "little", free=least, path=path) if least < LITTLE else ok("disk", free=least)


def permissions(state: Path) -> Iterator[Check]:
    """Check that the state folder can be written, and that other users cannot read or change its content."""
    if not state.exists():
        yield ok("permissions", "none", path=str(state))
        return
    if not os.access(state, os.W_OK | os.X_OK):
        yield problem("permissions", "forbidden", path=str(state))
        return
    inside = (path for name in PRIVATE for pattern in (name, f"{name}/*") for path in state.glob(pattern))
    private = (state, *sorted(inside))
    commands = [(path, command) for path in private if (command := chmod_hint(path))]
    for path, command in commands:
        kind = problem if chmod_hint(path, reading=False) else warning
        yield kind("permissions", "open", path=str(path), command=command)
    if not commands:
        yield ok("permissions", path=str(state))


def vault(places: Vaults) -> Check:
    """Check the store for new passwords and that it can be opened; the reason is that of the store's choice."""
    try:
        choice = places.choose()
        places.find(NO_ACCOUNT)
    except VaultLocked as error:
        return _locked_store_check("vault", error)
    return Check(name="vault", reason=choice.why, facts=choice.facts)


def password_presence(account: str, places: Vaults) -> Check:
    """Check that the account's password is stored."""
    try:
        found = places.find(account)
    except VaultLocked as error:
        return _locked_store_check("password", error, account)
    return ok("password", found[0].replace(" ", "-"), account) if found else warning("password", "absent", account)


def destination(account: str, calendar: Destination, places: Vaults, config: Config) -> Check:
    """Check that the password for a calendar at a service is stored, and valid where the service has to be asked."""
    try:
        if found := places.find(calendar.secret):
            verify_destination(calendar, account, places, config)
    except VaultLocked as error:
        return _locked_store_check(calendar.kind, error, account)
    except AurionError as error:
        return result_of_error(calendar.kind, error, account)
    state = State.OK if found else State.WARNING
    facts = {"path": calendar.address, "name": account or "NAME"}
    return Check(name=calendar.kind, state=state, reason="well" if found else "absent", facts=facts, account=account)


def _locked_store_check(name: str, error: VaultLocked, account: str = "") -> Check:
    """Return the check for a store that cannot be opened; a missing passphrase is only a warning."""
    return result_of_error(name, error, account, State.WARNING if error.reason == "passphrase-missing" else State.ERROR)
