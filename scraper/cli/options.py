"""The options that commands share. Their help texts are keys of the catalogue under `help.options`."""

from typing import Annotated, Any

import typer


def option(*names: str, key: str, value: str | None = None, most: int | None = None) -> Any:  # noqa: ANN401 - typer's own
    """Return an option with the keys of its help and of its value's name; a flag has no value."""
    least = None if most is None else 0
    return typer.Option(*names, help=f"help.options.{key}", metavar=value, min=least, max=most, show_default=False)


def argument(key: str, value: str) -> Any:  # noqa: ANN401 - typer's own kind of value
    """Return an argument with the keys of its help and of its value's name."""
    return typer.Argument(help=f"help.options.{key}", metavar=value, show_default=False)


PasswordStdin = Annotated[bool, option("--password-stdin", key="password_stdin")]
Passphrase = Annotated[bool, option("--passphrase", key="passphrase")]
OutputHere = Annotated[str, option("--output", "-o", key="output_here", value="file")]
OutputOrStdout = Annotated[str | None, option("--output", "-o", key="output_or_stdout", value="file")]
Debug = Annotated[str | None, option("--debug", key="debug", value="folder")]
Record = Annotated[str | None, option("--record", key="record", value="file")]
Accounts = Annotated[list[str] | None, argument("accounts", "account")]
Account = Annotated[str | None, argument("account", "account")]
AccountName = Annotated[str, argument("account", "account")]
All = Annotated[bool, option("--all", key="all")]
Unattended = Annotated[bool, option("--unattended", key="unattended")]
IfDue = Annotated[bool, option("--if-due", key="if_due")]
PlanFile = Annotated[str | None, option("--plan", key="plan_file", value="file")]
Explain = Annotated[str | None, option("--explain", key="explain", value="id")]
AcceptEmpty = Annotated[bool, option("--allow-mass-removal", key="accept_empty")]
Quiet = Annotated[bool, option("--quiet", "-q", key="quiet")]
Json = Annotated[bool, option("--json", key="json")]
