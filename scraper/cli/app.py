"""The command `aurion`: its subcommands, and the handling of errors as message, hint and exit code."""

import errno
import io
import os
import sys
from collections.abc import Callable, Container, Sequence
from importlib import import_module
from itertools import dropwhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from scraper.cli.command_help import Command, CommandGroup, translate
from scraper.cli.error_output import error_data, write_error
from scraper.cli.output import discard, user_words, write_json
from scraper.cli.shell_completion import COMPLETION, words_to_complete
from scraper.cli.topics import list_topics, show_topic, topic_name
from scraper.cli.usage_errors import usage_error
from scraper.domain.printable import printable_streams
from scraper.errors import AurionError, ExitCode
from scraper.i18n import Catalogue
from scraper.system.interruptions import answer_interruptions
from scraper.system.os_errors import to_delivery_error
from scraper.system.paths import stamp_state_folder
from scraper.system.signals import is_from_interruption

if TYPE_CHECKING:
    from scraper.portal.driver import Driver

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
    "backup",
    "restore",
    "install-browser",
    "completion",
)
"""Names of the commands: each names a module and its function; the module is imported only for that command."""
GROUPS: tuple[str, ...] = ("account", "config", "schedule", "feed", "hosting")
"""Names of the command groups: each names a module; its table `COMMANDS` has the functions by command name.

A function of another module is written `module:function`, so that only the command that runs is imported.
"""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of a full or broken stream. Errors of files have a file name and are translated where they occur."""


def run_command_line(arguments: Sequence[str], driver: "Driver | AurionError | None" = None) -> int:
    """Run a command and return its exit code, never with a traceback; `driver` is already started for an export."""
    _open_streams()
    with printable_streams():
        return _run(arguments, driver)


def _run(arguments: Sequence[str], driver: "Driver | AurionError | None") -> int:
    words = user_words()
    terminal = sys.stderr
    answer_interruptions()
    try:
        try:
            arguments = _complete(arguments)
            aurion = build_command(words, words_to_complete(os.environ) or arguments)
            code = aurion.main(args=arguments, prog_name="aurion", standalone_mode=False, obj=driver)
            sys.stdout.flush()
        except typer.TyperException as error:
            raise usage_error(error, getattr(error, "ctx", None)) from None
    except AurionError as error:
        return _report_failure(error, words, as_json="--json" in arguments)
    except (KeyboardInterrupt, typer.Abort, EOFError):
        code = ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:  # typer exits with 1 when the reader of its output is gone
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            raise
        discard(sys.__stdout__, sys.__stderr__)
        return 0
    except OSError as error:
        if error.filename is not None or error.errno not in FULL:
            return _report_bug(error, words, as_json="--json" in arguments)
        discard(sys.__stdout__)
        return _report_failure(to_delivery_error(error, "-"), words, as_json=False)
    except Exception as error:  # noqa: BLE001 - a bug is reported in one sentence and stored for a report
        code = _report_bug(error, words, as_json="--json" in arguments)
    finally:
        stamp_state_folder()
    if code == ExitCode.INTERRUPTED:  # typer returns the same code
        terminal.write(f"\n{words('summary.interrupted')}\n")
    return int(code or 0)


def _complete(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the option or the command that they mean.

    `help export` is `export --help`; nothing at all is `serve`, on a terminal with a screen.
    """
    if not arguments and sys.stdout.isatty():
        from scraper.system.find_browser import has_screen

        if has_screen():
            return ["serve"]
    match arguments:
        case ["help", name] if name not in {*COMMANDS, *GROUPS} and topic_name(name) in list_topics():
            return list(arguments)
        case ["help", *command]:
            return [*command, "--help"]
    return list(arguments)


def _report_bug(error: Exception, words: Catalogue, *, as_json: bool) -> int:
    """Store and report a bug; an error that a library raised because of Ctrl-C counts as an interruption."""
    from scraper.system.crash_report import save_crash_report

    if is_from_interruption(error):
        return ExitCode.INTERRUPTED
    return _report_failure(save_crash_report(error), words, as_json=as_json)


def _open_streams() -> None:
    """Replace closed standard streams, and make the others replace characters that they cannot encode."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def build_command(words: Catalogue, arguments: Sequence[str] = ()) -> TyperGroup:
    """Return the command with its help in the language of `words`; only the subcommand in `arguments` is imported."""
    wanted, *further = _from_command_name(arguments, {*COMMANDS, *GROUPS}) or [""]
    app = _group(words("help.app"), completion=wanted == "completion" or COMPLETION in os.environ)
    app.callback()(_start)
    for name in COMMANDS:
        identifier = name.replace("-", "_")
        function = _function(f"{identifier}:{identifier}") if name == wanted else _placeholder
        app.command(name, cls=Command, help=words(f"help.commands.{name}"))(function)
    for name in GROUPS:
        group = _group(words(f"help.groups.{name}.help"))
        functions = import_module(f"scraper.cli.commands.{name}").COMMANDS if name == wanted else {"": ""}
        chosen = next(iter(_from_command_name(further, functions)), None) if name == wanted else None
        for part, given in functions.items():
            text = words(f"help.groups.{name}.{part}") if part else None
            group.command(part, cls=Command, help=text)(_function(given) if part == chosen else _placeholder)
        app.add_typer(group, name=name)
    app.command("help", cls=Command, help=words("help.commands.help"))(show_topic)
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)  # noqa: S101 - typer returns a group for several commands
    root.params = [parameter for parameter in root.params if parameter.name == "version"]  # without typer's own options
    translate(root, words)
    return root


def _group(text: str, *, completion: bool = False) -> typer.Typer:
    return typer.Typer(
        cls=CommandGroup, help=text, no_args_is_help=True, add_completion=completion, pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )  # fmt: skip


def _placeholder() -> None:
    """Do nothing: the function of each command that is not run."""


def _from_command_name(arguments: Sequence[str], names: Container[str]) -> list[str]:
    """Return the arguments from the first one that is a command's name."""
    return list(dropwhile(lambda argument: argument not in names, arguments))


def _function(given: str | Callable[..., None]) -> Callable[..., None]:
    """Return a command's function, given as such or as `module:function`."""
    if callable(given):
        return given
    module, _, name = given.partition(":")
    function: Callable[..., None] = getattr(import_module(f"scraper.cli.commands.{module}"), name)
    return function


def _print_version(is_given: bool) -> None:  # noqa: FBT001 - typer passes it by position
    """Print the version, then those of what an export depends on."""
    if is_given:
        import platform
        from importlib.metadata import version

        from scraper import __version__
        from scraper.system.find_browser import CHANNELS, find_browsers

        words = user_words()
        sys.stdout.write(
            f"aurion-planning {__version__}\nPython {platform.python_version()}\nPlaywright {version('playwright')}\n"
            f"{platform.system()} {platform.release()} {platform.machine()}\n"
        )
        path = find_browsers()[0]
        sys.stdout.write(f"{words('browser.channels') if path in CHANNELS else words('browser.found', path=path)}\n")
        raise typer.Exit


def _start(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="help.options.version", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Do nothing: typer prints the version before it looks for a command."""


def _report_failure(error: AurionError, words: Catalogue, *, as_json: bool) -> int:
    if as_json:
        write_json(error_data(error, words))
    else:
        write_error(error, words)
    return error.exit_code
