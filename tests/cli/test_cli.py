"""The command `aurion export`: its exit codes and outputs; a failed run leaves the old calendar unchanged."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.system.paths import settings_file
from tests.cases import for_each
from tests.commands import RunHere, SharedBrowsers, run_here
from tests.parsers import assert_same_events

INTERRUPTED = "Interrompu : rien n’a été changé."  # noqa: RUF001 - as it is printed


@pytest.fixture
def demo() -> Iterator[Demo]:
    """A demo portal with its year of lessons."""
    with Demo() as portal:
        yield portal


@pytest.fixture
def aurion(home: Path, browsers: SharedBrowsers) -> RunHere:
    """Return a function that runs the command in the empty home, without a terminal."""
    return partial(browsers.run, cwd=home, AURION_PASSWORD=PASSWORD)


def test_export_writes_a_calendar_that_parsers_read(demo: Demo, aurion: RunHere, home: Path) -> None:
    """Two months of lessons are in a file that four parsers read alike; a replay has the same UIDs."""
    account = ("--url", demo.url, "--login", LOGIN, "--months", "2")
    done = aurion("export", *account, "--output", "a.ics", "--json", "--record", "rec.json")
    assert done.returncode == 0, done.stderr
    reported = json.loads(done.stdout)
    assert set(reported) == {"output", "period", "events", "changes", "requests", "seconds"}
    body = (home / "a.ics").read_bytes()
    assert body.count(b"BEGIN:VEVENT") == reported["events"] > 50
    assert_same_events(body)
    again = aurion("replay", "rec.json", "--output", "b.ics", "--json")
    assert again.returncode == 0, again.stderr
    uids = [
        [line for line in (home / n).read_bytes().split(b"\r\n") if line.startswith(b"UID")] for n in ("a.ics", "b.ics")
    ]
    assert uids[0] == uids[1]


def test_export_without_an_output_writes_to_downloads(demo: Demo, aurion: RunHere, home: Path) -> None:
    """Without --output the file is planning.ics in the Downloads folder, which is created."""
    done = aurion("export", "--months", "1", AURION_URL=demo.url, AURION_LOGIN=LOGIN)
    assert done.returncode == 0, done.stderr
    assert len(list(home.glob("*/planning.ics"))) == 1


def test_export_to_standard_output_prints_the_calendar_only(demo: Demo, aurion: RunHere) -> None:
    """With --output - standard output contains the calendar only."""
    done = aurion("export", "--url", demo.url, "--login", LOGIN, "--months", "1", "--output", "-")
    assert done.stdout.startswith("BEGIN:VCALENDAR\r\n")
    assert done.stdout.endswith("END:VCALENDAR\r\n")


@pytest.mark.parametrize(
    ("given", "variables"), [(["export", "-o", "a.ics"], {}), (["schools"], {"PYTHONUNBUFFERED": "1"})]
)
def test_closed_standard_output_does_not_stop_the_command(
    given: list[str], variables: dict[str, str], demo: Demo, home: Path
) -> None:
    """A closed pipe at standard output: exit code 0, nothing on standard error, the calendar is written."""
    read, write = os.pipe()
    os.close(read)
    account = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD, "AURION_MONTHS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "scraper", *given], env={**os.environ, **account, **variables}, stdout=write,
        stderr=subprocess.PIPE, timeout=100, check=False, stdin=subprocess.DEVNULL, cwd=home,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (home / "a.ics").exists() is (given[0] == "export")


def test_refused_password_leaves_the_old_calendar(demo: Demo, aurion: RunHere, home: Path) -> None:
    """Exit code 3 with the portal's message, one login, and the old file byte for byte."""
    (home / "old.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    done = aurion(
        "export", "--url", demo.url, "--login", LOGIN, "--output", "old.ics", "--json", AURION_PASSWORD="faux"
    )
    reported = json.loads(done.stdout)
    assert (done.returncode, reported["exit_code"], reported["error"]) == (3, 3, "WrongCredentials")
    assert "invalide" in reported["message"]
    assert Path(reported["details"]).exists()
    assert (home / "old.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"
    assert [exchange.kind for exchange in demo.log].count("login") == 1


def test_replay_of_a_failed_run_has_its_exit_code(demo: Demo, aurion: RunHere) -> None:
    """The recording of a failed run has the same error and exit code, without a portal."""
    demo.control.faults = (Fault(parameter=".*_start", replace=r'"id": "[0-9]+",', with_=""),)
    done = aurion("export", "--url", demo.url, "--login", LOGIN, "--months", "1", "--record", "r.json", "--json")
    again = aurion("replay", "r.json", "--json")
    assert done.returncode == again.returncode == 6
    assert json.loads(done.stdout)["error"] == json.loads(again.stdout)["error"] == "PortalChanged"


@for_each(
    "command",
    [
        "export --months many",
        "export --from 2026-09-02 --until 2026-09-01 --school junia --login x",
        "export --school juna --login x",
        "export --school junia --url https://a.fr",
        "export --from 1999-09-01 --school junia --login x",
        "export --from 9999-12-01 --school junia --login x",
        "export --from 2026-09-01 --until 2086-09-01 --school junia --login x",
        "export --timeout 0.01 --school junia --login x",
        "export --debug /proc/debug --school junia --login x --output a.ics",
        "export --record /nowhere/at/all.json --school junia --login x",
        "export --url http://aurion.example.fr --login x",
        "export --login x",
        "export --nonsense",
        "replay missing.json",
        "export --school junia --login x --output /nowhere/at/all.ics",
        "export --school junia --login x --output /",
    ],
)
def test_invalid_option_is_one_sentence_and_one_hint(home: Path, command: str) -> None:
    """An invalid value is one sentence and one hint, with its exit code, before a request to the portal."""
    done = run_here(*command.split(), cwd=home, AURION_PASSWORD=PASSWORD)
    assert done.returncode == (8 if "--output /" in command else 2), done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert "Traceback" not in done.stderr


def test_saved_session_needs_no_password(demo: Demo, aurion: RunHere, home: Path) -> None:
    """An export after a login needs no password; once the session has ended, exit code 2 and the old file."""
    account = ("--url", demo.url, "--login", LOGIN)
    assert aurion("login", *account).returncode == 0
    done = aurion("export", *account, "--months", "1", "--output", "a.ics", AURION_PASSWORD="")
    assert done.returncode == 0, done.stderr
    before = (home / "a.ics").read_bytes()
    demo.control.faults = (Fault(method="GET", lose="session"),)
    ended = aurion("export", *account, "--output", "a.ics", "--json", AURION_PASSWORD="")
    assert (ended.returncode, json.loads(ended.stdout)["error"]) == (2, "CredentialsMissing")
    assert (home / "a.ics").read_bytes() == before


def test_login_does_not_use_a_saved_session(demo: Demo, aurion: RunHere, home: Path) -> None:
    """`aurion login` opens the login page each time, and reports a wrong password in spite of a session."""
    account = ("--url", demo.url, "--login", LOGIN)
    for folder in ("first", "second"):
        assert aurion("login", *account, "--debug", folder).returncode == 0
    names = [sorted(path.name for path in (home / folder).glob("*.png")) for folder in ("first", "second")]
    assert names[0] == names[1]
    assert len(names[0]) >= 2
    assert aurion("login", *account, AURION_PASSWORD="faux").returncode == 3


def test_password_in_the_settings_file_is_refused(home: Path) -> None:
    """The settings file has the names of the options, but no password: exit code 2 with the file's name."""
    command = ("export", "--school", "junia", "--login", "x")
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('from = "2026-09-02"\nuntil = "2026-09-01"\n')
    assert "02/09/2026" in run_here(*command, cwd=home, AURION_PASSWORD=PASSWORD).stderr
    settings_file().write_text('password = "geheim"\n')
    done = run_here(*command, cwd=home, AURION_PASSWORD=PASSWORD)
    assert done.returncode == 2
    assert "settings.toml" in done.stderr
    assert "geheim" not in done.stderr


def test_missing_password_is_not_asked_for_without_a_terminal(home: Path) -> None:
    """Without a terminal a missing password is exit code 2."""
    assert run_here("export", "--school", "junia", "--login", "x", cwd=home).returncode == 2


def test_schools_lists_the_known_schools(home: Path) -> None:
    """`aurion schools` lists the known schools as text and as JSON."""
    assert "aurion.junia.com" in run_here("schools", cwd=home).stdout
    assert "junia : Le planning" in run_here("schools", cwd=home, LC_ALL="fr_FR.UTF-8").stdout
    assert "junia" in [school["id"] for school in json.loads(run_here("schools", "--json", cwd=home).stdout)]


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("Cours lus", signal.SIGINT),
        ("Calendrier écrit", signal.SIGTERM),
        ("Calendrier :", signal.SIGINT),
    ],
)
def test_interrupted_export_has_the_old_or_the_new_file(demo: Demo, home: Path, line: str, number: int) -> None:
    """A signal near the end: exit code 130, one sentence and the old file; or exit code 0 and the new file."""
    (home / "old.ics").write_bytes(b"BEGIN:VCALENDAR OLD")
    process = subprocess.Popen(
        [sys.executable, "-m", "scraper", "export", "--url", demo.url, "--login", LOGIN, "--output", "old.ics"],
        env={**os.environ, "AURION_PASSWORD": PASSWORD, "AURION_MONTHS": "1"}, cwd=home,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    assert process.stdout
    assert any(printed.startswith(line) for printed in process.stdout)
    process.send_signal(number)
    _, message = process.communicate(timeout=100)
    kept = (home / "old.ics").read_bytes() == b"BEGIN:VCALENDAR OLD"
    assert (process.returncode, message.strip()) == ((130, INTERRUPTED) if kept else (0, ""))
