"""`aurion account KIND`, one command for each kind of sink: push an account's calendar to a service, or stop that."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import Parameter, Signature
from typing import Annotated, Any

from scraper.cli.options import AccountName, PasswordStdin, option
from scraper.cli.output import user_words
from scraper.cli.terminal_dialog import TerminalDialog
from scraper.domain.sink_kind import SinkKind
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SettingsError
from scraper.sinks.sink_service import require_library, service_of


def __getattr__(name: str) -> Callable[..., None]:
    """Return the command of a registered kind of sink, by its name."""
    if name not in SINK_KINDS:
        raise AttributeError(name)
    return sink_command(SINK_KINDS[name])


def sink_command(kind: SinkKind) -> Callable[..., None]:
    """Return the command of a kind of sink, with the options that the kind declares."""

    def command(name: str, **given: Any) -> None:  # noqa: ANN401
        _run(kind, name, given)

    given = {
        name: Annotated[str | None, option(_flag(name), key=f"{kind.name}_{name}", value=value)]
        for name, value in kind.options.items()
    }
    flags = {
        "password_stdin": PasswordStdin,
        "no_try": Annotated[bool, option("--no-login-test", key=f"{kind.name}_no_try")],
        "remove": Annotated[bool, option("--remove", key=f"{kind.name}_remove")],
        **{name: Annotated[bool, option(_flag(name), key=f"{kind.name}_{name}")] for name in kind.flags},
    }
    command.__annotations__ = {"name": AccountName, **given, **flags}
    defaults = {"name": Parameter.empty, **dict.fromkeys(given), **dict.fromkeys(flags, False)}
    command.__signature__ = Signature(  # type: ignore[attr-defined]
        [
            Parameter(name, Parameter.KEYWORD_ONLY, default=defaults[name], annotation=annotation)
            for name, annotation in command.__annotations__.items()
        ]
    )
    return command


def _run(kind: SinkKind, name: str, given: Mapping[str, Any]) -> None:
    """Connect the account to a calendar, or end that; `given` are the options."""
    from pydantic import SecretStr

    from scraper.cli.passphrase import passphrase_prompt
    from scraper.config.configuration import Config
    from scraper.config.vault.vaults import vaults
    from scraper.publishing.destinations import (
        add_destination,
        disconnect_destination,
        remove_destination,
        setup_request,
    )

    flags = frozenset(flag for flag in kind.flags if given[flag])
    no_try, remove = given["no_try"], given["remove"]
    if flags and (no_try or not remove):
        raise SettingsError(f"{kind.name}-{'untried' if remove else 'remove'}")
    if not remove:
        require_library(kind)
    words, config = user_words(), Config.from_environment()
    dialog, places = TerminalDialog(words, given["password_stdin"]), vaults(passphrase_prompt(words))
    request = setup_request(kind, name, {option: given[option] for option in kind.options}, config)
    if no_try:
        request = replace(request, access=None)
    chosen = service_of(kind).choose(request, dialog)
    if remove:
        addresses = [one.address for one in request.known]
        if chosen.address not in addresses:
            raise SettingsError(f"{kind.name}-which", name=name, near=addresses)
        if not no_try:
            disconnect_destination(chosen, name, places, flags, config)
        remove_destination(name, chosen, places, config.state)
        dialog.show("_".join((f"{kind.name}.removed", *sorted(flags))), path=chosen.address)
        return
    added, password = service_of(kind).connect(chosen, request, dialog)
    home = add_destination(name, added, SecretStr(password), places, config)
    where = words(f"vault.where.{home.why}", **home.facts)
    dialog.show(f"{kind.name}.added", path=added.address, name=name, where=where)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
