"""For timers that forget what they missed: what is due is decided here, a few minutes apart, by what was run last."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

from scraper.errors import ScheduleError
from scraper.runs.schedule.job import BOUND, EXPORT, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.timer import write_file
from scraper.system.processes import terminate

MINUTES = 5
"""How far apart the system's timer looks whether a run is due."""
ENDED_BY_BOUND = 5
"""A run that hung is told as a portal that was not available."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUpState:
    """What is written down for such a timer: plan, interpreter and variables; and beside it what was run last."""

    path: Path

    @property
    def past(self) -> Path:
        """The file of the last run."""
        return self.path.with_suffix(".last.json")

    def text(self, plan: Plan, job: ScheduledCommand) -> str:
        """What is written."""
        told = {
            "python": job.python,
            "times": [f"{at:%H:%M}" for at in plan.times],
            "jitter": int(plan.jitter.total_seconds()),
            "seed": plan.seed,
            "environment": dict(job.environment),
        }
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"

    def plan(self) -> Plan:
        """The plan written. Raises ScheduleError where there is none."""
        told = self._told()
        return Plan(
            times=tuple(map(time.fromisoformat, told["times"])),
            jitter=timedelta(seconds=told["jitter"]),
            seed=told["seed"],
        )

    def began(self) -> datetime | None:
        """When the last run began."""
        return _moment(self._past().get("began"))

    def ended(self) -> tuple[datetime, int] | None:
        """When the last run that ended did, with its exit code."""
        past = self._past()
        at = _moment(past.get("at"))
        return (at, int(past["exit_code"])) if at else None

    def tick(self, now: datetime, zone: tzinfo, *, always: bool = False) -> int:
        """Runs the export where it is due, or `always`; its exit code, else 0. Raises ScheduleError."""
        told = self._told()
        if not always and not self.plan().due(self.began(), now, zone):
            return 0
        self._keep({**self._past(), "began": now.isoformat()})
        process = subprocess.Popen(
            [told["python"], *EXPORT], env={**os.environ, **told["environment"]},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            code = process.wait(BOUND.total_seconds())
        except subprocess.TimeoutExpired:
            code = ENDED_BY_BOUND
        finally:
            if process.poll() is None:
                terminate(process)
        ended = max(now, datetime.now(UTC))
        self._keep({"began": now.isoformat(), "at": ended.isoformat(timespec="seconds"), "exit_code": code})
        return code

    def _told(self) -> Mapping[str, Any]:
        try:
            told = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: told[name] for name in ("python", "times", "jitter", "seed", "environment")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ScheduleError("table", path=str(self.path)) from error

    def _past(self) -> dict[str, Any]:
        try:
            past = json.loads(self.past.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return past if isinstance(past, dict) else {}

    def _keep(self, past: Mapping[str, Any]) -> None:
        write_file(self.past, f"{json.dumps(past)}\n".encode())


def _moment(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None
