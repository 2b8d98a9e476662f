"""`aurion completion SHELL`: print the script by which a shell completes commands and options."""

import os
from collections.abc import Mapping
from typing import Annotated

import typer

from scraper.cli.options import argument
from scraper.errors import SettingsError

VARIABLE = "_AURION_COMPLETE"
"""Set by the script when the shell asks for completions."""
SHELLS = ("bash", "zsh", "fish", "powershell")
Shell = Annotated[str, argument("completion_shell", "bash|zsh|fish|powershell")]


def completion(context: typer.Context, shell: Shell) -> None:
    """Print the script. Raise SettingsError for an unknown shell."""
    if shell not in SHELLS:
        raise SettingsError("completion-shell", given=shell, known=SHELLS)
    os.environ[VARIABLE] = f"source_{shell}"
    context.find_root().command.main(args=[], prog_name="aurion", complete_var=VARIABLE)  # prints, then exits


def words_to_complete(environment: Mapping[str, str]) -> list[str]:
    """Return the words typed so far if a shell asks for completions, else none."""
    if VARIABLE not in environment:
        return []
    return (environment.get("COMP_WORDS") or environment.get("_TYPER_COMPLETE_ARGS") or "").split()[1:]
