"""Commands of ours that take too long for one answer, each in a process of its own, one of a kind at a time."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Event, Lock, Thread

from scraper.i18n import language_of
from scraper.runs.worker import NOT_FOR_CHILDREN, python_path
from scraper.system.processes import run

LOCALES = {"fr": "fr_FR.UTF-8", "en": "en_GB.UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """One that was begun at `at`; at its end its exit code and what it wrote. `is_over` tells that."""

    at: datetime
    is_over: bool = False
    code: int | None = None
    output: str = ""
    said: str = ""


@dataclass(slots=True)
class BackgroundJobs:
    """Those of one server, ended when it is `over`; what came of the last one of each kind."""

    clock: Callable[[], datetime]
    over: Event
    _last: dict[str, Chore] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def last(self, kind: str) -> Chore | None:
        """The one that goes on, else the last that ended; None where there was none."""
        return self._last.get(kind)

    def begin(self, kind: str, arguments: Sequence[str], environment: Mapping[str, str], *, seconds: float) -> None:
        """Starts `aurion` with these arguments, unless one of that kind goes on; it is ended after its seconds."""
        with self._lock:
            before = self._last.get(kind)
            if before and not before.is_over:
                return
            self._last[kind] = begun = Chore(at=self.clock())
        command = [sys.executable, "-P", "-m", "scraper", *arguments]
        Thread(target=self._done, args=(kind, begun, command, environment, seconds)).start()

    def _done(
        self, kind: str, begun: Chore, command: Sequence[str], environment: Mapping[str, str], seconds: float
    ) -> None:
        said: list[str] = []
        code, output = None, ""
        try:
            code, output = run(command, environment, typed="", seconds=seconds, on_line=said.append, stop=self.over)
        except OSError as error:
            said.append(error.strerror or type(error).__name__)
        finally:
            self._last[kind] = replace(begun, is_over=True, code=code, output=output, said="".join(said).strip())


def environment_for(environment: Mapping[str, str], language: str) -> dict[str, str]:
    """The variables of a command of ours: without secrets, so that it speaks that language and is found."""
    told = {name: value for name, value in environment.items() if name not in {*NOT_FOR_CHILDREN, "AURION_PASSPHRASE"}}
    if language_of(told) != language:
        told["LC_ALL"] = LOCALES[language]
    return told | python_path() | {"PYTHONIOENCODING": "utf-8"}
