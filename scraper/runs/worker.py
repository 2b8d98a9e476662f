"""An export in a process of its own: what hangs is ended, with its browser, and what breaks breaks nothing else."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import scraper
from scraper.domain.progress import CHILD, PICTURES
from scraper.errors import (
    AurionError,
    Fact,
    Interrupted,
    PortalUnavailable,
    SuspiciouslyEmpty,
    facts_to_keep,
    known_facts,
)
from scraper.i18n import Catalogue
from scraper.system.processes import run
from scraper.system.run_history import Run

BOUND = 600.0
"""Seconds that an export may take."""
PASSWORD = "AURION_PASSWORD"  # noqa: S105 - a variable's name
NOT_FOR_CHILDREN = frozenset({PASSWORD, "AURION_NOTIFY"})

OnStep = Callable[[str, float | None], None]
"""Told a step's name when it begins, and once more, with its seconds, when it ended well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerResult:
    """What came of an export: its exit code, else what is told of its error; the changes it found, by kind.

    `held` tells that they, or a planning that is suspiciously empty, wait for a person's word. `said` is the whole
    object that the export said.
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
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def changes(self) -> int:
        """How many there are, all kinds together."""
        return sum(self.kinds.values())


def exported(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    on_step: OnStep,
    *,
    command: Sequence[str] = ("export",),
    bound: float = BOUND,
    stop: Event | None = None,
    pictures: Path | None = None,
) -> WorkerResult:
    """Runs `aurion export`, or another command that exports, with these arguments; for `bound` seconds at most.

    A password in the environment is handed over by a pipe. `stop` ends it, set by any thread. `pictures` is a folder
    where an empty file `wanted` asks for the portal's page as it stands, which then lies there as `picture.png`.
    Raises PortalUnavailable("hung"), Interrupted("stopped"), AurionError("child").
    """
    password = environment.get(PASSWORD, "")
    told = {name: value for name, value in environment.items() if name not in NOT_FOR_CHILDREN}
    given = ["--password-stdin"] if password else []
    if pictures:
        told[PICTURES] = str(pictures)
    whole = [sys.executable, "-P", "-m", "scraper", *command, *arguments, *given, "--json", "--quiet"]
    began = monotonic()
    try:
        code, output = run(
            whole, told | where_found() | {CHILD: "1", "PYTHONIOENCODING": "utf-8"},
            typed=password and f"{password}\n", seconds=bound, stop=stop,
            on_line=lambda line: _step(line, on_step),
        )  # fmt: skip
    except OSError as error:
        raise AurionError("child", what=error.strerror or "") from None
    if code is None and stop and stop.is_set():
        raise Interrupted("stopped")
    if code is None:
        raise PortalUnavailable("hung", minutes=round(bound / 60))
    return _result(code, output, monotonic() - began)


def _result(code: int, output: str, seconds: float) -> WorkerResult:
    """What its one object says. Raises AurionError("child") where it said nothing."""
    try:
        told = json.loads(output)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        told = {}
    if code not in {0, Interrupted.exit_code} and not told.get("error"):
        raise AurionError("child", what=code)
    kinds = told.get("changes")
    texts = {name: str(told.get(name) or "") for name in ("error", "reason", "message", "hint", "details")}
    return WorkerResult(
        exit_code=code, seconds=seconds, kinds=kinds if isinstance(kinds, dict) else {},
        facts=known_facts(told.get("facts")),
        held=told.get("held") is True or told.get("error") == SuspiciouslyEmpty.__name__, said=told, **texts,
    )  # fmt: skip


def run_of(result: WorkerResult, began: datetime, *, unattended: bool = False) -> Run:
    """What is remembered of it."""
    return Run(
        at=began, exit_code=result.exit_code, error=result.error, reason=result.reason,
        facts=result.facts, seconds=round(result.seconds, 2), unattended=unattended, held=result.held,
    )  # fmt: skip


def of_error(error: AurionError, words: Catalogue, seconds: float = 0) -> WorkerResult:
    """What is told of an error of ours."""
    message, hint = words.error(error)
    return WorkerResult(
        exit_code=error.exit_code, error=type(error).__name__, reason=error.reason, facts=facts_to_keep(error),
        message=message, hint=hint, details=error.details, seconds=seconds,
    )  # fmt: skip


def _step(line: str, on_step: OnStep) -> None:
    match line.split():
        case [first, name] if first == CHILD and name.isidentifier():
            on_step(name, None)
        case [first, name, seconds] if first == CHILD and name.isidentifier():
            try:
                on_step(name, float(seconds))
            except ValueError:
                return


def where_found() -> dict[str, str]:
    """Where this program lies, for a Python that does not look into the current folder."""
    folder = Path(scraper.__file__).parent.parent
    if folder.name in {"site-packages", "dist-packages"}:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))}
