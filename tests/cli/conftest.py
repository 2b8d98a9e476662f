"""The command as the demo portal's student has it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from tests.lessons import lessons_ahead

Run = Callable[..., subprocess.CompletedProcess[bytes]]
EMPTY = Fault(parameter=".*_start", replace=r'(?s)"events" ?: ?\[\{.*\}\]\}', with_='"events" : []}')


@pytest.fixture
def demo() -> Iterator[Demo]:
    """A demo portal with future lessons only."""
    with Demo(events=lessons_ahead()) as portal:
        yield portal


@pytest.fixture
def aurion(demo: Demo, home: Path) -> Run:
    """Run the command in the empty home as the demo's student; what it says is text where an `encoding` is given."""

    def run(*arguments: str, encoding: str | None = None, **variables: str) -> subprocess.CompletedProcess[bytes]:
        account = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD, "AURION_MONTHS": "1"}
        return subprocess.run(
            [sys.executable, "-m", "scraper", *arguments], env={**os.environ, **account, **variables},
            encoding=encoding, capture_output=True, timeout=100, check=False, stdin=subprocess.DEVNULL, cwd=home,
        )  # type: ignore[return-value]  # fmt: skip

    return run
