"""The files of timers: each system reads the command, the variables and the folders in them."""

import os
import plistlib
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from scraper.runs.schedule.cron import Cron
from scraper.runs.schedule.launchd import Launchd
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import ScheduledCommand
from scraper.runs.schedule.systemd import Systemd
from scraper.runs.schedule.timer import Timer
from scraper.runs.schedule.windows import Windows
from tests.cases import for_each

GOLDEN = Path(__file__).parent / "golden"
PLAIN = ScheduledCommand(
    python="/opt/é 100%/bin/python", state=Path("/home/zoé/.local/state/aurion-planning"),
    environment={"AURION_MENU": 'Mon "planning"', "HOME": "/home/zoé", "LANG": "fr_FR.UTF-8"},
    writable=(Path("/home/zoé/.local/state/aurion-planning"), Path("/home/zoé/Mes cours 100%")),
)  # fmt: skip
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def texts(timer: Timer, plan: Plan, job: ScheduledCommand) -> dict[str, str]:
    """Return the contents of the timer's files by their names."""
    return {Path(place).name: text for place, text in timer.preview(plan, job).items()}


def timers() -> list[Timer]:
    """Return one timer of each kind."""
    return [Systemd(), Cron(PLAIN.state), Launchd(PLAIN.state), Windows(PLAIN.state)]


