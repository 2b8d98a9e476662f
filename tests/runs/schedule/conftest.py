"""Fixtures: a job in folders with unusual signs, and scripts that replace the system's commands."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper.runs.schedule.plan import Plan, parse_plan
from scraper.runs.schedule.scheduled_command import ScheduledCommand

ODD = 'zoé d\'été 100%h "x" $HOME \\n'
Answer = Callable[[str, str], None]


@pytest.fixture
def plan() -> Plan:
    """Return a plan of two times a day, created in November."""
    made = parse_plan(None, "07:00,18:30", "10m", seed="seed")
    return replace(made, since=datetime(2026, 11, 24, 12, tzinfo=UTC))


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """Return a folder with all signs that a timer could interpret."""
    folder = tmp_path / ODD
    folder.mkdir()
    return folder


@pytest.fixture
def job(odd_folder: Path) -> ScheduledCommand:
    """Return a job whose interpreter writes its arguments to `ran`, and exits with the number in `code`."""
    python = odd_folder / "python"
    python.write_text(
        f"#!{sys.executable} -SE\n"
        "import json, os, pathlib, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "with (here / 'ran').open('a') as file:\n"
        "    json.dump({'arguments': sys.argv[1:], 'environment': dict(os.environ), 'folder': os.getcwd()}, file)\n"
        "    file.write('\\n')\n"
        "code = here / 'code'\n"
        "print('Une phrase.\\nEt la suite.', file=sys.stderr)\n"
        "sys.exit(int(code.read_text()) if code.exists() else 0)\n"
    )
    python.chmod(0o755)
    state = odd_folder / "state"
    state.mkdir()
    return ScheduledCommand(
        python=str(python), state=state, writable=(state, odd_folder),
        environment={"AURION_MENU": ODD, "HOME": str(odd_folder), "LANG": "fr_FR.UTF-8"},
    )  # fmt: skip


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Return a function that replaces a command of the system by lines of Python; PATH has no other."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, lines: str) -> None:
        (folder / name).write_text(
            f"#!{sys.executable} -SE\nimport json, os, pathlib, sys\nhere = pathlib.Path(__file__).parent\n{lines}"
        )
        (folder / name).chmod(0o755)

    return put
