"""The command `aurion`: its parts, and what an error becomes: message, hint, exit code."""

import errno
import io
import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer
from typer.core import TyperGroup

from scraper.cli.commands.completion import VARIABLE, words_to_complete
from scraper.cli.commands.help import Command, Group, translate
from scraper.cli.error_output import as_data, tell
from scraper.cli.signals import answer_interruptions
from scraper.cli.usage_errors import usage
from scraper.domain.printable import printable_streams
from scraper.errors import AurionError, Interrupted
from scraper.i18n import Catalogue, language_of
from scraper.system.crash_report import save_crash_report
from scraper.system.os_errors import to_delivery_error

if TYPE_CHECKING:
    from scraper.portal.browser import Driver

COMMANDS = (
    "export",
    "publish",
    "login",
    "logout",
    "changes",
    "history",
    "status",
    "replay",
    "report",
    "fixture",
    "demo",
    "schools",
    "check",
    "doctor",
    "serve",
    "install-browser",
    "completion",
)
"""Each is a function of its name in its own module, which is imported only for that command."""
GROUPS: tuple[str, ...] = ("account", "config", "schedule", "feed")
"""Each is a module with a table of functions, `COMMANDS`, by the names of its commands."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""What only a stream can still say here: a file has a name, and its troubles are translated where they arise."""


def run(arguments: Sequence[str], driver: "Driver | AurionError | None" = None) -> int:
    """Runs one command, an export with that driver, and gives its exit code; no traceback reaches a person."""
    _open_streams()
    with printable_streams():
        return _run(arguments, driver)


def _run(arguments: Sequence[str], driver: "Driver | AurionError | None") -> int:
    words = Catalogue(language_of(os.environ))
    terminal = sys.stderr
    answer_interruptions()
    arguments = [*arguments[1:], "--help"] if arguments[:1] == ["help"] else list(arguments)
    try:
        try:
            aurion = command(words, words_to_complete(os.environ) or arguments)
            code = aurion.main(args=arguments, prog_name="aurion", standalone_mode=False, obj=driver)
            sys.stdout.flush()
        except typer.TyperException as error:
            raise usage(error, getattr(error, "ctx", None)) from None
    except AurionError as error:
        return _failed(error, words, as_json="--json" in arguments)
    except (KeyboardInterrupt, typer.Abort, EOFError):
        code = Interrupted.exit_code
    except (BrokenPipeError, SystemExit) as error:  # typer's own answer to a reader that is gone is to exit with 1
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        _lose(sys.__stdout__, sys.__stderr__)
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            return _failed(save_crash_report(error), words, as_json="--json" in arguments)
        _lose(sys.__stdout__)
        return _failed(to_delivery_error(error, "-"), words, as_json=False)
    except Exception as error:  # noqa: BLE001 - a bug of ours: told in one sentence, kept for a report
        return _failed(save_crash_report(error), words, as_json="--json" in arguments)
    if code == Interrupted.exit_code:  # typer's own word for it, too
        terminal.write(f"\n{words('summary.interrupted')}\n")
    return int(code or 0)


def _lose(*streams: TextIO | None) -> None:
    """What is told there from here on, or was not written yet, goes nowhere."""
    for stream in filter(None, streams):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_streams() -> None:
    """Something to write to, also where they were closed, or cannot show every letter."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def command(words: Catalogue, arguments: Sequence[str] = ()) -> TyperGroup:
    """The commands, with their help in the language of `words`; only the one that `arguments` name is whole."""
    meant = next((argument for argument in arguments if argument in {*COMMANDS, *GROUPS}), None)
    app = _group(words("help.app"), completion=meant == "completion" or VARIABLE in os.environ)
    app.callback()(_start)
    for name in COMMANDS:
        function = _function(name) if name == meant else _not_meant
        app.command(name, cls=Command, help=words(f"help.commands.{name}"))(function)
    for name in GROUPS:
        group = _group(words(f"help.groups.{name}.help"))
        functions = import_module(f"scraper.cli.commands.{name}").COMMANDS if name == meant else {"": _not_meant}
        for part, function in functions.items():
            text = words(f"help.groups.{name}.{part}") if part else None
            group.command(part, cls=Command, help=text)(function)
        app.add_typer(group, name=name)
    app.command("help", cls=Command, help=words("help.commands.help"))(_not_meant)
    made = typer.main.get_command(app)
    assert isinstance(made, TyperGroup)  # noqa: S101 - what several commands make
    made.params = [parameter for parameter in made.params if parameter.name == "version"]  # without typer's own
    translate(made, words)
    return made


def _group(text: str, *, completion: bool = False) -> typer.Typer:
    return typer.Typer(
        cls=Group, help=text, no_args_is_help=True, add_completion=completion, pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )  # fmt: skip


def _not_meant() -> None:
    """Keep the place of a command that is not asked for."""


def _function(name: str) -> Callable[..., None]:
    plain = name.replace("-", "_")
    function: Callable[..., None] = getattr(import_module(f"scraper.cli.commands.{plain}"), plain)
    return function


def _say_version(asked: bool) -> None:  # noqa: FBT001 - typer gives it so
    if asked:
        from scraper import __version__

        sys.stdout.write(f"aurion-planning {__version__}\n")
        raise typer.Exit


def _start(
    *,
    version: Annotated[bool, typer.Option("--version", help="version", is_eager=True, callback=_say_version)] = False,
) -> None:
    """Nothing: the version is said before any command is looked for."""


def _failed(error: AurionError, words: Catalogue, *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps(as_data(error, words), ensure_ascii=False) + "\n")
    else:
        tell(error, words)
    return error.exit_code
