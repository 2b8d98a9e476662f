"""`aurion check`: exit codes and output in both languages."""

import io
import json
import sys
from pathlib import Path

import pytest

from scraper.cli.app import run_command_line
from tests.cases import for_each
from tests.ical.lint.test_rules import GOOD, written

BAD = GOOD.replace("STATUS:CANCELLED", "STATUS:CANCELED")


@pytest.fixture
def good(tmp_path: Path) -> str:
    """A calendar with notes only."""
    (tmp_path / "good.ics").write_bytes(written(GOOD))
    return str(tmp_path / "good.ics")


@pytest.fixture
def bad(tmp_path: Path) -> str:
    """A calendar with one misspelling."""
    (tmp_path / "bad.ics").write_bytes(written(BAD))
    return str(tmp_path / "bad.ics")


def test_exit_code_without_findings_is_0(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Notes are not findings; with --quiet nothing is printed."""
    assert run_command_line(["check", good]) == 0
    assert "rien à signaler" in capsys.readouterr().out
    assert run_command_line(["check", "--quiet", good]) == 0
    assert capsys.readouterr().out == ""


@for_each(("locale", "detail"), [("fr_FR.UTF-8", "est pas l’un de"), ("en_GB.UTF-8", "is not one of")])  # noqa: RUF001 - French
def test_finding_is_printed_with_its_hint(
    bad: str, locale: str, detail: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The line has file, line number, message and source; exit code 1."""
    monkeypatch.setenv("LANG", locale)
    assert run_command_line(["check", bad, bad]) == 1
    lines = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith(f"{bad}:41  STATUS"))
    assert detail in lines[place]
    assert lines[place].endswith("[RFC 5545 §3.8.1.11]")
    assert lines[place + 1].startswith("    ")
    assert lines[-1].startswith("2 ")


def test_json_is_one_object(bad: str, good: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Print each file with its findings, including notes."""
    assert run_command_line(["check", "--json", bad, good]) == 1
    reported = json.loads(capsys.readouterr().out)["files"]
    assert [file["file"] for file in reported] == [bad, good]
    finding = next(finding for finding in reported[0]["findings"] if finding["rule"] == "status")
    assert set(finding) == {"line", "rule", "level", "source", "message", "hint"}
    assert (finding["line"], finding["level"]) == (41, "error")
    assert {finding["level"] for finding in reported[1]["findings"]} == {"note"}


def test_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The name of the file is `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<html>")))
    assert run_command_line(["check", "-"]) == 1
    assert "HTML" in capsys.readouterr().out


@for_each("name", ["absent.ics", "", "a\0b"])
def test_exit_code_of_an_unreadable_file_is_2(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard error has a sentence and a hint."""
    assert run_command_line(["check", str(tmp_path / name)]) == 2
    reported = capsys.readouterr()
    assert reported.out == ""
    assert len(reported.err.splitlines()) == 2