@for_each("timer", timers())
def test_timer_files_are_the_golden_ones(timer: Timer, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file equals that of the golden folder."""
    monkeypatch.setenv("USERDOMAIN", "ECOLE")
    monkeypatch.setenv("USERNAME", "zoé")
    for name, text in texts(timer, plan, PLAIN).items():
        assert text == (GOLDEN / name).read_text(encoding="utf-8"), name


def unit(text: str) -> dict[str, list[str]]:
    """Return the settings of a unit, each with its values (systemd.syntax(7))."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            name, value = line.split("=", 1)
            found.setdefault(name, []).append(value)
    return found


def words(value: str) -> list[str]:
    """Return the words of a unit's value, without quotes and specifiers."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', value)
    return [re.sub(r"\\(.)", r"\1", quoted or bare).replace("%%", "%") for quoted, bare in parts]


def test_unit_has_the_command_variables_and_folders(plan: Plan, job: ScheduledCommand, odd_folder: Path) -> None:
    """They are kept with any signs in the paths."""
    text = texts(Systemd(), plan, job)["aurion-planning.service"]
    reported = unit(text)
    assert words(reported["ExecStart"][0].removeprefix(":")) == ["/bin/sh", "-c", 'exec "$0" "$@"', *job.command]
    assert [words(value)[0] for value in reported["Environment"]] == [f"{n}={v}" for n, v in job.environment.items()]
    assert words(reported["ReadWritePaths"][0]) == [f"-{path}" for path in job.writable]
    assert reported["WorkingDirectory"] == [str(odd_folder).replace("%", "%%")]
    assert not {"RestrictNamespaces", "MemoryDenyWriteExecute"} & reported.keys()
    direct = unit(texts(Systemd(), plan, PLAIN)["aurion-planning.service"])["ExecStart"][0]
    assert words(direct.removeprefix(":")) == list(PLAIN.command)


def test_units_pass_systemd_analyze(plan: Plan, job: ScheduledCommand, tmp_path: Path) -> None:
    """`systemd-analyze verify`, where it exists, reports nothing about units and times."""
    written = texts(Systemd(), plan, job)
    for name, text in written.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert unit(written["aurion-planning.timer"])["OnCalendar"] == ["*-*-* 07:00:00", "*-*-* 18:30:00"]
    if verifier := shutil.which("systemd-analyze"):
        done = subprocess.run(
            [verifier, "--user", "verify", *(str(tmp_path / name) for name in written)],
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, capture_output=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr.decode()) == (0, "")


def command_of_line(line: str) -> str:
    """Return the command of a line: up to the first bare percent sign, the others without backslashes."""
    command = line.split(" ", 5)[5]
    return re.split(r"(?<!\\)%", command)[0].replace(r"\%", "%")


def test_shell_reads_the_command_of_the_crontab(plan: Plan, job: ScheduledCommand) -> None:
    """A shell reads it with any signs in the paths, also a backslash before a percent sign."""
    for python in (job.python, "/a\\%b/python", "/a%\\\\%'%/python"):
        odd = ScheduledCommand(python=python, state=job.state, environment={"PYTHONPATH": "/p%q r"})
        line = texts(Cron(job.state), plan, odd)["crontab"].splitlines()[1]
        assert line.startswith("*/5 * * * * ")
        assert shlex.split(command_of_line(line)) == ["PYTHONPATH=/p%q r", *Cron(job.state).check_command(odd)]


def test_property_list_has_known_keys_only(plan: Plan, job: ScheduledCommand) -> None:
    """The agent contains the command, and only keys of launchd.plist(5) with their types."""
    agent = plistlib.loads(texts(Launchd(job.state), plan, job)["aurion-planning.plist"].encode())
    assert agent.pop("ProgramArguments") == [
        *job.command, "--if-due", "--plan", str(job.state / "schedule-launchd.json"),
    ]  # fmt: skip
    assert {name: type(value) for name, value in agent.items()} == {
        "Label": str, "StartInterval": int, "RunAtLoad": bool, "ProcessType": str, "LowPriorityIO": bool,
        "Nice": int, "WorkingDirectory": str,
    }  # fmt: skip
    assert agent["ProcessType"] in {"Background", "Standard", "Adaptive", "Interactive"}


ALL_OF = {
    "Task": {"RegistrationInfo", "Triggers", "Settings", "Data", "Principals", "Actions"},
    "RegistrationInfo": {"URI", "SecurityDescriptor", "Source", "Date", "Author", "Version", "Description"},
    "Triggers": {"CalendarTrigger"},
    "ScheduleByDay": {"DaysInterval"},
    "Principals": {"Principal"},
    "Principal": {"UserId", "LogonType", "GroupId", "DisplayName", "RunLevel"},
    "Settings": {
        "AllowStartOnDemand", "RestartOnFailure", "MultipleInstancesPolicy", "DisallowStartIfOnBatteries",
        "StopIfGoingOnBatteries", "AllowHardTerminate", "StartWhenAvailable", "NetworkProfileName",
        "RunOnlyIfNetworkAvailable", "WakeToRun", "Enabled", "Hidden", "DeleteExpiredTaskAfter", "IdleSettings",
        "NetworkSettings", "ExecutionTimeLimit", "Priority", "RunOnlyIfIdle",
    },
    "Actions": {"Exec"},
    "Exec": {"Command", "Arguments", "WorkingDirectory"},
}  # fmt: skip
"""[MS-TSCH] 2.5: what an element may hold, in any order and (but triggers) once."""
IN_ORDER = [
    "Enabled",
    "StartBoundary",
    "EndBoundary",
    "Repetition",
    "ExecutionTimeLimit",
    "RandomDelay",
    "ScheduleByDay",
]
"""[MS-TSCH] 2.5.3.1 and 2.5.3.9: a trigger's elements, in this order."""
VALUES = {
    "LogonType": "InteractiveToken|S4U|Password", "RunLevel": "LeastPrivilege|HighestAvailable",
    "MultipleInstancesPolicy": "Parallel|Queue|IgnoreNew|StopExisting", "Priority": "[0-9]|10", "DaysInterval": "1",
    "StartBoundary": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", "RandomDelay": r"PT\d+S", "ExecutionTimeLimit": r"PT\d+M",
    "StartWhenAvailable": "true", "DisallowStartIfOnBatteries": "false", "StopIfGoingOnBatteries": "false",
}  # fmt: skip


def test_task_conforms_to_the_schema(plan: Plan, job: ScheduledCommand) -> None:
    """It has only elements of the schema, in its order, with values of their types."""
    text = texts(Windows(job.state), plan, job)["schedule-windows.xml"]
    task = ET.fromstring(text.encode("utf-16"))  # noqa: S314 - our own text
    assert task.get("version") == "1.2"
    for element in task.iter():
        name, inside = element.tag.removeprefix(TASK), [part.tag.removeprefix(TASK) for part in element]
        if name == "CalendarTrigger":
            assert all(a < b for a, b in pairwise(map(IN_ORDER.index, inside)))
        elif inside:
            assert set(inside) <= ALL_OF[name], name
            assert name == "Triggers" or len(set(inside)) == len(inside)
        elif name in VALUES:
            assert re.fullmatch(VALUES[name], element.text or ""), name
    assert [one.text for one in task.iter(f"{TASK}StartBoundary")] == ["2026-01-01T07:00:00", "2026-01-01T18:30:00"]
    assert task.findtext(f".//{TASK}Command") == job.python
    assert task.findtext(f".//{TASK}Arguments") == subprocess.list2cmdline(
        [*job.command[1:], "--if-due", "--plan", str(job.state / "schedule-windows.json")]
    )
    assert plan.jitter == timedelta(seconds=600)
    assert task.findtext(f".//{TASK}RandomDelay") == "PT600S"
