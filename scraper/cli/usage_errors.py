"""Conversion of typer's usage errors, which are in English only, to this program's errors."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from scraper.errors import SettingsError

RENAMED = {
    "--for": "--client",
    "--hold": "--review",
    "--no-hold": "--no-review",
    "--accept-empty": "--allow-mass-removal",
    "--no-try": "--no-login-test",
    "--where": "--show-location",
    "--drop": "--discard",
}
"""Options of earlier versions and their new names, which the error shows."""
RENAMED_COMMANDS = {"renew": "rotate"}


def usage_error(error: Any, context: Any) -> SettingsError:  # noqa: ANN401 - typer does not export its classes
    """Return the error for a usage error of typer, from its attributes: option or argument, and allowed values."""
    command, parameter = context.command_path if context else "aurion", getattr(error, "param", None)
    match type(error).__name__:
        case "NoSuchOption":
            near = [RENAMED[error.option_name]] if error.option_name in RENAMED else list(error.possibilities or ())
            return SettingsError("usage-option", name=error.option_name, near=near, command=command)
        case "BadOptionUsage":
            reason = "usage-flag" if _is_flag(error.option_name, context) else "usage-value"
            return SettingsError(reason, name=error.option_name, command=command)
        case "MissingParameter" if parameter:
            return SettingsError("usage-missing", name=_name(parameter), command=command)
        case "BadParameter" if parameter and (bounds := _bounds(parameter)):
            return SettingsError("usage-range", name=_name(parameter), least=bounds[0], most=bounds[1], command=command)
        case "BadParameter" if parameter:
            return SettingsError("usage-number", name=_name(parameter), command=command)
    return SettingsError("usage", command=command)


def repeated_option(order: Sequence[Any], given: Sequence[str]) -> str:
    """Return an option that was repeated, or switched both on and off; "" if there is none.

    `order` contains each parameter as often as it was given; options that may be repeated are ignored.
    """
    for parameter, count in Counter(order).items():
        if count == 1 or parameter.param_type_name != "option" or parameter.multiple:
            continue
        if not parameter.is_flag:
            return _name(parameter)
        if {*parameter.opts} & {*given} and {*parameter.secondary_opts} & {*given}:
            return f"{parameter.opts[0]}, {parameter.secondary_opts[0]}"
    return ""


def argument_name(parameter: Any) -> str:  # noqa: ANN401 - typer does not export its classes
    """Return the argument's name in the help; `…` means that it may be repeated."""
    return f"{parameter.metavar}…" if parameter.nargs != 1 else str(parameter.metavar)


def _name(parameter: Any) -> str:  # noqa: ANN401 - typer does not export its classes
    """Return the name of the option or argument in the help."""
    return max(parameter.opts, key=len) if parameter.param_type_name == "option" else str(parameter.metavar)


def _bounds(parameter: Any) -> tuple[object, object] | None:  # noqa: ANN401 - typer does not export its classes
    """Return the smallest and the greatest allowed number; None if the option does not have both."""
    bounds = getattr(parameter, "min", None), getattr(parameter, "max", None)
    return None if None in bounds else bounds


def _is_flag(name: str, context: Any) -> bool:  # noqa: ANN401 - typer does not export its classes
    """Return whether the option takes no value."""
    options = context.command.get_params(context)
    return any(getattr(one, "is_flag", False) for one in options if name in (*one.opts, *one.secondary_opts))
