"""A command line that is not understood, as an error of ours: typer's own sentences are in English alone."""

from collections.abc import Sequence
from typing import Any

from scraper.errors import SettingsError

REASONS = {
    "NoSuchOption": "usage-option",
    "BadOptionUsage": "usage-value",
    "MissingParameter": "usage-missing",
    "BadParameter": "usage-wrong",
}
STARTS = {"No such command": "usage-command", "Got unexpected extra": "usage-extra"}
"""Of what typer has no class for, the sentence begins so."""


def usage(error: Any, arguments: Sequence[str]) -> SettingsError:  # noqa: ANN401 - typer keeps its classes to itself
    """The error with what it is about (`name`), and the `command` whose help tells more."""
    said = str(error.format_message())
    started = next((reason for start, reason in STARTS.items() if said.startswith(start)), "usage")
    context = getattr(error, "ctx", None)
    return SettingsError(
        REASONS.get(type(error).__name__, started),
        said=said,
        name=_name(error, said),
        command=context.command_path if context else " ".join(["aurion", *arguments[:1]]),
    )


def _name(error: Any, said: str) -> str:  # noqa: ANN401 - likewise
    """The option, argument or word meant."""
    if option := getattr(error, "option_name", None):
        return str(option)
    if parameter := getattr(error, "param", None):
        return str(max(parameter.opts, key=len) if parameter.param_type_name == "option" else parameter.name.upper())
    return said.partition("'")[2].rpartition("'")[0] or said.rpartition(" (")[2].rstrip(")")
