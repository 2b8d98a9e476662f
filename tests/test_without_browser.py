"""A run of the tests without a browser: what is in it starts none, whatever comes of the try."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.system.find_browser import find_browsers
from tests.without_browser import exports, fail_if_started, put_stand_ins, uses_browser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


def test_a_browser_that_is_started_fails_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program finds a stand-in first, which starts nothing; the test that started it fails once, the next not."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "")
    started = put_stand_ins(tmp_path)
    found = find_browsers()[0]
    assert found is not None
    assert found.parent == tmp_path
    fail_if_started(started)
    for program in (found, os.environ["PLAYWRIGHT_NODEJS_PATH"]):
        done = subprocess.run([program], capture_output=True, check=False)
        assert (done.returncode, b"starts no browser" in done.stderr) == (1, True)
        with pytest.raises(pytest.fail.Exception, match="`browser`"):
            fail_if_started(started)
        fail_if_started(started)


def test_tests_with_a_browser_are_found_by_what_they_use(request: pytest.FixtureRequest) -> None:
    """A test without a page or a portal to export from has no such mark."""
    item = request.node
    assert (uses_browser(item), exports(item), item.get_closest_marker("browser")) == (False, False, None)
