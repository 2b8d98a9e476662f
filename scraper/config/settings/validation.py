"""Validate the settings file as a whole: known keys, valid values, no conflicts between accounts."""

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from scraper.config.path_text import path_below, path_fault
from scraper.config.settings.layers import Layer, merge_layers
from scraper.config.settings.line_numbers import Loc
from scraper.config.settings.model import ACCOUNT_KEYS, DECLARED, OPTIONS, Settings, name_in_file
from scraper.config.settings.settings_file import SettingsFile
from scraper.errors import SettingsError

_NAME = re.compile(r"(?=.*[^.]\Z)[\w.@][\w.@-]{0,63}")
"""Files are named after accounts: a name is not `.` or `..` and does not end with a dot, which Windows drops."""


@lru_cache(maxsize=2)
def validate_file(file: SettingsFile) -> tuple[Layer, dict[str, Layer]]:
    """Return the validated layers of the file: the general one, and one for each account.

    Raise SettingsError with `file` and `line`; an error in any account stops the runs of all accounts.
    """
    general = Layer(kind="file", values=_settings_by_name(file, (), file.general, Settings.model_fields), file=file)
    accounts = {name: _account(file, name) for name in file.accounts}
    for layer in (general, *accounts.values()):
        merge_layers([layer])
    _refuse_twins(file)
    _refuse_shared_files(file, {name: merge_layers([general, layer]) for name, layer in accounts.items()})
    return general, accounts


def is_name(name: str) -> bool:
    """Return whether an account name is valid: 1-64 letters, digits, `.`, `_`, `-`, `@`; no `-` first, no `.` last."""
    return _NAME.fullmatch(name) is not None and path_fault(name) == ""


def fold_name(name: str) -> str:
    """Return a key that is equal for names that some file systems treat as the same."""
    return normalize("NFC", normalize("NFC", name).casefold())


def _account(file: SettingsFile, name: str) -> Layer:
    at: Loc = ("accounts", name)
    table = file.accounts[name]
    if not isinstance(table, dict):
        raise SettingsError("accounts-table", file=str(file.path), line=file.line(*at))
    if not is_name(name):
        raise SettingsError("account-name", name=name, file=str(file.path), line=file.line(*at))
    return Layer(kind="account", values=_settings_by_name(file, at, table, ACCOUNT_KEYS), file=file, at=at)


def _settings_by_name(
    file: SettingsFile, at: Loc, table: Mapping[str, object], known: Iterable[str]
) -> dict[str, object]:
    """Return the table's settings by their names in `Settings`. Raise SettingsError for a key that is not allowed."""
    written = {name_in_file(name) for name in known if DECLARED[name].is_in_file}
    for key in table:
        if key not in written:
            near = get_close_matches(key.replace("-", "_"), written, cutoff=0.5) or sorted(written)
            reason = "password-in-file" if key == "password" else "unknown-setting"
            raise SettingsError(reason, name=key, near=near, file=str(file.path), line=file.line(*at, key))
    return {OPTIONS.get(key, key): _below_home(key, value) for key, value in table.items()}


def _below_home(key: str, value: object) -> object:
    """Return the setting; a calendar's relative path is resolved against the home folder, not the current one."""
    match key, value:
        case "output" | "path", str() if path_fault(value) in {"", "path-folder"}:
            return path_below(value.strip(), "~")
        case "outputs", list():
            return [{k: _below_home(k, v) for k, v in one.items()} if isinstance(one, dict) else one for one in value]
    return value


def _refuse_twins(file: SettingsFile) -> None:
    seen: dict[str, str] = {}
    for name in file.accounts:
        other = seen.setdefault(fold_name(name), name)
        if other != name:
            raise SettingsError(
                "account-twin", name=name, other=other, file=str(file.path), line=file.line("accounts", name)
            )


def _refuse_shared_files(file: SettingsFile, accounts: Mapping[str, Settings]) -> None:
    """Raise SettingsError("account-file") if two accounts write to one file: each would overwrite the other."""
    seen: dict[str, str] = {}
    for name, settings in accounts.items():
        for path in paths_of(settings):
            other = seen.setdefault(path, name)
            if other != name:
                raise SettingsError(
                    "account-file", name=name, other=other, given=path, file=str(file.path),
                    line=file.line("accounts", name),
                )  # fmt: skip


def paths_of(settings: Settings) -> list[str]:
    """Return the real paths of the settings' files, and the addresses of collections; without standard output."""
    named = [settings.output] if settings.output else [output.place for output in settings.outputs]
    return [path if "://" in path else real_path(path) for path in named if path != "-"]


def real_path(path: str) -> str:
    """Return the real path, links resolved; the path itself if the system cannot resolve it."""
    with suppress(OSError, RuntimeError, ValueError):
        return os.path.realpath(Path(path).expanduser())
    return path
