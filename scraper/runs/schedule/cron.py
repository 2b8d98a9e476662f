"""A timer by cron: a marked block at the top of the user's crontab, so that none of its variables apply.

Source: crontab(5): an unescaped percent sign ends the command. Cron skips missed runs, so it only starts a
check every few minutes whether a run is due.
"""

import os
import re
import shlex
import sys
from collections.abc import Mapping

import psutil

from scraper.errors import ScheduleError
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.planned import MINUTES, PlannedTimer, plan_file_text
from scraper.runs.schedule.scheduled_command import ScheduledCommand
from scraper.runs.schedule.template import fill_template
from scraper.runs.schedule.timer import TrialRun, last_lines, run_checked, run_detached, run_system_command

if sys.platform != "win32":
    import pwd

BLOCK = re.compile(rb"^# aurion schedule on \{\n.*?^# \} aurion schedule off\n", re.MULTILINE | re.DOTALL)
PLACE = "crontab"
DAEMONS = {"cron", "crond", "fcron", "dcron", "systemd-cron"}


class Cron(PlannedTimer):
    """The user's crontab."""

    kind = "cron"

    def is_available(self) -> bool:
        """Return whether this user may have a crontab."""
        try:
            _crontab()
        except ScheduleError:
            return False
        return True

    def is_on(self) -> bool:
        """Return whether the crontab has this program's block."""
        return self.is_available() and BLOCK.search(_crontab()) is not None

    def preview(self, plan: Plan, job: ScheduledCommand) -> Mapping[str, str]:
        """Return the plan's file and the block in the crontab."""
        return {str(self.plan_file): plan_file_text(plan, job), PLACE: _block(self._line(job))}

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the crontab's line as cron does: by sh, with cron's few variables."""
        del plan
        line = self._line(job).replace("\\%", "%")
        return run_detached(("/bin/sh", "-c", line), cron_environment(), job.home)

    def start(self, job: ScheduledCommand) -> None:
        """Put the block at the top of the crontab, in place of an earlier one."""
        run_checked("crontab", "-", given=_block(self._line(job)).encode() + BLOCK.sub(b"", _crontab()))

    def remove(self) -> None:
        """Remove the block; the rest of the crontab is unchanged, an empty crontab is deleted."""
        rest = BLOCK.sub(b"", _crontab())
        run_checked("crontab", "-", given=rest) if rest else run_checked("crontab", "-r")

    def _line(self, job: ScheduledCommand) -> str:
        search_path = job.environment.get("PYTHONPATH")
        variables = [] if search_path is None else [f"PYTHONPATH={shlex.quote(search_path)}"]
        parts = [*variables, *map(shlex.quote, self.check_command(job))]
        return " ".join(parts).replace("\\%", "\\''%").replace("%", "\\%")


def cron_environment() -> dict[str, str]:
    """Return the variables that cron gives to a job."""
    user = pwd.getpwuid(os.getuid())
    return {"HOME": user.pw_dir, "LOGNAME": user.pw_name, "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}


def daemon_runs() -> bool:
    """Return whether a cron daemon seems to run; true if that cannot be determined."""
    if not sys.platform.startswith("linux"):
        return True
    return any(process.info["name"] in DAEMONS for process in psutil.process_iter(["name"]))


def _crontab() -> bytes:
    """Return the user's crontab, empty if there is none. Raise ScheduleError if it cannot be read."""
    done = run_system_command("crontab", "-l")
    if done.returncode and b"no crontab" not in done.stderr.lower():
        raise ScheduleError("command", command="crontab -l", detail=last_lines(done.stderr.decode(errors="replace")))
    return done.stdout if done.returncode == 0 else b""


def _block(line: str) -> str:
    return fill_template("cron", minutes=MINUTES, command=line) + "\n"
