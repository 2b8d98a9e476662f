"""The options of settings, made from their declarations in `Settings`."""

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import Parameter, Signature, signature
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin

import typer

from scraper.config.settings.model import DECLARED, IDENTITY, Settings, name_in_file

Given = Mapping[str, object]
"""The settings that a command's options set, by their names in `Settings`."""
NONE: Given = MappingProxyType({})
Identity = Annotated[Given, IDENTITY]
RunSettings = Annotated[
    Given, tuple(n for n, one in DECLARED.items() if one.option and not one.flags and n not in IDENTITY)
]
"""The settings of an export; what is left out has a place of its own among its options."""


def with_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for each setting in place of each parameter `Annotated[Given, names]`."""
    own = signature(command, eval_str=True).parameters.values()
    names = {one.name: get_args(one.annotation)[1] for one in own if get_args(one.annotation)[:1] == (Given,)}
    expanded = [part for one in own for part in (map(_parameter, names[one.name]) if one.name in names else (one,))]

    @wraps(command)
    def run(**values: object) -> None:
        for place, settings in names.items():
            given = {name: _value(name, values.pop(name)) for name in settings}
            values[place] = {name: value for name, value in given.items() if value is not None}
        command(**values)

    run.__signature__ = Signature(expanded)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in expanded}
    return run


def _parameter(name: str) -> Parameter:
    """Return the option of a setting; its help text is a key of the catalogue."""
    declared = DECLARED[name]
    is_list = get_origin(Settings.model_fields[name].annotation) is tuple
    kind: Any = list[str] if is_list else str if declared.value else bool
    info = typer.Option(
        *declared.option.split(), help=f"settings.{name_in_file(name)}.option", metavar=declared.value or None,
        show_default=False,
    )  # fmt: skip
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=Annotated[kind | None, info])


def _value(name: str, given: object) -> object:
    """Return the value of a setting for that of its option."""
    return DECLARED[name].flags.get(given, given) if isinstance(given, bool) else given
