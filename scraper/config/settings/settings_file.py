"""The settings file: read it with line numbers, and change single keys without touching the rest."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from filelock import Timeout

from scraper.config.settings.line_numbers import line_of
from scraper.domain.decoding import NotUtf8Error, decode_text
from scraper.domain.printable import escape_invisible
from scraper.errors import SettingsError
from scraper.system.files import check_writable, chmod_hint, is_mounted, private_folder, write_private
from scraper.system.locks import private_lock
from scraper.system.os_errors import translate_state_errors
from scraper.system.paths import settings_file, state_folder

PATIENCE = 10
"""Seconds that a writer waits for another one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettingsFile:
    """The parsed file: `general` keys for all runs, and one table per account by name, in the file's order.

    Read-only: the same text is parsed and validated once for all accounts.
    """

    path: Path
    text: str = field(default="", repr=False)
    general: Mapping[str, Any] = field(default_factory=dict, repr=False)
    accounts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def line(self, *loc: str | int) -> int:
        """Return the line of a place in the file, or else of the innermost table that contains it."""
        return line_of(self.text, loc)


Check = Callable[[SettingsFile], object]


def read_settings_file() -> SettingsFile:
    """Return the parsed file, an empty one if it does not exist.

    Raise SettingsError: "settings-file" if it cannot be read, "settings-toml" (with `line`) if it is not valid TOML,
    "others-write" (with `command`, which fixes it) if other users may write to it or its folder, "accounts-table".
    """
    path = settings_file()
    return parse_settings(path, _text(path))


@lru_cache(maxsize=2)
def parse_settings(path: Path, text: str) -> SettingsFile:
    """Parse the text of that file. Raise SettingsError: "settings-toml", "settings-backslash", "accounts-table"."""
    try:
        general = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _message_and_line(str(error), text)
        reason = "settings-backslash" if _fails_by_backslash(text, line) else "settings-toml"
        raise SettingsError(reason, file=str(path), line=line, detail=message) from None
    accounts = general.pop("accounts", {})
    if not isinstance(accounts, dict):
        raise SettingsError("accounts-table", file=str(path), line=line_of(text, ("accounts",)))
    return SettingsFile(path=path, text=text, general=general, accounts=accounts)


def change_account(name: str, values: Mapping[str, Any]) -> None:
    """Write these keys to the account's table; add a missing table at the end of the file.

    Raise the SettingsErrors of reading, and "settings-write" if the file cannot be written.
    """
    with rewrite_settings() as document:
        set_keys(account_table(document, name), values)


def toml_library() -> ModuleType:
    """Return tomlkit, which takes some time to import."""
    import tomlkit  # noqa: PLC0415 - few commands write settings

    return tomlkit


def account_table(document: Any, name: str) -> Any:  # noqa: ANN401 - tomlkit's
    """Return the account's table in the document; add it if it is missing."""
    tomlkit = toml_library()
    if "accounts" not in document:
        if document.as_string():
            document.add(tomlkit.nl())
        document["accounts"] = tomlkit.table(is_super_table=True)
    accounts = document["accounts"]
    inline = isinstance(accounts, tomlkit.items.InlineTable)
    return accounts.setdefault(name, tomlkit.inline_table() if inline else tomlkit.table())


def account_header(name: str) -> str:
    """Return the header of an account's table in the file: `[accounts.anna]`, quoted if necessary."""
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{escape_invisible(name)}"'
    return f"[accounts.{key}]"


def set_keys(table: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401 - a document or a table of tomlkit
    """Set these keys in the table; remove those that are None."""
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def remove_account(name: str) -> None:
    """Remove the account's table from the file; do nothing if there is none. Raise SettingsError."""
    with rewrite_settings() as document:
        accounts = document.get("accounts", {})
        accounts.pop(name, None)
        if not accounts:
            document.pop("accounts", None)


@contextmanager
def rewrite_settings(check: Check = lambda _: None) -> Iterator[Any]:
    """Yield the file as a document to change; write it, readable by its user only, unless the block raises an error.

    `check` is called with the new content before it is written; if it raises, nothing is written. Raise the
    SettingsErrors of reading, "settings-write" or "settings-mounted" if the file cannot be written, and StateError if
    the lock file cannot be written.
    """
    tomlkit = toml_library()
    with _locked_file() as path:
        text = read_settings_file().text
        _check_writable(path)
        document = tomlkit.parse(text if text.endswith("\n") or not text else f"{text}\n")
        yield document
        _write(path, tomlkit.dumps(document), check)


def create_settings(text: str, check: Check) -> None:
    """Write the text as the settings file, like `rewrite_settings`. Raise SettingsError("settings-exist") also."""
    with _locked_file() as path:
        refuse_settings()
        _check_writable(path)
        _write(path, text, check)


def refuse_settings() -> None:
    """Raise SettingsError("settings-exist") if the settings file has any setting."""
    found = read_settings_file()
    if found.general or found.accounts:
        raise SettingsError("settings-exist", path=str(found.path), names=list(found.accounts))


@contextmanager
def _locked_file() -> Iterator[Path]:
    """Yield the real path of the file, under the lock of all writers."""
    path = Path(os.path.realpath(settings_file()))
    state = state_folder()
    with translate_state_errors(str(state)):
        private_folder(state)
        lock = private_lock(state / "settings.lock", PATIENCE)
    try:
        with lock:
            yield path
    except (OSError, Timeout, UnicodeError) as error:
        message = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError("settings-write", path=str(path), detail=message) from error


def _write(path: Path, text: str, check: Check) -> None:
    check(parse_settings(settings_file(), text))
    write_private(path, text.encode())


def _check_writable(path: Path) -> None:
    """Raise the error that writing the file would cause, before the block runs."""
    private_folder(settings_file().parent)
    if path.exists() and is_mounted(path):
        raise SettingsError("settings-mounted", path=str(path))
    check_writable(path)


def _text(path: Path) -> str:
    try:
        for place in (path.parent, path):
            if command := chmod_hint(place, reading=False):
                raise SettingsError("others-write", path=str(place), command=command)
        if path.exists() and not path.is_file():  # a pipe or a device may never end
            raise SettingsError("settings-no-file", path=str(path))
        return decode_text(path.read_bytes())
    except FileNotFoundError as error:
        if path.is_symlink():  # to a disk that is not mounted, for example: not the same as no settings
            raise SettingsError("settings-file", path=str(path), detail=error.strerror) from error
        return ""
    except NotUtf8Error as error:
        reason = "settings-utf16" if error.encoding else "settings-encoding"
        raise SettingsError(reason, file=str(path), line=error.line) from None
    except OSError as error:
        raise SettingsError("settings-file", path=str(path), detail=error.strerror or "") from error


def _fails_by_backslash(text: str, line: int) -> bool:
    """Return whether only a backslash makes that line invalid TOML, as in a Windows path in double quotes."""
    lines = text.splitlines()
    bad = lines[line - 1] if line <= len(lines) else ""
    lines[line - 1 : line] = [bad.replace("\\", "/")]
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        return "\\" in bad and _message_and_line(str(error), text)[1] > line
    return "\\" in bad


def _message_and_line(message: str, text: str) -> tuple[str, int]:
    """Split a message of tomllib into its text and its line; for "end of document", the last line."""
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", message)
    line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
    return re.sub(r" \(at .*", "", message), line
