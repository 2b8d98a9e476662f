"""The commands `report`, `replay` and `fixture`: a broken school is repaired from one file."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from scraper.cli import app
from scraper.demo import PASSWORD, Demo, DemoUser, Rubrique, Variant
from scraper.diagnostics.report.make_report import last_failure
from scraper.diagnostics.write_fixture import find_checkout
from scraper.domain.recording import load
from scraper.errors import SettingsError
from scraper.parsing.read import read
from tests.cases import for_each
from tests.commands import SharedBrowsers
from tests.paths import ROOT

Run = Callable[..., subprocess.CompletedProcess[bytes]]
FIXTURES = ROOT / "fixtures"
LOGIN = "zbigniew.kowalczyk@student.junia.com"
MENU = (
    Rubrique(label="Mes notes", id=44420, opens="other"),
    Rubrique(
        label="Scolarité",
        id=44413,
        lazy=True,
        children=(Rubrique(label="Mon semainier", id=2169484, opens="planning"),),
    ),
)
TITLE = "TD\nOptique ondulatoire\nIC1_427\n08:00 - 10:00\nMadame OSTRANDER"
CANARIES = ("kowalczyk", "zbigniew", "ostrander", "optique", "ondulatoire", "ic1_427", PASSWORD)


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Start a portal with a new label in its menu and a new layout of titles."""
    day = datetime.now(UTC).date() + timedelta(days=3)
    lessons = [
        {
            "id": str(81_000_000 + n),
            "title": TITLE,
            "start": f"{day + timedelta(days=n)}T08:00:00+0100",
            "end": f"{day + timedelta(days=n)}T10:00:00+0100",
            "allDay": False,
            "className": "TD",
        }
        for n in range(5)
    ]
    users = {LOGIN: DemoUser(password=PASSWORD, name="Zbigniew KOWALCZYK")}
    with Demo(variant=Variant(menu=MENU, users=users), events=lessons) as portal:
        yield portal


