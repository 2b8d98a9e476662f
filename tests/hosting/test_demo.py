"""The whole service with PostgreSQL, web pages, two workers with Chromium, and nginx."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx serves the calendars")
def test_students_sign_up_and_get_their_calendars(browser_in_use: Path) -> None:
    """Each gets the own calendar, one is notified of a change once, and all processes end on request."""
    assert browser_in_use
    command = [sys.executable, "-m", "tests.hosting.demo", "--once", "--students", "2"]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 students signed up and have their own calendars" in done.stdout
    assert "A change at the portal was notified once." in done.stdout
