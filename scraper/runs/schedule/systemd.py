"""A timer of systemd's user manager: it remembers what it missed, and shuts the run into a sandbox.

Sources: systemd.exec(5), systemd.timer(5), systemd.syntax(7). In a user manager the options that need a mount
namespace or fewer capabilities work only together with PrivateUsers= (implied since systemd 254), and only where the
kernel lets users make namespaces: where it does not, the unit is written without them.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scraper.errors import ScheduleError
from scraper.runs.schedule.job import BOUND, ScheduledCommand
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.template import filled
from scraper.runs.schedule.timer import Proof, Run, last_lines, run, run_checked, write_file

SERVICE, TIMER = "aurion-planning.service", "aurion-planning.timer"
USER = ("systemctl", "--user")
SET_UP_FAILED = range(200, 244)
"""Exit codes that are systemd's own (systemd.exec(5), "Process Exit Codes"), ours are not among them."""
NOT_FOUND = 203


class Systemd:
    """The user manager's timer."""

    kind = "systemd"

    def is_here(self) -> bool:
        """Whether a user manager answers."""
        try:
            return run(*USER, "show-environment").returncode == 0
        except ScheduleError:
            return False

    def is_on(self) -> bool:
        """Whether the timer waits."""
        return self.is_here() and run(*USER, "is-active", "--quiet", TIMER).returncode == 0

    def files(self) -> tuple[Path, ...]:
        """The two units."""
        return (self._folder() / SERVICE, self._folder() / TIMER)

    def drawn(self, plan: Plan, job: ScheduledCommand, *, namespaces: bool = True) -> Mapping[str, str]:
        """The two units' texts."""
        folder = self._folder()
        return {
            str(folder / SERVICE): _service(job, namespaces=namespaces),
            str(folder / TIMER): filled(
                "systemd.timer",
                times="\n".join(f"OnCalendar=*-*-* {at:%H:%M}:00" for at in plan.times),
                jitter=int(plan.jitter.total_seconds()),
            ) + "\n",
        }  # fmt: skip

    def write(self, plan: Plan, job: ScheduledCommand, *, namespaces: bool = True) -> None:
        """Writes the units and lets the manager read them."""
        for path, text in self.drawn(plan, job, namespaces=namespaces).items():
            write_file(Path(path), text.encode())
        self.reread()

    def prove(self, plan: Plan, job: ScheduledCommand) -> Proof:
        """The very unit, once; without namespaces where the kernel does not let users make them."""
        proof = replace(self._run(), sandboxed=True)
        if proof.exit_code in SET_UP_FAILED and proof.exit_code != NOT_FOUND:
            self.write(plan, job, namespaces=False)
            proof = self._run()
        if proof.exit_code in SET_UP_FAILED:
            raise ScheduleError("set-up", code=proof.exit_code, said=proof.said)
        return proof

    def start(self, plan: Plan, job: ScheduledCommand) -> None:
        """Enables the timer, with the times that it has now."""
        del plan, job
        run_checked(*USER, "enable", TIMER)
        run_checked(*USER, "restart", TIMER)

    def reread(self) -> None:
        """The manager reads the units again."""
        run_checked(*USER, "daemon-reload")

    def off(self) -> None:
        """Takes out the timer, its memory and both units, also where no manager answers."""
        if self.is_here() and any(path.exists() for path in self.files()):
            run(*USER, "disable", "--now", TIMER)
            run(*USER, "stop", SERVICE)
            run(*USER, "clean", "--what=state", TIMER)
        for path in (*self.files(), self._folder() / "timers.target.wants" / TIMER):
            path.unlink(missing_ok=True)
        if self.is_here():
            run(*USER, "daemon-reload")
            run(*USER, "reset-failed", SERVICE)

    def next(self, now: datetime) -> datetime | None:
        """What the manager says."""
        del now
        timers = run(*USER, "list-timers", "--all", "--output=json", TIMER).stdout
        try:
            microseconds = json.loads(timers)[0]["next"]
            return datetime.fromtimestamp(microseconds / 1_000_000, UTC) if microseconds else None
        except (ValueError, LookupError, TypeError):
            return None

    def last(self) -> Run | None:
        """What the manager remembers of this session."""
        told = self._properties()
        found = re.fullmatch(r"@([1-9][0-9]*)", told.get("ExecMainExitTimestamp", ""))
        if not found:
            return None
        return Run(at=datetime.fromtimestamp(int(found[1]), UTC), exit_code=int(told["ExecMainStatus"]))

    def lingers(self) -> bool:
        """Whether the manager, and so the timer, runs while the user is not logged in."""
        try:
            told = run("loginctl", "show-user", "--property=Linger", "--value", str(os.getuid())).stdout
        except ScheduleError:
            return False
        return told.strip() == b"yes"

    def _folder(self) -> Path:
        """Where the manager looks for the user's own units: its settings folder may be another than this shell's."""
        try:
            told = run(*USER, "show", "--property=UnitPath", "--value").stdout.decode()
        except ScheduleError:
            told = ""
        own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
        found = next((part for part in told.split() if part.endswith("/systemd/user")), None)
        return Path(found) if found and str(own) not in told.split() else own

    def _run(self) -> Proof:
        started = run(*USER, "start", SERVICE, seconds=BOUND.total_seconds() + 60)
        told = self._properties()
        if told.get("Result") == "timeout":
            raise ScheduleError("slow", minutes=int(BOUND.total_seconds()) // 60)
        code = int(told.get("ExecMainStatus") or 0) or min(started.returncode, 1)
        return Proof(exit_code=code, said=_said(told.get("InvocationID", "")) if code else "")

    def _properties(self) -> dict[str, str]:
        names = "Result,ExecMainStatus,ExecMainExitTimestamp,InvocationID"
        told = run(*USER, "show", f"--property={names}", "--timestamp=unix", SERVICE).stdout.decode()
        return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)


def _said(invocation: str) -> str:
    """The last that a run said, where there is a journal that the user may read."""
    try:
        told = run("journalctl", "--user", "--quiet", "--output=cat", f"_SYSTEMD_INVOCATION_ID={invocation}").stdout
    except ScheduleError:
        return ""
    return last_lines(told.decode(errors="replace"))


def _service(job: ScheduledCommand, *, namespaces: bool) -> str:
    hardening = filled("systemd.hardening")
    if namespaces:
        home = escaped(str(job.home))
        writable = " ".join(f'"-{escaped(str(path))}"' for path in job.writable)
        hidden = " ".join(f'"-{home}/{name}"' for name in (".ssh", ".gnupg"))
        hardening += "\n" + filled("systemd.namespaces", writable=writable, hidden=hidden)
    return filled(
        "systemd.service",
        command=" ".join(f'"{escaped(part)}"' for part in _command(job)),
        home=str(job.home).replace("%", "%%"),
        environment="\n".join(f'Environment="{name}={escaped(job.environment[name])}"' for name in job.environment),
        bound=int(BOUND.total_seconds()) // 60,
        hardening=hardening,
    ) + "\n"  # fmt: skip


def _command(job: ScheduledCommand) -> tuple[str, ...]:
    """The command; by way of a shell where its path has signs that systemd takes in arguments only."""
    way = ("/bin/sh", "-c", 'exec "$0" "$@"') if re.search(r"[\"'\\]", job.python) else ()
    return (*way, *job.command)


def escaped(text: str) -> str:
    """A text as it stands between double quotes in a unit, its percent signs no specifiers."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
