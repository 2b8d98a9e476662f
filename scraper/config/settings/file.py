"""The settings file: read with the line of each key, and written so that everything else in it stays as it is."""

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from scraper.config.settings.line_numbers import line_of
from scraper.domain.decoding import NotUtf8Error, decoded
from scraper.domain.printable import escaped
from scraper.errors import SettingsError
from scraper.system.files import check_writable, chmod_hint, is_mounted, private_folder, private_lock, write_private
from scraper.system.os_errors import translate_state_errors
from scraper.system.paths import settings_file, state_folder

PATIENCE = 10
"""Seconds that one writer waits for another."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SettingsFile:
    """What the file says: `general` for every run, `accounts` for one each, by name and in the file's order.

    Read-only: the same text is parsed and checked once, however many accounts ask for their settings.
    """

    path: Path
    text: str = field(default="", repr=False)
    general: Mapping[str, Any] = field(default_factory=dict, repr=False)
    accounts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def line(self, *loc: str | int) -> int:
        """The line of a place in it, else of what it lies in."""
        return line_of(self.text, loc)


Check = Callable[[SettingsFile], object]


def read_settings_file() -> SettingsFile:
    """The file; an empty one where there is none.

    Raises SettingsError: "settings-file" where it cannot be read, "settings-toml" (`line`) where it is no TOML,
    "others-write" (`command` mends it) where another user may write to it or its folder, "accounts-table".
    """
    path = settings_file()
    return parsed(path, _text(path))


@lru_cache(maxsize=2)
def parsed(path: Path, text: str) -> SettingsFile:
    """What a text says as that file's. Raises SettingsError: "settings-toml", "accounts-table"."""
    try:
        general = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, line = _complaint(str(error), text)
        reason = "settings-backslash" if _fails_by_backslash(text, line) else "settings-toml"
        raise SettingsError(reason, file=str(path), line=line, said=said) from None
    accounts = general.pop("accounts", {})
    if not isinstance(accounts, dict):
        raise SettingsError("accounts-table", file=str(path), line=line_of(text, ("accounts",)))
    return SettingsFile(path=path, text=text, general=general, accounts=accounts)


def change_account(name: str, values: Mapping[str, Any]) -> None:
    """Writes these keys into the account's table, which is made at the file's end where it is missing.

    Raises SettingsError, as reading does, and "settings-write" where it cannot be written.
    """
    with rewriting() as document:
        put(account_table(document, name), values)


def account_table(document: Any, name: str) -> Any:  # noqa: ANN401 - tomlkit's
    """The account's table of that document, made where it is missing."""
    import tomlkit  # noqa: PLC0415 - few runs write

    if "accounts" not in document:
        if document.as_string():
            document.add(tomlkit.nl())
        document["accounts"] = tomlkit.table(is_super_table=True)
    accounts = document["accounts"]
    inline = isinstance(accounts, tomlkit.items.InlineTable)
    return accounts.setdefault(name, tomlkit.inline_table() if inline else tomlkit.table())


def account_header(name: str) -> str:
    """Return the header of an account's table as the file has it: `[accounts.anna]`, quoted where needed."""
    key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{escaped(name)}"'
    return f"[accounts.{key}]"


def put(table: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401 - a document or a table of tomlkit
    """Writes these keys into it; one that is None is taken out."""
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def remove_account(name: str) -> None:
    """Takes the account's table out of the file; no error where there is none. Raises SettingsError."""
    with rewriting() as document:
        accounts = document.get("accounts", {})
        accounts.pop(name, None)
        if not accounts:
            document.pop("accounts", None)


@contextmanager
def rewriting(check: Check = lambda _: None) -> Iterator[Any]:
    """The file as a document to change; written whole when the block ends well, its user's alone.

    `check` gets the file as it would be: where it raises, nothing is written. Raises SettingsError, as reading does,
    "settings-write" and "settings-mounted" where it cannot be written; StateError where its lock cannot.
    """
    import tomlkit  # noqa: PLC0415 - likewise
    from filelock import Timeout  # noqa: PLC0415 - likewise

    path = Path(os.path.realpath(settings_file()))
    with translate_state_errors(str(state_folder())):
        private_folder(state_folder())
        lock = private_lock(state_folder() / "settings.lock", PATIENCE)
    try:
        with lock:
            text = read_settings_file().text
            _check_writable(path)
            document = tomlkit.parse(text if text.endswith("\n") or not text else f"{text}\n")
            yield document
            made = tomlkit.dumps(document)
            check(parsed(settings_file(), made))
            write_private(path, made.encode())
    except (OSError, Timeout, UnicodeError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise SettingsError("settings-write", path=str(path), said=said) from error


def _check_writable(path: Path) -> None:
    """Raise what would keep the file from being written, before anything is asked or done for it."""
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
        return decoded(path.read_bytes())
    except FileNotFoundError:
        return ""
    except NotUtf8Error as error:
        reason = "settings-utf16" if error.encoding else "settings-encoding"
        raise SettingsError(reason, file=str(path), line=error.line) from None
    except OSError as error:
        raise SettingsError("settings-file", path=str(path), said=error.strerror or "") from error


def _fails_by_backslash(text: str, line: int) -> bool:
    """Whether that line is no TOML only because of a backslash, as in a Windows path between double quotes."""
    lines = text.splitlines()
    bad = lines[line - 1] if line <= len(lines) else ""
    lines[line - 1 : line] = [bad.replace("\\", "/")]
    try:
        tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError as error:
        return "\\" in bad and _complaint(str(error), text)[1] > line
    return "\\" in bad


def _complaint(said: str, text: str) -> tuple[str, int]:
    """What a reader of TOML says, and its line; the end of the text is a line, too."""
    found = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", said)
    line = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
    return re.sub(r" \(at .*", "", said), line
