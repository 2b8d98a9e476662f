"""Settings changed by their user: written where they stand, nothing else touched, and nothing that would be wrong."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from scraper.config.settings.file import account_table, put, rewriting
from scraper.config.settings.layers import Layer, settings_of
from scraper.config.settings.model import name_in_file
from scraper.config.settings.tables import duration_written
from scraper.config.settings.validation import layers_in
from scraper.system.path_text import path_below


def change_settings(account: str | None, values: Mapping[str, object]) -> None:
    """Writes these settings, by our own names, for all runs or for that account; None takes one out of the file.

    Raises SettingsError where the file would be wrong with them, then it stays as it was; or cannot be written.
    """
    told = {name_in_file(name): None if value is None else written(name, value) for name, value in values.items()}
    with rewriting(layers_in) as document:
        put(document if account is None else account_table(document, account), told)


def change_rules(account: str | None, output: int | None, rules: Iterable[Mapping[str, object]]) -> None:
    """Writes these rules for all runs or for that account; with an `output`, from 0, for that one of `[[outputs]]`.

    A rule that stands there already stays as it is written. Raises SettingsError, as above.
    """
    with rewriting(layers_in) as document:
        table = document if account is None else account_table(document, account)
        _put_tables(table if output is None else table["outputs"][output], "rules", [dict(rule) for rule in rules])


def change_outputs(account: str, edit: Callable[[list[dict[str, Any]]], Iterable[Mapping[str, object]]]) -> None:
    """Write the `[[outputs]]` that `edit` makes of that account's own, in the place of its `output`.

    One that is in the file already stays as it is written. Raises SettingsError, as above.
    """
    with rewriting(layers_in) as document:
        table = account_table(document, account)
        told = [dict(output) for output in edit([dict(one) for one in table.unwrap().get("outputs", ())])]
        if told:
            table.pop("output", None)
        _put_tables(table, "outputs", told)


def understood(name: str, typed: object) -> object:
    """The setting's value of what a person typed. Raises SettingsError named after it."""
    return getattr(settings_of([Layer(kind="option", values={name: typed})]), name)


def written(name: str, value: object) -> object:
    """A setting as the file has it; a path without the folder where one happens to be."""
    match value:
        case tuple():
            return [written("", one) for one in value]
        case float():
            return int(value) if value == int(value) else value
        case timedelta():
            return duration_written(value)
        case SecretStr():
            return value.get_secret_value()
        case str() | Path() if name in {"output", "browser"}:
            return path_below(str(value), str(Path.cwd()))
        case int() | str() | date():
            return value
    return str(value)


def _put_tables(table: Any, key: str, new: list[dict[str, object]]) -> None:  # noqa: ANN401 - tomlkit's
    import tomlkit  # noqa: PLC0415 - few runs write

    old = list(table.get(key, ()))
    if not new:
        table.pop(key, None)
    elif isinstance(table.get(key), tomlkit.items.Array) or isinstance(table, tomlkit.items.InlineTable):
        table[key] = tomlkit.array().multiline(multiline=len(new) > 1)
        table[key].extend(new)
    else:
        kept = [next((one for one in old if one == rule), None) for rule in new]
        made = tomlkit.aot()
        for rule, one in zip(new, kept, strict=True):
            made.append(tomlkit.item(rule) if one is None else one)
        if kept[-1] is None:
            made[-1].add(tomlkit.nl())
        table[key] = made
