"""Marks of tests that start Chromium, its driver or PostgreSQL, and the check that other tests start no browser."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from scraper.system.find_browser import ON_PATH, SHELLS

STARTED = "browsers-started"
FIXTURES = {"browser", "playwright", "browser_in_use"}
"""Fixtures of the tests that start a browser."""
ANY_DATE = ("demo", "portal", "cli/test_secrets.py", "cli/test_signals.py", "runs/test_export_process.py")
"""Tests with a portal of a fixed month, or with runs that end before there is a calendar: no date changes them."""
STAND_IN = """#!/bin/sh
echo "$PYTEST_CURRENT_TEST" >> "$(dirname "$0")/{started}"
echo "This run of the tests starts no browser." >&2
exit 1
"""


def uses_browser(item: pytest.Item) -> bool:
    """Return whether a test uses a browser, or its path."""
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))


def uses_database(item: pytest.Item) -> bool:
    """Return whether a test uses PostgreSQL, which starts more slowly than most tests run."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "postgres" in (*getattr(item, "fixturenames", ()), *parameters)


def exports(item: pytest.Item) -> bool:
    """Return whether the result of a test with a demo portal may depend on the date."""
    return starts_portal(item) and not is_below(item, *ANY_DATE)


def is_below(item: pytest.Item, *places: str) -> bool:
    """Return whether a test is in one of these folders or files."""
    return any(item.path.is_relative_to(Path(__file__).parent / place) for place in places)


def starts_portal(item: pytest.Item) -> bool:
    """Return whether a test starts a demo portal, from which the command exports."""
    if is_below(item, "demo"):  # its tests ask the portal without a browser
        return False
    info = getattr(item, "_fixtureinfo", None)
    fixtures = [definition.func for found in (info.name2fixturedefs.values() if info else ()) for definition in found]
    functions = [getattr(item, "obj", None), *fixtures]
    return any("Demo" in names_in(function.__code__) for function in functions if hasattr(function, "__code__"))


def names_in(code: CodeType) -> Iterator[str]:
    """Find the names that a function uses, those of the functions inside it too."""
    yield from code.co_names
    for inside in code.co_consts:
        if isinstance(inside, CodeType):
            yield from names_in(inside)


def put_stand_ins(folder: Path) -> Path:
    """Make browsers and a driver that start nothing and write down who started them; return the file they write."""
    for name in ("node", *SHELLS, *ON_PATH):
        (folder / name).write_text(STAND_IN.format(started=STARTED), encoding="utf-8")
        (folder / name).chmod(0o755)
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(folder / "node")
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return folder / STARTED


def fail_if_started(started: Path) -> None:
    """Fail the test that started a browser, whatever came of that."""
    if os.path.exists(started):  # noqa: PTH110 - a test may have changed what Path does
        os.unlink(started)  # noqa: PTH108
        pytest.fail("This test starts a browser, in a run without them: it needs the mark `browser`.")
