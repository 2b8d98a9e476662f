"""Commands run within the test's own process: a tenth of the time of a process of their own."""

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import cast

import pytest

from scraper.cli.app import run
from scraper.portal.browser import Driver

NO_DRIVER = cast("Driver", object())
"""For what ends before a browser is asked for anything."""


def run_here(*arguments: str, cwd: Path, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that needs neither a browser nor a terminal; `typed` is its standard input."""
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.chdir(cwd)
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
        code = _code(arguments, variables)
    return subprocess.CompletedProcess(arguments, code, *(_text(stream) for stream in (output, errors)))


def _code(arguments: tuple[str, ...], variables: dict[str, str]) -> int:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        return run(arguments, NO_DRIVER)
    except SystemExit as end:
        return int(end.code or 0)
    finally:  # a command that ends its process may leave variables behind
        os.environ.clear()
        os.environ.update(before)


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    stream.seek(0)
    return stream.read()
