"""A backup: the settings, passwords and history of all accounts in one encrypted file, for another computer."""

import gzip
import json
import os
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from scraper.config.configuration import Config
from scraper.config.default_output import default_output, shorten_path
from scraper.config.outputs import destinations_of
from scraper.config.settings.settings_file import create_settings, parse_settings, refuse_settings, toml_library
from scraper.config.settings.validation import validate_file
from scraper.config.vault.age import open_sealed, seal_with
from scraper.config.vault.vaults import Vaults
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SettingsError, StateTooNew
from scraper.publishing.feeds.subscribers import Subscribers
from scraper.publishing.ledger.snapshot import copy_ledger, relocate_ledger
from scraper.system.files import private_folder, write_private
from scraper.system.os_errors import translate_state_errors
from scraper.system.paths import settings_file

FORMAT = 1
"""The format of a backup. It rises when an earlier version would misread what this one writes."""
NAME = "aurion-backup.age"
FOLDERS = ("ledgers", "runs", "told", "feeds", *SINK_KINDS)
"""The folders of the state folder that a backup contains: sessions, screenshots and the page's visitors stay."""
FILE = re.compile(
    rf"(?:{'|'.join(FOLDERS)})/(?:[0-9a-f]{{16}}/)?[\w-]+(?:\.[\w-]+)*\.(?:sqlite|json|ics|last)", re.ASCII
)
LEDGER = ".sqlite"
SHORTEST = 10
"""The fewest characters of a passphrase: with a copy of the file, passphrases can be tried without a limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """The content of a backup.

    `settings` is the text of the settings file, `passwords` are by their names in the vault, `files` by their paths
    below the state folder, `places` the folders of the computer that made it.
    """

    settings: str = field(repr=False)
    passwords: Mapping[str, SecretStr]
    files: Mapping[str, bytes] = field(repr=False)
    places: Mapping[str, str]

    def seal(self, passphrase: SecretStr) -> bytes:
        """Return the backup, encrypted. Raise SettingsError("backup-weak") where the passphrase is too short."""
        if len(passphrase.get_secret_value()) < SHORTEST:
            raise SettingsError("backup-weak", least=SHORTEST)
        content = {
            "format": FORMAT,
            "settings": self.settings,
            "passwords": {name: password.get_secret_value() for name, password in self.passwords.items()},
            "files": {name: b64encode(body).decode() for name, body in self.files.items()},
            "places": dict(self.places),
        }
        return seal_with(passphrase, gzip.compress(json.dumps(content).encode()))


def make_backup(config: Config, stores: Vaults) -> Backup:
    """Read everything that a backup contains. Raise SettingsError, VaultLocked, LedgerDamaged or StateError."""
    state, names = config.state, config.account_names
    if not names:
        raise SettingsError("no-account")
    destinations = [one for name in names for one in destinations_of(config.stored.settings(name))]
    secrets = [*names, *(one.secret for one in destinations)]
    found = {secret: entry[1] for secret in secrets if (entry := stores.find(secret))}
    files = {}
    with translate_state_errors(str(state)):
        for path in sorted(path for folder in FOLDERS for path in (state / folder).rglob("*") if path.is_file()):
            if FILE.fullmatch(name := path.relative_to(state).as_posix()):
                files[name] = copy_ledger(path) if path.suffix == LEDGER else path.read_bytes()
    return Backup(settings=config.file.text, passwords=found, files=files, places=_places(state))


def open_backup(sealed: bytes, passphrase: SecretStr) -> Backup:
    """Decrypt and check a backup.

    Raise SettingsError ("backup-damaged" where it is no backup, "backup-passphrase", "backup-too-slow"), or
    StateTooNew("backup").
    """
    plain = open_sealed(sealed, passphrase)
    try:
        content = json.loads(gzip.decompress(plain))
        if content["format"] > FORMAT:
            raise StateTooNew("backup")
        files = {str(name): b64decode(body, validate=True) for name, body in content["files"].items()}
        passwords = {str(name): SecretStr(secret) for name, secret in content["passwords"].items()}
        places = {str(name): str(place) for name, place in content["places"].items()}
        settings = str(content["settings"])
    except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SettingsError("backup-damaged") from None
    if not all(map(FILE.fullmatch, files)):
        raise SettingsError("backup-damaged")
    return Backup(settings=settings, passwords=passwords, files=files, places=places)


def restore_backup(backup: Backup, config: Config, stores: Vaults) -> tuple[str, ...]:
    """Write everything to this computer, which must not be in use yet; return the names of the accounts.

    If it fails, nothing stays. Raise SettingsError ("settings-exist", "restore-subscribers", "restore-ledger"),
    VaultLocked, StateError, LedgerDamaged or LedgerTooNew.
    """
    state = config.state
    places = _places(state)
    refuse_settings()
    if Subscribers(state).all():
        raise SettingsError("restore-subscribers", path=str(Subscribers(state).path))
    settings = _settings_for_here(backup, places)
    validate_file(parse_settings(settings_file(), settings))
    files = {state / name: body for name, body in backup.files.items()}
    for path, body in files.items():
        if path.suffix == LEDGER:
            if path.exists():
                raise SettingsError("restore-ledger", path=str(path))
            files[path] = relocate_ledger(body, path, lambda text: relocate_path(text, backup.places, places))
    with ExitStack() as undo:
        with translate_state_errors(str(state)):
            private_folder(state)
            for path, body in files.items():
                private_folder(path.parent)
                before = path.read_bytes() if path.exists() else None
                undo.callback(_put_back, path, before)
                write_private(path, body)
        for name, password in backup.passwords.items():
            vault = stores.home(name).vault
            undo.callback(vault.drop, name)
            vault.put(name, password)
        create_settings(settings, validate_file)
        undo.pop_all()
    return config.reread().account_names


def relocate_path(text: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return a path of the old computer as it is on the new one; unchanged where it is outside the known folders."""
    for name, place in new.items():
        before = old.get(name, "")
        rest = text.removeprefix(before) if text.startswith(before) else ""
        if before and rest[:1] in {"/", "\\"}:
            return str(Path(place, *rest[1:].split(rest[0])))
    return text


def _places(state: Path) -> dict[str, str]:
    """Return the folders with paths that differ between computers, the innermost first."""
    places = {"state": state, "downloads": default_output().parent, "home": Path.home()}
    return {name: os.path.realpath(place) for name, place in places.items()}


def _settings_for_here(backup: Backup, places: Mapping[str, str]) -> str:
    """Return the settings with this computer's paths of calendars, and without a browser that it does not have."""
    tomlkit = toml_library()
    parse_settings(settings_file(), backup.settings)
    document = tomlkit.parse(backup.settings)
    for table in (document, *document.get("accounts", {}).values()):
        for one, key in ((table, "output"), *((output, "path") for output in table.get("outputs", ()))):
            if isinstance(one.get(key), str) and one[key] != (path := _path_for_here(one[key], backup.places, places)):
                one[key] = path
        if not Path(str(table.get("browser", "."))).expanduser().exists():
            table.pop("browser")
    return str(tomlkit.dumps(document))


def _path_for_here(text: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    absolute = f"{old.get('home', '')}{text[1:]}" if text.startswith(("~/", "~\\")) else text
    path = relocate_path(absolute, old, new)
    return text if path == absolute else shorten_path(Path(path))


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        write_private(path, before)
