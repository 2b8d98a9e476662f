"""Ctrl-C, SIGTERM and a closed terminal around the commit: everything stays, or everything is done."""

import os
import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scraper.cli.run import protect_delivery
from scraper.system.interruptions import answer_interruptions
from tests.processes import new_process
from tests.publishing.ledger.publishing import bodies, published, rows


class SignalBefore:
    """Progress that sends this process a signal before a step."""

    def __init__(self, number: int, when: str) -> None:
        self.number, self.when = number, when

    def step(self, name: str) -> AbstractContextManager[None]:
        """Send the signal if it is time."""
        if name == self.when:
            os.kill(os.getpid(), self.number)
        return nullcontext()


def publish_with_signal(folder: Path, number: int, when: str) -> None:
    """Publish planning B as the command does, and send this process a signal before a step."""
    answer_interruptions()
    job: Any = SimpleNamespace(is_piped=False, is_pushed=False)
    try:
        published(folder, "B", 1, SignalBefore(number, when), before_commit=lambda: protect_delivery(job))
    except KeyboardInterrupt:
        sys.exit(130)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "when", "code"),
    [
        (signal.SIGINT, "comparing", 130),
        (signal.SIGTERM, "writing", 0),
        (signal.SIGHUP, "comparing", 130),
    ],
)
def test_signal_ends_the_run_before_or_after_the_commit(tmp_path: Path, number: int, when: str, code: int) -> None:
    """Before the commit calendars and ledger stay; after it the run succeeds."""
    ended, whole = tmp_path / "ended", tmp_path / "whole"
    for folder in (ended, whole):
        folder.mkdir()
        published(folder, "A", 0)
    if code == 0:
        published(whole, "B", 1)
    run = new_process(publish_with_signal, ended, int(number), when)
    run.start()
    run.join()
    assert run.exitcode == code
    assert (bodies(ended), rows(ended)) == (bodies(whole), rows(whole))


def test_exception_before_the_commit_changes_nothing(tmp_path: Path) -> None:
    """The hook is called before anything is stored."""
    published(tmp_path, "A", 0)
    before = bodies(tmp_path), rows(tmp_path)

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        published(tmp_path, "B", 1, before_commit=interrupted)
    assert (bodies(tmp_path), rows(tmp_path)) == before
