"""The settings file as a whole: every key known, every value right, no two accounts in each other's way."""

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from unicodedata import normalize

from scraper.config.settings.file import SettingsFile
from scraper.config.settings.layers import Layer, settings_of
from scraper.config.settings.line_numbers import Loc
from scraper.config.settings.model import ACCOUNT_KEYS, OPTIONS, Settings, name_in_file
from scraper.errors import SettingsError
from scraper.system.path_text import path_below, path_fault

NAME = re.compile(r"(?=.*[^.]\Z)[\w.@][\w.@-]{0,63}")
"""No name is that of a folder (`.`, `..`) or ends with a dot, which Windows leaves out: files are named after it."""


@lru_cache(maxsize=2)
def layers_in(file: SettingsFile) -> tuple[Layer, dict[str, Layer]]:
    """What the file says for all, and for each account; all of it is right.

    Raises SettingsError with `file` and `line`: nothing starts with half a setting, not even another account.
    """
    general = Layer(kind="file", values=_named(file, (), file.general, Settings.model_fields), file=file)
    accounts = {name: _account(file, name) for name in file.accounts}
    for layer in (general, *accounts.values()):
        settings_of([layer])
    _refuse_twins(file)
    _refuse_shared_files(file, {name: settings_of([general, layer]) for name, layer in accounts.items()})
    return general, accounts


def is_name(name: str) -> bool:
    """Whether an account may be called so: 1 to 64 letters, digits, `.`, `_`, `-`, `@`; no `-` first, no `.` last."""
    return NAME.fullmatch(name) is not None and path_fault(name) == ""


def same_name(name: str) -> str:
    """What two names have in common that some systems take for one file's."""
    return normalize("NFC", normalize("NFC", name).casefold())


def _account(file: SettingsFile, name: str) -> Layer:
    at: Loc = ("accounts", name)
    table = file.accounts[name]
    if not isinstance(table, dict):
        raise SettingsError("accounts-table", file=str(file.path), line=file.line(*at))
    if not is_name(name):
        raise SettingsError("account-name", name=name, file=str(file.path), line=file.line(*at))
    return Layer(kind="account", values=_named(file, at, table, ACCOUNT_KEYS), file=file, at=at)


def _named(file: SettingsFile, at: Loc, table: Mapping[str, object], known: Iterable[str]) -> dict[str, object]:
    """The table's settings under our own names. Raises SettingsError for one that does not belong there."""
    written = {name_in_file(name) for name in known} - {"password"}
    for key in table:
        if key not in written:
            near = get_close_matches(key.replace("-", "_"), written, cutoff=0.5) or sorted(written)
            reason = "password-in-file" if key == "password" else "unknown-setting"
            raise SettingsError(reason, name=key, near=near, file=str(file.path), line=file.line(*at, key))
    return {OPTIONS.get(key, key): _below_home(key, value) for key, value in table.items()}


def _below_home(key: str, value: object) -> object:
    """The setting; a relative path of a calendar is one of the home folder, wherever the program is started."""
    match key, value:
        case "output" | "path", str() if path_fault(value) in {"", "path-folder"}:
            return path_below(value.strip(), "~")
        case "outputs", list():
            return [{k: _below_home(k, v) for k, v in one.items()} if isinstance(one, dict) else one for one in value]
    return value


def _refuse_twins(file: SettingsFile) -> None:
    seen: dict[str, str] = {}
    for name in file.accounts:
        other = seen.setdefault(same_name(name), name)
        if other != name:
            raise SettingsError(
                "account-twin", name=name, other=other, file=str(file.path), line=file.line("accounts", name)
            )


def _refuse_shared_files(file: SettingsFile, accounts: Mapping[str, Settings]) -> None:
    """Each export writes its file whole: two accounts to one would take each other's lessons away."""
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
    """The files that the settings name, without detours; standard output is none."""
    named = [settings.output] if settings.output else [output.place for output in settings.outputs]
    return [path if "://" in path else real_path(path) for path in named if path != "-"]


def real_path(path: str) -> str:
    """The file meant, however it is written; as it is where the system cannot tell."""
    with suppress(OSError, RuntimeError, ValueError):
        return os.path.realpath(Path(path).expanduser())
    return path
