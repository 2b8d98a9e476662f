"""The first start: `aurion` without a command, a machine without a browser, `--version` and `help`."""

import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from scraper import __version__
from scraper.cli import app, launch_chromium
from scraper.cli.app import run_command_line
from scraper.cli.topics import list_topics
from scraper.config.configuration import Config
from scraper.domain.progress import Silent
from scraper.errors import BrowserMissing
from scraper.i18n import Catalogue
from tests.cases import for_each
from tests.cli.terminal import Terminal
from tests.paths import ROOT


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set English messages."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide every Chromium of this machine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))


@for_each(
    "case",
    [
        "none terminal y 0 installed",
        "none terminal y 2 failed",
        "none terminal n 0 -",
        "none pipe y 0 -",
        "slow pipe y 0 -",
    ],
)
def test_missing_browser_is_installed_after_a_yes_at_a_terminal(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal, an answer of yes runs `aurion install-browser` in a process of its own."""
    reason, place, answer, code, expected = case.split()
    started: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        started.append(command)
        return SimpleNamespace(returncode=int(code))

    monkeypatch.setattr(launch_chromium, "can_ask", lambda: place == "terminal")
    monkeypatch.setattr("typer.prompt", lambda *_, **__: answer)
    monkeypatch.setattr(launch_chromium, "subprocess", SimpleNamespace(run=run))
    assert launch_chromium.is_installed_now(BrowserMissing(reason), Catalogue("en")) == (expected == "installed")
    assert started == [[sys.executable, "-P", "-m", "scraper", "install-browser"]] * (expected != "-")


@for_each("tried", [1, 2])
def test_run_continues_with_the_installed_browser(tried: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start is repeated after an installation only."""
    tries: list[object] = []

    def first_that_starts(candidates: list[object]) -> object:
        tries.append(candidates)
        if len(tries) == 1:
            raise BrowserMissing("none")
        return SimpleNamespace(close=lambda: None)

    monkeypatch.setattr(launch_chromium, "first_that_starts", first_that_starts)
    monkeypatch.setattr(launch_chromium, "is_installed_now", lambda *_: tried > 1)
    monkeypatch.setattr(launch_chromium, "Chromium", SimpleNamespace)
    account = SimpleNamespace(headless=True, by_hand=False, hosts=("a.test",), debug=None, sandbox=True, browser=None)
    ends = pytest.raises(BrowserMissing, match="none") if tried == 1 else nullcontext()
    with ends, launch_chromium.chromium_for([account], None, Silent(), Config()):  # type: ignore[list-item, arg-type]
        pass
    assert len(tries) == tried


def test_no_command_without_a_terminal_prints_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal the list of commands is printed, and no server starts."""
    assert run_command_line([]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for command in ("aurion demo --export", "aurion export", "aurion serve --no-open"):
        assert command in shown


@for_each(("display", "expected"), [(":0", ["serve"]), ("", [])])
def test_no_command_on_a_screen_opens_the_page(
    display: str, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal on a screen opens the page, any other terminal prints the list of commands."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert app._complete([]) == expected


@pytest.mark.usefixtures("no_browser")
def test_version_prints_all_parts_of_an_export(capsys: pytest.CaptureFixture[str]) -> None:
    """The versions of the program and its parts are printed; without a Chromium, the command that installs it."""
    assert run_command_line(["--version"]) == 0
    first, python, playwright, system, browser = capsys.readouterr().out.splitlines()
    assert first == f"aurion-planning {__version__}"
    assert python.startswith(f"Python {sys.version_info.major}.{sys.version_info.minor}.")
    assert playwright.startswith("Playwright 1.")
    assert len(system.split()) == 3
    assert "aurion install-browser" in browser


def test_help_prints_every_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Each document is printed by its path; a command with the same name has precedence."""
    documents = {file.stem: file for file in (ROOT / "docs").glob("*.md")}
    assert list_topics().keys() == documents.keys()
    for name, file in documents.items():
        assert run_command_line(["help", f"docs/{name}.md"]) == 0
        assert capsys.readouterr().out == file.read_text(encoding="utf-8")
    assert run_command_line(["help", "schools"]) == 0
    assert "Usage: aurion schools" in capsys.readouterr().out
    assert run_command_line(["help", "rule"]) == 2


@pytest.mark.slow
def test_help_formats_a_document_at_a_terminal(tmp_path: Path) -> None:
    """Headings are formatted instead of printed as Markdown."""
    terminal = Terminal("help", "rules", cwd=tmp_path)
    assert terminal.end() == 0
    assert "Rules" in terminal.shown
    assert "# Rules" not in terminal.shown
