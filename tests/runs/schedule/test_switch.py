"""Installation and removal of a timer; scripts replace the system's commands and record their calls."""

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from scraper.errors import ScheduleError
from scraper.runs.schedule.backends import choose_timer, installed_timer
from scraper.runs.schedule.cron import Cron
from scraper.runs.schedule.launchd import Launchd
from scraper.runs.schedule.plan import Plan
from scraper.runs.schedule.scheduled_command import EXPORT, ScheduledCommand
from scraper.runs.schedule.systemd import Systemd
from scraper.runs.schedule.timer import install
from scraper.runs.schedule.windows import Windows
from tests.cases import for_each
from tests.paths import ROOT
from tests.runs.schedule.conftest import Answer

pytestmark = pytest.mark.slow

CRONTAB = """
kept = here / 'kept'
if sys.argv[1:] == ['-l'] and not kept.exists():
    sys.exit('no crontab for student')
elif sys.argv[1:] == ['-l']:
    sys.stdout.buffer.write(kept.read_bytes())
elif sys.argv[1:] == ['-r']:
    kept.unlink()
else:
    assert sys.argv[1:] == ['-']
    kept.write_bytes(sys.stdin.buffer.read())
"""
SYSTEMCTL = """
import subprocess
arguments = sys.argv[2:]
folder = pathlib.Path(os.environ['XDG_CONFIG_HOME'], 'systemd', 'user')
unit, active = folder / 'aurion-planning.service', here / 'active'
with (here / 'calls').open('a') as file:
    file.write(' '.join(arguments) + '\\n')
if arguments[0] == 'start' and 'PrivateUsers=yes' in unit.read_text() and (here / 'no-namespaces').exists():
    (here / 'code').write_text('226')
elif arguments[0] == 'start':
    (here / 'code').write_text((here / 'result').read_text() if (here / 'result').exists() else '0')
elif arguments[:2] == ['show', '--property=UnitPath']:
    print('/etc/systemd/user', folder)
elif arguments[0] == 'show':
    print('Result=x\\nExecMainStatus=' + (here / 'code').read_text() + '\\nExecMainExitTimestamp=@1795519390')
elif arguments[0] == 'restart':
    active.write_text('')
elif arguments[0] == 'disable':
    active.unlink(missing_ok=True)
elif arguments[0] == 'is-active':
    sys.exit(0 if active.exists() else 3)
elif arguments[0] == 'list-timers':
    print(json.dumps([{'next': 1795543200000000, 'unit': arguments[-1]}]))
"""
LOADED = """
kept, arguments = here / 'kept', sys.argv[1:]
with (here / 'calls').open('a') as file:
    file.write(' '.join(arguments) + '\\n')
if arguments[0] in ('bootstrap', '/Create'):
    kept.write_text('')
elif arguments[0] in ('bootout', '/Delete'):
    kept.unlink(missing_ok=True)
elif arguments[0] == 'print' and '/' in arguments[1][4:] or arguments[:2] == ['/Query', '/TN']:
    sys.exit(0 if kept.exists() else 1)
"""


def ran(job: ScheduledCommand) -> list[dict[str, object]]:
    """Return the recorded calls of the job's interpreter."""
    path = Path(job.python).with_name("ran")
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def use_python_for_ticks(job: ScheduledCommand) -> None:
    """Let the job's interpreter run Python itself where it looks for due runs."""
    python, real = Path(job.python), sys.executable
    ours = f"if '--if-due' in sys.argv: os.execv({real!r}, [{real!r}, *sys.argv[1:]])\ncode = "
    python.write_text(python.read_text().replace("code = ", ours, 1))


@for_each("before", [None, b"", b"SHELL=/bin/fish\n# \xe9t\xe9 100%\n0 5 * * * true"])
def test_crontab_is_restored_byte_for_byte(
    before: bytes | None, answer: Answer, plan: Plan, job: ScheduledCommand, tmp_path: Path
) -> None:
    """Installed twice and removed twice: one block at the head, then the old crontab, and no file."""
    kept, timer = tmp_path / "commands" / "kept", Cron(job.state)
    answer("crontab", CRONTAB)
    if before is not None:
        kept.write_bytes(before)
    for _ in range(2):
        install(timer, plan, job)
        assert kept.read_bytes().endswith(before or b"")
        assert kept.read_bytes().startswith(b"# aurion")
        assert kept.read_bytes().count(b"--if-due") == 1
    assert installed_timer(job.state) is not None
    (job.state / "schedule-cron.last.json").write_text("{}", encoding="utf-8")  # by an older version
    for _ in range(2):
        timer.off()
        assert (kept.read_bytes() if kept.exists() else b"") == (before or b"")
    assert list(job.state.iterdir()) == []


