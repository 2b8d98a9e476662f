"""`aurion completion SHELL`: print the script by which a shell completes commands and options."""

import os
from typing import Annotated

import typer

from scraper.cli.options import argument
from scraper.cli.shell_completion import COMPLETION
from scraper.errors import SettingsError

SHELLS = ("bash", "zsh", "fish", "powershell")
Shell = Annotated[str, argument("completion_shell", "bash|zsh|fish|powershell")]


def completion(context: typer.Context, shell: Shell) -> None:
    """Print the script. Raise SettingsError for an unknown shell."""
    if shell not in SHELLS:
        raise SettingsError("completion-shell", given=shell, known=SHELLS)
    os.environ[COMPLETION] = f"source_{shell}"
    context.find_root().command.main(args=[], prog_name="aurion", complete_var=COMPLETION)  # prints, then exits
