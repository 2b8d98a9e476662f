"""A job in folders with blanks, accents, quotes, percent and dollar signs, and stand-ins for the system's commands."""

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
    """Two times a day, made on a day of November."""
    made = parse_plan(None, "07:00,18:30", "10m", seed="seed")
    return replace(made, since=datetime(2026, 11, 24, 12, tzinfo=UTC))


@pytest.fixture
def odd_folder(tmp_path: Path) -> Path:
    """A folder with every sign that some timer gives a meaning to."""
    folder = tmp_path / ODD
    folder.mkdir()
    return folder


@pytest.fixture
def job(odd_folder: Path) -> ScheduledCommand:
    """A job with an interpreter that writes its arguments to `ran` beside it, and ends with the code of `code`."""
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
    """Puts a command of the system's, a few lines of Python, instead of all real ones: no timer of the user's."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(name: str, lines: str) -> None:
        (folder / name).write_text(
            f"#!{sys.executable} -SE\nimport json, os, pathlib, sys\nhere = pathlib.Path(__file__).parent\n{lines}"
        )
        (folder / name).chmod(0o755)

    return put
