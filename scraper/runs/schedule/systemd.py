"""A timer of systemd's user manager, which catches up missed runs and runs the export in a sandbox.

Sources: systemd.exec(5), systemd.timer(5), systemd.syntax(7). In a user manager the options that need a mount
namespace or fewer capabilities work only together with PrivateUsers= (implied since systemd 254), and only if the
kernel lets users create namespaces; otherwise the unit is written without them.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scraper.errors import ScheduleError
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import BOUND, ScheduledCommand
from scraper.runs.schedule.template import fill_template
from scraper.runs.schedule.timer import (
    Timer,
    TimerRun,
    TrialRun,
    last_lines,
    run_checked,
    run_system_command,
    write_file,
)

SERVICE, TIMER = "aurion-planning.service", "aurion-planning.timer"
USER = ("systemctl", "--user")
SET_UP_FAILED = range(200, 244)
"""systemd's own exit codes (systemd.exec(5), "Process Exit Codes"); the command uses none of them."""
NOT_FOUND = 203


class Systemd(Timer):
    """A timer and a service of the user manager."""

    kind = "systemd"
    present = (*USER, "show-environment")
    loaded = (*USER, "is-active", "--quiet", TIMER)

    def files(self) -> tuple[Path, ...]:
        """Return the paths of the two units."""
        return (self._folder() / SERVICE, self._folder() / TIMER)

    def preview(self, plan: Plan, job: ScheduledCommand, *, namespaces: bool = True) -> Mapping[str, str]:
        """Return the texts of the two units."""
        folder = self._folder()
        return {
            str(folder / SERVICE): _service(job, namespaces=namespaces),
            str(folder / TIMER): fill_template(
                "systemd.timer",
                times="\n".join(f"OnCalendar=*-*-* {at:%H:%M}:00" for at in plan.times),
                jitter=int(plan.jitter.total_seconds()),
            ) + "\n",
        }  # fmt: skip

    def write(self, plan: Plan, job: ScheduledCommand, *, namespaces: bool = True) -> None:
        """Write the units and make the manager read them."""
        for path, text in self.preview(plan, job, namespaces=namespaces).items():
            write_file(Path(path), text.encode())
        self.reload()

    def test_run(self, plan: Plan, job: ScheduledCommand) -> TrialRun:
        """Run the service once; without namespaces if the kernel does not let users create them."""
        trial = replace(self._run(), sandboxed=True)
        if trial.exit_code in SET_UP_FAILED and trial.exit_code != NOT_FOUND:
            self.write(plan, job, namespaces=False)
            trial = self._run()
        if trial.exit_code in SET_UP_FAILED:
            raise ScheduleError("set-up", code=trial.exit_code, detail=trial.output)
        return trial

    def start(self, job: ScheduledCommand) -> None:
        """Enable the timer and restart it with its new times."""
        del job
        run_checked(*USER, "enable", TIMER)
        run_checked(*USER, "restart", TIMER)

    def reload(self) -> None:
        """Make the manager read the units again."""
        run_checked(*USER, "daemon-reload")

    def off(self) -> None:
        """Remove the timer, its state and both units, even if no manager answers."""
        if self.is_available() and any(path.exists() for path in self.files()):
            run_system_command(*USER, "disable", "--now", TIMER)
            run_system_command(*USER, "stop", SERVICE)
            run_system_command(*USER, "clean", "--what=state", TIMER)
        for path in (*self.files(), self._folder() / "timers.target.wants" / TIMER):
            path.unlink(missing_ok=True)
        if self.is_available():
            run_system_command(*USER, "daemon-reload")
            run_system_command(*USER, "reset-failed", SERVICE)

    def next(self, now: datetime) -> datetime | None:
        """Return the next run as known to the manager."""
        del now
        timers = run_system_command(*USER, "list-timers", "--all", "--output=json", TIMER).stdout
        try:
            microseconds = json.loads(timers)[0]["next"]
            return datetime.fromtimestamp(microseconds / 1_000_000, UTC) if microseconds else None
        except (ValueError, LookupError, TypeError):
            return None

    def last(self) -> TimerRun | None:
        """Return the last run since the manager started."""
        properties = self._properties()
        exited = re.fullmatch(r"@([1-9][0-9]*)", properties.get("ExecMainExitTimestamp", ""))
        if not exited:
            return None
        return TimerRun(at=datetime.fromtimestamp(int(exited[1]), UTC), exit_code=int(properties["ExecMainStatus"]))

    def lingers(self) -> bool:
        """Return whether the manager, and so the timer, runs while the user is not logged in."""
        return _output("loginctl", "show-user", "--property=Linger", "--value", str(os.getuid())).strip() == "yes"

    def _folder(self) -> Path:
        """Return the manager's folder for user units; its XDG_CONFIG_HOME may differ from this shell's."""
        unit_path = _output(*USER, "show", "--property=UnitPath", "--value").split()
        own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
        found = next((part for part in unit_path if part.endswith("/systemd/user")), None)
        return Path(found) if found and str(own) not in unit_path else own

    def _run(self) -> TrialRun:
        started = run_system_command(*USER, "start", SERVICE, seconds=BOUND.total_seconds() + 60)
        properties = self._properties()
        if properties.get("Result") == "timeout":
            raise ScheduleError("slow", minutes=int(BOUND.total_seconds()) // 60)
        code = int(properties.get("ExecMainStatus") or 0) or min(started.returncode, 1)
        return TrialRun(exit_code=code, output=_journal(properties.get("InvocationID", "")) if code else "")

    def _properties(self) -> dict[str, str]:
        names = "Result,ExecMainStatus,ExecMainExitTimestamp,InvocationID"
        lines = (
            run_system_command(*USER, "show", f"--property={names}", "--timestamp=unix", SERVICE)
            .stdout.decode()
            .splitlines()
        )
        return dict(line.split("=", 1) for line in lines if "=" in line)


def _journal(invocation: str) -> str:
    """Return the last lines of a run's output, "" without a journal that the user may read."""
    own = f"_SYSTEMD_INVOCATION_ID={invocation}"
    return last_lines(_output("journalctl", "--user", "--quiet", "--output=cat", own))


def _output(*command: str) -> str:
    """Return the output of a command, "" where it cannot be run."""
    with suppress(ScheduleError):
        return run_system_command(*command).stdout.decode(errors="replace")
    return ""


def _service(job: ScheduledCommand, *, namespaces: bool) -> str:
    hardening = fill_template("systemd.hardening")
    if namespaces:
        home = escape_unit_value(str(job.home))
        writable = " ".join(f'"-{escape_unit_value(str(path))}"' for path in job.writable)
        hidden = " ".join(f'"-{home}/{name}"' for name in (".ssh", ".gnupg"))
        hardening += "\n" + fill_template("systemd.namespaces", writable=writable, hidden=hidden)
    return fill_template(
        "systemd.service",
        command=" ".join(f'"{escape_unit_value(part)}"' for part in _command(job)),
        home=str(job.home).replace("%", "%%"),
        environment="\n".join(
            f'Environment="{name}={escape_unit_value(value)}"' for name, value in job.environment.items()
        ),
        bound=int(BOUND.total_seconds()) // 60,
        hardening=hardening,
    ) + "\n"  # fmt: skip


def _command(job: ScheduledCommand) -> tuple[str, ...]:
    """Return the command, through a shell if its path has characters that systemd only accepts in arguments."""
    shell = ("/bin/sh", "-c", 'exec "$0" "$@"') if re.search(r"[\"'\\]", job.python) else ()
    return (*shell, *job.command)


def escape_unit_value(text: str) -> str:
    """Return a text escaped for double quotes in a unit, including percent signs, which start specifiers."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
