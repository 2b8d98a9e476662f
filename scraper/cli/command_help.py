"""Help and usage errors in the user's language: typer writes both in English only."""

from difflib import get_close_matches
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from scraper.cli.topics import list_topics
from scraper.cli.usage_errors import RENAMED_COMMANDS, argument_name, repeated_option, usage_error
from scraper.errors import SettingsError
from scraper.i18n import Catalogue

HELP_OPTIONS = {"help_option_names": ["-h", "--help"]}


class Command(TyperCommand):
    """A command with translated help and translated errors for extra arguments and repeated options."""

    allow_extra_args = True  # typer's own error for them is an English sentence
    words: Catalogue

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer does not export its classes
        """Parse the arguments and return the rest, which is empty. Raise SettingsError."""
        given = list(args)
        try:
            extra = super().parse_args(ctx, args)
            *_, order = self.make_parser(ctx).parse_args(args=list(given))
        except typer.TyperException as error:
            raise usage_error(error, ctx) from None
        if (repeated := repeated_option(order, given)) and not ctx.resilient_parsing:
            raise SettingsError("usage-twice", name=repeated, command=ctx.command_path)
        if extra and not ctx.resilient_parsing:
            raise SettingsError("usage-extra", name=extra[0], command=ctx.command_path)
        return extra

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export its classes
        """Write the line that shows how to call the command."""
        _write_usage(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export its classes
        """Write the arguments and options."""
        _write_parameters(self, ctx, formatter)


class CommandGroup(TyperGroup):
    """A group of commands with translated help and a translated error for unknown commands."""

    words: Catalogue

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer does not export its classes
        """Parse the group's options and return the rest; without arguments show the help. Raise SettingsError."""
        try:
            return super().parse_args(ctx, args or ["--help"])
        except typer.TyperException as error:
            raise usage_error(error, ctx) from None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer does not export its classes
        """Return the command that the first argument names. Raise SettingsError("usage-command")."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            near = [new for old, new in RENAMED_COMMANDS.items() if old == name and new in self.commands]
            near = near or get_close_matches(name, self.commands)
            raise SettingsError("usage-command", name=name, near=near, command=ctx.command_path)
        return super().resolve_command(ctx, args)

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export its classes
        """Write the line that shows how to call a command of the group."""
        _write_usage(self, ctx, formatter, self.words("help.usage.command"))

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export its classes
        """Write the options and the commands."""
        _write_parameters(self, ctx, formatter)
        with formatter.section(self.words("help.headings.commands")):
            formatter.write_dl([(name, command.help or "") for name, command in self.commands.items()])
        if ctx.parent is None:
            with formatter.section(self.words("help.headings.topics")):
                formatter.write_text(", ".join(sorted(list_topics())))


def translate(part: Any, words: Catalogue) -> None:  # noqa: ANN401 - typer does not export its classes
    """Translate the help of a command or group and all its parts; their help and metavar are catalogue keys."""
    part.words = words
    part.context_settings.update(HELP_OPTIONS)
    if own := part.get_help_option(part.context_class(part, **HELP_OPTIONS)):
        own.help = words("help.options.help")
    for parameter in part.params:
        if parameter.help:
            parameter.help = words(parameter.help)
        if parameter.metavar and words.has(f"help.values.{parameter.metavar}"):
            parameter.metavar = words(f"help.values.{parameter.metavar}")
    for command in getattr(part, "commands", {}).values():
        translate(command, words)


def _write_usage(part: Any, ctx: Any, formatter: Any, *further: str) -> None:  # noqa: ANN401 - as above
    words: Catalogue = part.words
    arguments = [parameter for parameter in part.get_params(ctx) if parameter.param_type_name == "argument"]
    names = [argument_name(one) if one.required else f"[{argument_name(one)}]" for one in arguments]
    pieces = [words("help.usage.options"), *names, *further]
    formatter.write_usage(ctx.command_path, " ".join(pieces), prefix=f"{words('help.usage.prefix')} ")


def _write_parameters(part: Any, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export its classes
    rows: dict[str, list[tuple[str, str]]] = {"arguments": [], "options": []}
    for parameter in part.get_params(ctx):
        if parameter.param_type_name == "argument":
            rows["arguments"].append((argument_name(parameter), parameter.help or ""))
        else:
            rows["options"].append((_option_names(parameter), parameter.help or ""))
    for heading, found in rows.items():
        if found:
            with formatter.section(part.words(f"help.headings.{heading}")):
                formatter.write_dl(found)


def _option_names(parameter: Any) -> str:  # noqa: ANN401 - typer does not export its classes
    """Return the names of an option as in `-o, --output FILE` or `--visible / --headless`."""
    names = ", ".join(sorted(parameter.opts, key=len))
    if parameter.secondary_opts:
        names += f" / {', '.join(parameter.secondary_opts)}"
    return names if parameter.is_flag else f"{names} {parameter.metavar}"