def test_line_of_the_crontab_runs_the_export(
    answer: Answer, plan: Plan, job: ScheduledCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first run is the line itself with few variables; the export gets those of the plan."""
    answer("crontab", CRONTAB)
    use_python_for_ticks(job)
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    way = ROOT
    job = ScheduledCommand(python=job.python, state=job.state, environment={**job.environment, "PYTHONPATH": str(way)})
    timer = Cron(job.state)
    assert install(timer, plan, job).exit_code == 0
    tick, export = ran(job)
    assert export["arguments"] == ["-P", "-m", "scraper", *EXPORT]
    assert tick["arguments"] == [*export["arguments"], "--if-due", "--plan", str(timer.plan_file)]
    assert tick["folder"] == export["folder"] == str(job.home)
    assert isinstance(tick["environment"], dict)
    assert isinstance(export["environment"], dict)
    assert {"HOME", "LOGNAME", "SHELL", "PATH", "PYTHONPATH"} <= tick["environment"].keys()
    assert not {"DBUS_SESSION_BUS_ADDRESS", "AURION_MENU"} & tick["environment"].keys()
    assert export["environment"].items() >= job.environment.items()


@for_each(("code", "reason"), [(2, "proof"), (3, "proof-login"), (4, "proof-person")])
def test_failed_first_run_changes_nothing(  # noqa: PLR0917 - fixtures
    code: int, reason: str, answer: Answer, plan: Plan, job: ScheduledCommand, tmp_path: Path
) -> None:
    """A timer is not installed if its run fails; an older timer stays."""
    answer("crontab", CRONTAB)
    kept, timer = tmp_path / "commands" / "kept", Cron(job.state)
    Path(job.python).with_name("code").write_text(str(code))
    with pytest.raises(ScheduleError) as caught:
        install(timer, plan, job)
    assert (caught.value.reason, caught.value.facts) == (reason, {"code": code, "detail": "Une phrase. Et la suite."})
    assert not kept.exists()
    assert list(job.state.iterdir()) == []
    Path(job.python).with_name("code").write_text("5")
    assert install(timer, plan, job).exit_code == 5
    before = (kept.read_bytes(), timer.plan_file.read_bytes())
    Path(job.python).with_name("code").write_text(str(code))
    with pytest.raises(ScheduleError):
        install(timer, Plan(times=plan.times[:1]), job)
    assert (kept.read_bytes(), timer.plan_file.read_bytes()) == before
    timer.off()


@pytest.mark.slow
def test_systemd_starts_the_unit_before_the_timer(
    answer: Answer, plan: Plan, job: ScheduledCommand, tmp_path: Path
) -> None:
    """The unit runs once, then the timer is enabled; `off` disables both and leaves no file."""
    answer("systemctl", SYSTEMCTL)
    timer = choose_timer(None, job.state)
    assert timer.kind == "systemd"
    assert install(timer, plan, job).sandboxed
    reported = [line for line in (tmp_path / "commands" / "calls").read_text().splitlines() if "show" not in line]
    assert reported == [
        "daemon-reload", "start aurion-planning.service",
        "enable aurion-planning.timer", "restart aurion-planning.timer",
    ]  # fmt: skip
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in timer.files())
    at, last = timer.next(None), timer.last()  # type: ignore[arg-type]
    assert at
    assert last
    assert (at.isoformat(), last.exit_code) == ("2026-11-24T18:00:00+00:00", 0)
    timer.off()
    timer.off()
    assert not any(path.exists() for path in timer.files())
    assert "disable --now aurion-planning.timer" in (tmp_path / "commands" / "calls").read_text()
    assert installed_timer(job.state) is None


def test_unit_without_namespaces_has_no_sandbox(
    answer: Answer, plan: Plan, job: ScheduledCommand, tmp_path: Path
) -> None:
    """Where systemd cannot create the sandbox (226), the unit is written without it."""
    answer("systemctl", SYSTEMCTL)
    (tmp_path / "commands" / "no-namespaces").write_text("")
    timer = Systemd()
    assert not install(timer, plan, job).sandboxed
    text = timer.files()[0].read_text()
    assert "PrivateUsers" not in text
    assert "NoNewPrivileges=yes" in text


def test_unit_that_cannot_be_started_is_an_error(
    answer: Answer, plan: Plan, job: ScheduledCommand, tmp_path: Path
) -> None:
    """A code of systemd is not one of the export; no file stays."""
    answer("systemctl", SYSTEMCTL)
    (tmp_path / "commands" / "result").write_text("203")
    with pytest.raises(ScheduleError) as caught:
        install(Systemd(), plan, job)
    assert caught.value.reason == "set-up"
    assert not any(path.exists() for path in Systemd().files())


@pytest.mark.parametrize(
    ("command", "kind", "put", "out"),
    [
        ("launchctl", Launchd, "bootstrap gui/{uid} {file}", "bootout gui/{uid}/aurion-planning"),
        ("schtasks", Windows, "/Create /TN aurion-planning /XML {file} /F", "/Delete /TN aurion-planning /F"),
    ],
)
def test_launchd_and_windows_timers_use_their_commands(  # noqa: PLR0917 - fixtures
    command: str,
    kind: type[Launchd | Windows],
    put: str,
    out: str,
    answer: Answer,
    plan: Plan,
    job: ScheduledCommand,
    tmp_path: Path,
) -> None:
    """They get the proved file, and remove it."""
    answer(command, LOADED)
    timer = kind(job.state)
    install(timer, plan, job)
    assert len(ran(job)) == 1
    assert timer.is_on()
    timer.off()
    timer.off()
    assert not timer.is_on()
    assert not any(path.exists() for path in timer.files())
    reported = (tmp_path / "commands" / "calls").read_text().splitlines()
    facts = {"uid": os.getuid(), "file": timer.files()[0]}
    assert [put.format(**facts), out.format(**facts)] == [
        line
        for line in reported
        if line.split()[0] in {"bootstrap", "/Create", "/Delete"} or line == out.format(**facts)
    ][-2:]


def test_machine_without_a_timer_is_an_error(answer: Answer, job: ScheduledCommand) -> None:
    """Where neither a manager nor cron responds, the error has its own reason."""
    for command in ("systemctl", "crontab", "launchctl", "schtasks"):
        answer(command, "sys.exit('not allowed')\n")
    with pytest.raises(ScheduleError) as caught:
        choose_timer(None, job.state)
    assert caught.value.reason == "none-here"
    with pytest.raises(ScheduleError) as caught:
        choose_timer("at", job.state)
    assert caught.value.reason == "kind"


def test_unreadable_crontab_is_not_written(answer: Answer, plan: Plan, job: ScheduledCommand, tmp_path: Path) -> None:
    """The timer is not installed, and nothing is lost."""
    answer("crontab", "if sys.argv[1:] == ['-l']:\n    sys.exit('disk trouble')\n(here / 'kept').write_text('lost')\n")
    with pytest.raises(ScheduleError) as caught:
        install(Cron(job.state), plan, job)
    assert caught.value.facts["detail"] == "disk trouble"
    assert not (tmp_path / "commands" / "kept").exists()


@pytest.mark.parametrize("code", [0, 2, 5])
def test_first_run_of_a_timer_has_no_session(code: int, answer: Answer, plan: Plan, job: ScheduledCommand) -> None:
    """The session is moved away for the first run, and restored unless it succeeds."""
    answer("crontab", CRONTAB)
    python, session = Path(job.python), job.state / "session.json"
    session.write_text("kept")
    python.write_text(python.read_text().replace("code = ", f"assert not os.path.exists({str(session)!r})\ncode = ", 1))
    python.with_name("code").write_text(str(code))
    with suppress(ScheduleError):
        install(Cron(job.state), plan, job, aside=[session])
    assert len(ran(job)) == 1
    assert session.exists() is (code != 0)
    assert code == 0 or session.read_text() == "kept"
