"""The first start: `aurion` alone, a machine without a browser, versions, and the documents."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from scraper import __version__
from scraper.cli import app, browser_offer
from scraper.cli.app import run_command_line
from scraper.cli.topics import list_topics
from scraper.errors import BrowserMissing
from tests.cli.terminal import Terminal
from tests.paths import ROOT

Offer = Callable[[str], list[list[str]]]


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in English."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Offer:
    """A machine without a browser and a terminal where a question gets that answer; the commands started."""

    def prepare(answer: str) -> list[list[str]]:
        started: list[list[str]] = []

        def installed(command: list[str], **_: object) -> None:
            started.append(command)
            browser.touch(mode=0o755)

        browser = tmp_path / "headless_shell"
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
        monkeypatch.setattr(browser_offer, "can_ask", lambda: answer is not None)
        monkeypatch.setattr("typer.prompt", lambda *_, **__: answer)
        monkeypatch.setattr(browser_offer, "subprocess", SimpleNamespace(run=installed))
        return started

    return prepare


def test_a_browser_is_offered_and_installed(offer: Offer, tmp_path: Path) -> None:
    """With a yes, the command that installs one runs in a process of its own, and the run goes on with its browser."""
    started = offer("y")
    assert browser_offer.find_or_offer() == (tmp_path / "headless_shell",)
    assert started == [[sys.executable, "-P", "-m", "scraper", "install-browser"]]


def test_a_refused_offer_is_the_usual_error(offer: Offer) -> None:
    """With anything else, nothing is installed."""
    started = offer("")
    with pytest.raises(BrowserMissing, match="none"):
        browser_offer.find_or_offer()
    assert not started


def test_alone_without_a_terminal_it_prints_how_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that calls it without a command gets the list of commands, and no server."""
    assert run_command_line([]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for command in ("aurion demo --export", "aurion export", "aurion serve --no-open"):
        assert command in shown


@pytest.mark.parametrize(("display", "expected"), [(":0", ["serve"]), ("", [])])
def test_alone_at_a_screen_it_opens_the_page(
    display: str, expected: list[str], monkeypatch: pytest.MonkeyPatch, offer: Offer
) -> None:
    """On a terminal with a screen; without one, the list of commands."""
    offer("")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert app._complete([]) == expected


def test_version_names_what_an_export_depends_on(offer: Offer, capsys: pytest.CaptureFixture[str]) -> None:
    """The first line is the program's own; a missing browser is named with the next step."""
    offer("")
    assert run_command_line(["--version"]) == 0
    first, python, playwright, system, browser = capsys.readouterr().out.splitlines()
    assert first == f"aurion-planning {__version__}"
    assert python.startswith(f"Python {sys.version_info.major}.{sys.version_info.minor}.")
    assert playwright.startswith("Playwright 1.")
    assert len(system.split()) == 3
    assert "aurion install-browser" in browser


def test_every_document_is_a_topic(capsys: pytest.CaptureFixture[str]) -> None:
    """Each document of the checkout is shown as it is, under its name and under its path; commands come first."""
    documents = {file.stem: file for file in (ROOT / "docs").glob("*.md")}
    assert list_topics().keys() == documents.keys()
    for name, file in documents.items():
        assert run_command_line(["help", f"docs/{name}.md"]) == 0
        assert capsys.readouterr().out == file.read_text(encoding="utf-8")
    assert run_command_line(["help", "schools"]) == 0
    assert "Usage: aurion schools" in capsys.readouterr().out
    assert run_command_line(["help", "rule"]) == 2


def test_a_document_is_formatted_on_a_terminal(tmp_path: Path) -> None:
    """Headings and lists are drawn, not shown as Markdown."""
    terminal = Terminal("help", "rules", cwd=tmp_path)
    assert terminal.end() == 0
    assert "Rules" in terminal.shown
    assert "# Rules" not in terminal.shown
