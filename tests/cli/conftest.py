"""Fixtures: a demo portal, and the command with the account of its student."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from tests.commands import SharedBrowsers
from tests.lessons import lessons_ahead

Run = Callable[..., subprocess.CompletedProcess[str]]
EMPTY = Fault(parameter=".*_start", replace=r'(?s)"events" ?: ?\[\{.*\}\]\}', with_='"events" : []}')


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Start a demo portal with future lessons only."""
    with Demo(events=lessons_ahead()) as portal:
        yield portal


@pytest.fixture
def aurion(demo: Demo, home: Path, browsers: SharedBrowsers) -> Run:
    """Return a function that runs the command in the empty home with the student's account."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        account = {"AURION_URL": demo.url, "AURION_LOGIN": LOGIN, "AURION_PASSWORD": PASSWORD, "AURION_MONTHS": "1"}
        return browsers.run(*arguments, cwd=home, **{**account, **variables})

    return run
