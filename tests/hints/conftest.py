"""A fixture that runs commands and reads the hints of their errors."""

import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import cast

import pytest

from scraper import export as story
from scraper.cli import app, launch_chromium
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.portal.driver import Driver
from scraper.system.paths import settings_file
from tests.ical.lint.test_rules import GOOD, written

READY = "ready"
"""The end of a command that only lacks a browser and a portal: everything before is valid."""
DONE = "done"
WORDS = Catalogue("en")


@dataclass(slots=True)
class Walker:
    """A runner of commands in this process, without a browser; `error` is the last error."""

    home: Path
    error: AurionError | None = None
    typed: str = ""

    def go(self, command: str, **variables: str) -> str:
        """Run the command; return the class and reason of its error, READY or DONE."""
        self.error = None
        before = dict(os.environ)
        sys.stdin, self.typed = io.StringIO(self.typed), ""
        given = {"AURION_PASSWORD": "secret"} if command.startswith("export") else {}
        os.environ.update(given | variables)
        try:
            code = app.run_command_line(shlex.split(command), cast("Driver", object()))
        finally:
            os.environ.clear()
            os.environ.update(before)
        if self.error is None:
            return DONE if code == 0 else f"code {code}"
        if self.error.facts.get("what") == READY:
            return READY
        return ".".join(filter(None, (type(self.error).__name__, self.error.reason)))

    @property
    def hint(self) -> str:
        """The hint of the last error."""
        assert self.error is not None
        return WORDS.error(self.error)[1]

    def clear(self) -> None:
        """Empty the home, except for a calendar without errors."""
        for path in self.home.iterdir():
            rmtree(path) if path.is_dir() else path.unlink()
        (self.home / "good.ics").write_bytes(written(GOOD))

    def write(self, text: str) -> None:
        """Write the settings file."""
        settings_file().parent.mkdir(parents=True, exist_ok=True)
        settings_file().write_text(text, encoding="utf-8")


@pytest.fixture
def walker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walker]:
    """Return a walker in an empty home, with messages in English."""
    made = Walker(home)

    def failed(error: AurionError, _words: Catalogue, **_: object) -> int:
        made.error = error
        return error.exit_code

    def reached(*_: object, **__: object) -> None:
        raise AurionError("child", what=READY)

    monkeypatch.setattr(app, "_report_failure", failed)
    monkeypatch.setattr(launch_chromium, "chromium_for", lambda *_: nullcontext())
    monkeypatch.setattr(story, "export", reached)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.chdir(home)
    made.clear()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield made
    for number, handler in handlers.items():
        signal.signal(number, handler)
