"""Catch-up of missed runs for timers without it: the timer starts a check every few minutes whether a run is due."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from scraper.errors import ExitCode, ScheduleError
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import BOUND, EXPORT, ScheduledCommand
from scraper.runs.schedule.timer import write_file
from scraper.system.processes import terminate

MINUTES = 5
"""Minutes between two checks whether a run is due."""
TIMED_OUT = ExitCode.UNAVAILABLE
"""The exit code of a run that was killed at its time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpState:
    """The file of such a timer with plan, interpreter and variables; a second file stores the last run."""

    path: Path

    @property
    def past(self) -> Path:
        """The path of the last run's file."""
        return self.path.with_suffix(".last.json")

    def text(self, plan: Plan, job: ScheduledCommand) -> str:
        """Return the content of the plan's file."""
        data = {
            "python": job.python,
            "times": [f"{at:%H:%M}" for at in plan.times],
            "jitter": int(plan.jitter.total_seconds()),
            "seed": plan.seed,
            "environment": dict(job.environment),
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"

    def plan(self) -> Plan:
        """Return the stored plan. Raise ScheduleError if there is none."""
        data = self._read()
        return Plan(
            times=tuple(map(time.fromisoformat, data["times"])),
            jitter=timedelta(seconds=data["jitter"]),
            seed=data["seed"],
        )

    def began(self) -> datetime | None:
        """Return when the last run started."""
        return _parse_time(self._past().get("began"))

    def ended(self) -> tuple[datetime, int] | None:
        """Return when the last run ended, and its exit code; None if none has ended."""
        past = self._past()
        at = _parse_time(past.get("at"))
        return (at, int(past["exit_code"])) if at else None

    def tick(self, now: datetime, zone: tzinfo, *, always: bool = False) -> int:
        """Run the export if it is due, or `always`; return its exit code, 0 without a run. Raise ScheduleError."""
        data = self._read()
        if not always and not self.plan().due(self.began(), now, zone):
            return 0
        self._write_past({**self._past(), "began": now.isoformat()})
        process = subprocess.Popen(
            [data["python"], *EXPORT], env={**os.environ, **data["environment"]},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            code = process.wait(BOUND.total_seconds())
        except subprocess.TimeoutExpired:
            code = TIMED_OUT
        finally:
            if process.poll() is None:
                terminate(process)
        ended = max(now, datetime.now(UTC))
        self._write_past({"began": now.isoformat(), "at": ended.isoformat(timespec="seconds"), "exit_code": code})
        return code

    def _read(self) -> Mapping[str, Any]:
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: data[name] for name in ("python", "times", "jitter", "seed", "environment")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ScheduleError("table", path=str(self.path)) from error

    def _past(self) -> dict[str, Any]:
        try:
            past = json.loads(self.past.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return past if isinstance(past, dict) else {}

    def _write_past(self, past: Mapping[str, Any]) -> None:
        write_file(self.past, f"{json.dumps(past)}\n".encode())


def _parse_time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None