@pytest.fixture
def here(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Return a function that runs a command without a process of its own."""
    monkeypatch.setattr("sys.stdin", None)

    def run(*arguments: str, folder: Path = home) -> subprocess.CompletedProcess[bytes]:
        monkeypatch.chdir(folder)
        code = app.run_command_line(arguments)
        return subprocess.CompletedProcess(arguments, code, *capsysbinary.readouterr())

    return run


def school(home: Path, demo: Demo, **data: list[str]) -> None:
    """Write the portal's file in the user's settings folder."""
    folder = home / ".config" / "aurion-planning" / "schools"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"{key} = {json.dumps(value)}" for key, value in data.items()]
    (folder / "mine.toml").write_text("\n".join(('name = "Mine"', f'base_url = "{demo.url}"', *lines)) + "\n")


def test_broken_school_is_repaired_by_its_file(demo: Demo, browsers: SharedBrowsers, home: Path) -> None:
    """The report of a failed export replays the failure; a label, then a layout in the file repair it."""
    aurion = partial(browsers.run, cwd=home)
    account = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD, "AURION_TIMEOUT": "12"}
    export = ("export", "--months", "1", "--output", "a.ics")
    failed = aurion(*export, **account)
    assert failed.returncode == 6
    reported = aurion("report", "--yes", "--output", "menu.json", AURION_LOGIN=LOGIN)
    assert reported.returncode == 0, reported.stderr
    assert "Mon semainier" in reported.stdout
    assert aurion("replay", "menu.json").returncode == 6

    school(home, demo, menu_labels=["Mon semainier"])
    repaired = aurion("replay", "menu.json", "--school", "mine", "--json")
    assert json.loads(repaired.stdout) == {"repaired": "menu", "label": "Scolarité > Mon semainier", "exit_code": 0}
    odd = aurion(*export, "--record", "odd.recording.json", **account)
    assert odd.returncode == 0, odd.stderr
    assert "disposition inconnue" in odd.stderr
    shown = json.loads(aurion("report", "--recording", "odd.recording.json", "-o", "odd.json", "--json").stdout)
    assert "exit_code" not in shown
    again = aurion("replay", "odd.json", "-o", "odd.ics")
    assert (again.returncode, "disposition inconnue" in again.stderr) == (0, True)
    assert "aurion report" not in again.stderr

    layout = "kind / subject / room / hours / teachers"
    school(home, demo, menu_labels=["Mon semainier"], layouts=[layout])
    read = aurion("replay", "odd.json", "--school", "mine", "-o", "read.ics")
    assert (read.returncode, f"« {layout} » : convient à " in read.stderr) == (0, True)
    assert len(read.stderr.splitlines()) == 1
    assert (home / "read.ics").read_text().count("LOCATION:") == 5
    good = aurion(*export, **account)
    assert (good.returncode, good.stderr) == (0, "")
    assert (home / "a.ics").read_text().count("SUMMARY:Optique ondulatoire") == 5

    for name in ("menu.json", "odd.json"):
        text = (home / name).read_text(encoding="utf-8").lower()
        assert not [canary for canary in CANARIES if canary in text], name
    assert b"ui-slidemenu" in (home / "menu.json").read_bytes()


@for_each("expected", sorted((FIXTURES / "expected").glob("*/*.json")))
def test_report_of_each_failure_replays_with_its_exit_code(expected: Path, here: Run, home: Path) -> None:
    """Each recorded failure has the same end from its report."""
    recording = FIXTURES / "recordings" / expected.parent.name / expected.name
    shown = json.loads(here("report", "--recording", str(recording), "--output", "r.json", "--json").stdout)
    wanted = json.loads(expected.read_text(encoding="utf-8"))
    assert {key: shown[key] for key in wanted} == wanted
    done = here("replay", "r.json", "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]) == (wanted["exit_code"], wanted["error"])
    assert json.loads((home / "r.json").read_text(encoding="utf-8"))["report"]["platform"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Create folders like those of a clone of this program."""
    (tmp_path / "fixtures" / "recordings").mkdir(parents=True)
    (tmp_path / "scraper").mkdir()
    (tmp_path / "scraper" / "__main__.py").touch()
    return tmp_path


def files(folder: Path) -> list[str]:
    """Return the fixtures of a clone."""
    return sorted(
        path.relative_to(folder / "fixtures").as_posix() for path in folder.rglob("*.*") if path.suffix != ".py"
    )


def test_find_checkout_finds_the_clone_of_the_tests() -> None:
    """A moved file or folder must not hide the real clone."""
    assert find_checkout(ROOT / "fixtures" / "recordings") == ROOT


def test_report_becomes_a_fixture(here: Run, checkout: Path) -> None:
    """A successful run gives recording, calendar and events, a failed run recording and error."""
    for fact in ("exams", "event-without-id"):
        path = FIXTURES / "recordings" / "junia" / f"{fact}.json"
        assert here("report", "--recording", str(path), "-o", str(checkout / f"{fact}.json"), "--json").returncode == 0
    good = here("fixture", "../exams.json", "--name", "new-exams", folder=checkout / "fixtures")
    failed = here("fixture", "event-without-id.json", folder=checkout)
    assert (good.returncode, failed.returncode) == (0, 0), good.stderr + failed.stderr
    for name in ("exams.json", "event-without-id.json"):
        (checkout / name).unlink()
    assert files(checkout) == [
        "events/junia/new-exams.json",
        "expected/junia/event.json",
        "expected/junia/new-exams.ics",
        "recordings/junia/event.json",
        "recordings/junia/new-exams.json",
    ]
    taken = load(checkout / "fixtures" / "recordings" / "junia" / "new-exams.json")
    assert taken.school.base_url == "https://aurion.junia.com"
    replayed = here("replay", str(checkout / "fixtures" / "recordings" / "junia" / "new-exams.json"), "-q")
    assert replayed.stdout == (checkout / "fixtures" / "expected" / "junia" / "new-exams.ics").read_bytes()


def test_fixture_of_a_recording_is_masked(here: Run, checkout: Path) -> None:
    """The fixture of a recording contains no name of a teacher."""
    source = FIXTURES / "recordings" / "junia" / "exams.json"
    done = here("fixture", str(source), "--name", "new", folder=checkout)
    assert done.returncode == 0
    teachers = {teacher for event in read(load(source)).events for teacher in event.teachers}
    names = {teacher.split()[-1].lower() for teacher in teachers}
    text = "".join(path.read_text(encoding="utf-8").lower() for path in checkout.rglob("new.*"))
    assert names
    assert not [name for name in names if name in text]


@for_each(
    ("arguments", "detail"),
    [
        (("report",), "Aucune exécution"),
        (("report", "--recording", "nothing.json"), "ne peut pas être lu"),
        (("fixture", "r.json"), "pas dans un dépôt"),
    ],
)
def test_report_without_a_failure_file_or_clone_is_refused(
    here: Run, home: Path, arguments: tuple[str, ...], detail: str
) -> None:
    """Exit code 2, one sentence and one hint."""
    recording = FIXTURES / "recordings" / "junia" / "exams.json"
    (home / "r.json").write_bytes(recording.read_bytes())
    done = here(*arguments)
    assert done.returncode == 2
    assert detail in done.stderr.decode()
    assert len(done.stderr.decode().strip().splitlines()) == 2


def test_fixture_needs_a_school_and_a_new_name(here: Run, checkout: Path) -> None:
    """An unknown portal, an invalid name and an existing fixture are exit code 2; nothing is written."""
    report = checkout / "r.json"
    source = FIXTURES / "recordings" / "junia" / "exams.json"
    plain = json.loads(source.read_text(encoding="utf-8"))
    plain["school"]["id"] = ""
    report.write_text(json.dumps(plain), encoding="utf-8")
    assert here("fixture", "r.json", folder=checkout).returncode == 2
    assert here("fixture", "r.json", "--school", "junia", "--name", "../x", folder=checkout).returncode == 2
    assert here("fixture", "r.json", "--school", "junia", "--name", "x", folder=checkout).returncode == 0
    before = {path: path.read_bytes() for path in checkout.rglob("*.*") if path.is_file()}
    assert here("fixture", "r.json", "--school", "junia", "--name", "x", folder=checkout).returncode == 2
    assert {path: path.read_bytes() for path in checkout.rglob("*.*") if path.is_file()} == before


def test_last_failure_is_that_of_the_account_or_the_latest(tmp_path: Path) -> None:
    """An invalid name does not lead to another folder."""
    for number, name in enumerate(("failure-jeanne", "failure-louis", "failure")):
        (tmp_path / f"{name}.json").touch()
        os.utime(tmp_path / f"{name}.json", (number, number))
    assert last_failure(tmp_path, "jeanne").name == "failure-jeanne.json"
    assert last_failure(tmp_path, None).name == "failure.json"
    for name, reason in (("nobody", "no-failure"), ("../failure", "account-name")):
        with pytest.raises(SettingsError) as caught:
            last_failure(tmp_path, name)
        assert caught.value.reason == reason
