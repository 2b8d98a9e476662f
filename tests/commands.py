"""Commands run within the test's own process: a tenth of the time of a process of their own."""

import io
import os
import subprocess
import sys
import time
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import cast

import pytest

from scraper.cli import launch_chromium
from scraper.cli.app import run_command_line
from scraper.portal import browser
from scraper.portal.browser import Driver

NO_DRIVER = cast("Driver", object())
"""For what ends before a browser is asked for anything."""


def run_here(*arguments: str, cwd: Path, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that needs no terminal and ends before it asks a browser; `typed` is its standard input."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.chdir(cwd)
        patch.setattr(browser, "started_driver", lambda: nullcontext(NO_DRIVER))
        patch.setattr(launch_chromium, "chromium_for", lambda *_: nullcontext())
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
        code = _code(arguments, variables)
    return subprocess.CompletedProcess(arguments, code, *(_text(stream) for stream in (output, errors)))


def _code(arguments: tuple[str, ...], variables: dict[str, str]) -> int:
    before, interval = dict(os.environ), sys.getswitchinterval()
    os.environ.update(variables)
    _set_zone()
    try:
        return run_command_line(arguments, NO_DRIVER)
    except SystemExit as end:
        return int(end.code or 0)
    finally:  # a command that ends its process may leave variables behind
        os.environ.clear()
        os.environ.update(before)
        _set_zone()
        sys.setswitchinterval(interval)


def _set_zone() -> None:
    """Let local time be that of the variable TZ; Windows has no such function."""
    if hasattr(time, "tzset"):
        time.tzset()


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
