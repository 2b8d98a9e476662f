"""A walk along a hint: a command that fails, what the hint says, and where the same person comes out then."""

import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
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
"""Where a walk ends that only lacks a browser and a portal: all that this machine decides is right."""
DONE = "done"
WORDS = Catalogue("en")


@dataclass(slots=True)
class Walker:
    """Runs commands in this process, without a browser; `error` is the last one, with what a person reads of it."""

    home: Path
    error: AurionError | None = None
    typed: str = ""

    def go(self, command: str, **variables: str) -> str:
        """The command's end: the error's class and reason, READY or DONE."""
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
        """What the last error says to do."""
        assert self.error is not None
        return WORDS.error(self.error)[1]

    def write(self, text: str) -> None:
        """The settings file."""
        settings_file().parent.mkdir(parents=True, exist_ok=True)
        settings_file().write_text(text, encoding="utf-8")


@pytest.fixture
def walker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walker]:
    """A person at the command line in English, in an empty home."""
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
    (home / "good.ics").write_bytes(written(GOOD))
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield made
    for number, handler in handlers.items():
        signal.signal(number, handler)
