"""Child processes of this program; one that hangs is killed with its browser, and cannot crash its parent."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import scraper
from scraper.domain.progress import CHILD, PICTURES, WAIT
from scraper.errors import (
    AurionError,
    ExitCode,
    Fact,
    Interrupted,
    PortalUnavailable,
    SuspiciouslyEmpty,
    facts_from_json,
)
from scraper.system.processes import finish_process, run_process, start_process

_BOUND = 600.0
"""Time limit of an export in seconds."""
PASSWORD = "AURION_PASSWORD"  # noqa: S105 - a variable's name
NOT_FOR_CHILDREN = frozenset({PASSWORD, "AURION_NOTIFY", "AURION_GOOGLE_CLIENT_SECRET"})
NOT_FOR_WAITING = NOT_FOR_CHILDREN | {"AURION_PASSPHRASE", "AURION_OUTPUT"}
"""Variables that a waiting process gets with its order only."""
STEP = re.compile(rf"{re.escape(CHILD)} (?P<name>\w+)(?: (?P<seconds>\d+\.\d+))?")
"""A line of `worker_progress.Steps`."""

OnStep = Callable[[str, float | None], None]
"""Called with a step's name and None when it starts, and with its seconds when it succeeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerResult:
    """The result of an export: its exit code, its error with message and hint, the number of changes by kind.

    `held` is true if the changes, or a planning that is suspiciously empty, wait for the user's approval. `output` is
    the whole JSON object that the export printed.
    """

    exit_code: int
    error: str = ""
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    message: str = ""
    hint: str = ""
    details: str = ""
    kinds: Mapping[str, int] = field(default_factory=dict)
    held: bool = False
    seconds: float = 0
    output: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> int:
        """The number of changes of all kinds."""
        return sum(self.kinds.values())


def command_line(*arguments: str, python: str = sys.executable) -> tuple[str, ...]:
    """Return the command line of `aurion`; with `-P`, a folder named `scraper` in the current one is not imported."""
    return (python, "-P", "-m", "scraper", *arguments)


def run_command(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    seconds: float,
    on_line: Callable[[str], object],
    typed: str = "",
    stop: Event | None,
    python: str = sys.executable,
    folder: Path | None = None,
) -> tuple[int | None, str]:
    """Run `aurion` with these arguments in a child process; see `scraper.system.processes.run_process`."""
    variables = {**environment, **python_path(environment), "PYTHONIOENCODING": "utf-8"}
    return run_process(
        command_line(*arguments, python=python), variables, typed=typed, seconds=seconds, on_line=on_line, stop=stop,
        folder=folder,
    )  # fmt: skip


def run_worker(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    on_step: OnStep,
    *,
    command: Sequence[str] = ("export",),
    bound: float = _BOUND,
    stop: Event | None = None,
    pictures: Path | None = None,
    waiting: subprocess.Popen[str] | None = None,
) -> WorkerResult:
    """Run `aurion export`, or another command that exports, for at most `bound` seconds.

    A password in the environment is passed through a pipe. Any thread may set `stop` to end the child. `pictures` is a
    folder where an empty file `wanted` requests a screenshot of the portal, which is then written to `picture.png`.
    `waiting` is a process of `start_waiting` that runs the command. Raise PortalUnavailable("hung"),
    Interrupted("stopped"), AurionError("child").
    """
    password = environment.get(PASSWORD, "")
    variables = {name: value for name, value in environment.items() if name not in NOT_FOR_CHILDREN} | {CHILD: "1"}
    if pictures:
        variables[PICTURES] = str(pictures)
    line = [*command, *arguments, *(["--password-stdin"] if password else []), "--json", "--quiet"]
    typed, started = password and f"{password}\n", monotonic()

    def report(line: str) -> None:
        _report_step(line, on_step)

    try:
        if waiting:
            order = json.dumps({"arguments": line, "environment": variables})
            code, output = finish_process(waiting, typed=f"{order}\n{typed}", seconds=bound, stop=stop, on_line=report)
        else:
            code, output = run_command(line, variables, seconds=bound, stop=stop, typed=typed, on_line=report)
    except OSError as error:
        raise AurionError("child", what=error.strerror or "") from None
    if code is None and stop and stop.is_set():
        raise Interrupted("stopped")
    if code is None:
        raise PortalUnavailable("hung", minutes=round(bound / 60))
    return _parse_result(code, output, monotonic() - started)


def start_waiting(account: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start `aurion export`, which starts the account's browser and waits for an order on its standard input.

    The order is a line with the command's arguments and variables as JSON. Raise OSError.
    """
    own = {name: value for name, value in environment.items() if name not in NOT_FOR_WAITING}
    variables = {**own, **python_path(environment), "PYTHONIOENCODING": "utf-8", CHILD: "1", WAIT: "1"}
    return start_process(command_line("export", account), variables)


def _parse_result(code: int, output: str, seconds: float) -> WorkerResult:
    """Return the result in the child's JSON object. Raise AurionError("child") if it failed without one."""
    try:
        data = json.loads(output)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        data = {}
    if code not in {ExitCode.OK, ExitCode.INTERRUPTED} and not data.get("error"):
        raise AurionError("child", what=code)
    kinds = data.get("changes")
    texts = {name: str(data.get(name) or "") for name in ("error", "reason", "message", "hint", "details")}
    return WorkerResult(
        exit_code=code, seconds=seconds, kinds=kinds if isinstance(kinds, dict) else {},
        facts=facts_from_json(data.get("facts")),
        held=data.get("held") is True or data.get("error") == SuspiciouslyEmpty.__name__, output=data, **texts,
    )  # fmt: skip


def _report_step(line: str, on_step: OnStep) -> None:
    if found := STEP.fullmatch(line.strip()):
        on_step(found["name"], float(found["seconds"]) if found["seconds"] else None)


def python_path(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the PYTHONPATH that a child needs to import this program, because `-P` ignores the current folder."""
    folder = Path(scraper.__file__).parent.parent
    if folder.name in {"site-packages", "dist-packages"}:
        return {}
    folders = (str(folder), *environment.get("PYTHONPATH", "").split(os.pathsep))
    return {"PYTHONPATH": os.pathsep.join(dict.fromkeys(filter(None, folders)))}
