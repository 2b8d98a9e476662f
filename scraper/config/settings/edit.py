"""Change the settings file on behalf of the user: only the given keys, and only to a valid file."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from scraper.config.path_text import path_below
from scraper.config.settings.layers import Layer, merge_layers
from scraper.config.settings.model import name_in_file
from scraper.config.settings.settings_file import account_table, rewrite_settings, set_keys, toml_library
from scraper.config.settings.table_schema import format_duration
from scraper.config.settings.validation import validate_file


def change_settings(account: str | None, values: Mapping[str, object]) -> None:
    """Write these settings, by their names in `Settings`, for all runs or for the account; None removes one.

    Raise SettingsError if the file would become invalid, or if it cannot be written; it is then unchanged.
    """
    keys = {name_in_file(name): None if value is None else to_file_value(name, value) for name, value in values.items()}
    with rewrite_settings(validate_file) as document:
        set_keys(document if account is None else account_table(document, account), keys)


def change_rules(account: str | None, output: int | None, rules: Iterable[Mapping[str, object]]) -> None:
    """Write these rules for all runs or for the account, or for the table of `[[outputs]]` with the index `output`.

    Existing rules keep their formatting and comments. Raise the errors of `change_settings`.
    """
    with rewrite_settings(validate_file) as document:
        table = document if account is None else account_table(document, account)
        _put_tables(table if output is None else table["outputs"][output], "rules", [dict(rule) for rule in rules])


def change_outputs(account: str, edit: Callable[[list[dict[str, Any]]], Iterable[Mapping[str, object]]]) -> None:
    """Replace the account's `[[outputs]]` with the result of `edit`; if there are any, remove its `output`.

    Existing tables keep their formatting and comments. Raise the errors of `change_settings`.
    """
    with rewrite_settings(validate_file) as document:
        table = account_table(document, account)
        outputs = [dict(output) for output in edit([dict(one) for one in table.unwrap().get("outputs", ())])]
        if outputs:
            table.pop("output", None)
        _put_tables(table, "outputs", outputs)


def parse_setting(name: str, typed: object) -> object:
    """Return the setting's value for a typed text. Raise SettingsError with the setting's name as the reason."""
    return getattr(merge_layers([Layer(kind="option", values={name: typed})]), name)


def to_file_value(name: str, value: object) -> object:
    """Return a setting's value in the file's format; a relative path is resolved against the current folder."""
    match value:
        case tuple():
            return [to_file_value("", one) for one in value]
        case float():
            return int(value) if value == int(value) else value
        case timedelta():
            return format_duration(value)
        case SecretStr():
            return value.get_secret_value()
        case str() | Path() if name in {"output", "browser"}:
            return path_below(str(value), str(Path.cwd()))
        case int() | str() | date():
            return value
    return str(value)


def _put_tables(table: Any, key: str, new: list[dict[str, object]]) -> None:  # noqa: ANN401 - tomlkit's
    tomlkit, old = toml_library(), list(table.get(key, ()))
    if not new:
        table.pop(key, None)
    elif isinstance(table.get(key), tomlkit.items.Array) or isinstance(table, tomlkit.items.InlineTable):
        table[key] = tomlkit.array().multiline(multiline=len(new) > 1)
        table[key].extend(new)
    else:
        existing = [next((one for one in old if one == rule), None) for rule in new]
        tables = tomlkit.aot()
        for rule, one in zip(new, existing, strict=True):
            tables.append(tomlkit.item(rule) if one is None else one)
        if existing[-1] is None:
            tables[-1].add(tomlkit.nl())
        table[key] = tables
