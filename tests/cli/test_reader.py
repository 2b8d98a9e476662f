"""The output for readers: running steps, tables without trailing blanks, changes by day, the right ledger."""

import io
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import scraper
from scraper.cli.app import run_command_line
from scraper.cli.progress_output import SpinnerProgress
from scraper.config.configuration import Config
from scraper.config.schools.school_files import all_schools
from scraper.demo import LOGIN, NAMESPACE
from scraper.domain.changes import Added, Cancelled, Moved, day_order
from scraper.errors import LedgerMissing, SettingsError
from scraper.i18n import Catalogue, catalogue
from scraper.publishing.ledger.ledger_file import LedgerFile, ledger_file
from scraper.publishing.ledgers import ledger_of_settings, require_history
from scraper.system.paths import state_folder
from tests.cases import for_each
from tests.factories import event

ROOT = Path(scraper.__file__).parent.parent
PARIS = ZoneInfo("Europe/Paris")
OWN = ("junia", "anna@student.junia.com")


def create_ledger(namespace: object, login: str) -> Path:
    """Create a ledger like that of an export."""
    file = ledger_file(state_folder(), namespace, login)  # type: ignore[arg-type]
    with LedgerFile(file, PARIS).writing() as books:
        books.commit()
    return file


def junia() -> object:
    """Return the namespace of a known school."""
    return next(school for school in all_schools() if school.id == "junia").namespace


def test_ledger_of_the_demo_is_used_if_it_is_the_only_one(home: Path) -> None:
    """Without a name the user's own ledger has precedence over the demo's, which its login still selects."""
    assert home
    with pytest.raises(LedgerMissing):
        require_history(Config())
    demo = create_ledger(NAMESPACE, LOGIN)
    require_history(Config())
    assert ledger_of_settings(Config().settings(), state_folder()).path == demo
    own = create_ledger(junia(), OWN[1])
    assert ledger_of_settings(Config().settings(), state_folder()).path == own
    assert ledger_of_settings(Config(options={"login": LOGIN}).settings(), state_folder()).path == demo
    by_address = Config(options={"url": "http://127.0.0.1:8000", "login": LOGIN}).settings()
    assert ledger_of_settings(by_address, state_folder()).path == demo
    create_ledger(junia(), "max@student.junia.com")
    with pytest.raises(SettingsError, match="which-account"):
        ledger_of_settings(Config().settings(), state_folder())


@for_each("command", [["publish"], ["publish", "--show"], ["changes"], ["history"]])
def test_commands_without_a_history_have_one_error(
    command: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each command has the same error and exit code 2."""
    assert home
    assert run_command_line(command) == 2
    assert capsys.readouterr().err.splitlines() == [*Catalogue("fr").error(LedgerMissing())]


def test_changes_are_sorted_by_the_day_of_their_lesson() -> None:
    """They are sorted by the time before the change, then by subject."""
    first = datetime(2026, 11, 30, 8, tzinfo=UTC)

    def lesson(days: int, subject: str = "a") -> object:
        start = first + timedelta(days=days)
        return event(start=start, end=start + timedelta(hours=2), subject=subject)

    changes = (
        Added(uid="1", after=lesson(3)),  # type: ignore[arg-type]
        Cancelled(uid="2", before=lesson(1, "b")),  # type: ignore[arg-type]
        Moved(uid="3", before=lesson(0), after=lesson(9)),  # type: ignore[arg-type]
        Cancelled(uid="4", before=lesson(1, "a")),  # type: ignore[arg-type]
    )
    assert [change.uid for change in sorted(changes, key=day_order)] == ["3", "4", "2", "1"]


@for_each("language", ["fr", "en"])
def test_running_step_is_not_shown_as_finished(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A running step has a text of its own, other than that of a finished step."""
    steps, running = (catalogue(language, "")[name] for name in ("steps", "steps_running"))
    assert steps.keys() == running.keys()
    assert not {*steps.values()} & {*running.values()}
    shown: list[str] = []
    drawn = SpinnerProgress(Catalogue(language), io.StringIO())
    monkeypatch.setattr(type(drawn._console), "status", lambda _, text: shown.append(text) or io.StringIO())
    with drawn.step("login"):
        assert shown == [running["login"]]


@for_each("command", [["schools"], ["account", "list"], ["config", "show"]])
def test_no_line_in_a_pipe_ends_with_blanks(command: list[str], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tables are padded at a terminal only."""
    assert home
    assert run_command_line(command) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line != line.rstrip()] == []


def test_notes_on_schools_are_in_both_languages() -> None:
    """Each school with notes has them in English too."""
    for school in all_schools():
        assert bool(school.notes) == bool(school.notes_en), school.id
        assert not school.notes or school.notes != school.notes_en


def test_version_is_defined_once() -> None:
    """The package reads it from the module, and the changelog contains it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version", "readme", "urls"]
    assert ROOT / project["tool"]["hatch"]["version"]["path"] == Path(scraper.__file__)
    assert f"## {scraper.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert (ROOT / "scraper" / "py.typed").exists()
