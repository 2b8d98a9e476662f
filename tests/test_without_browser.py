"""A run of the tests without a browser: a test that starts one fails."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scraper.system.find_browser import find_browsers
from tests.without_browser import exports, fail_if_started, put_stand_ins, uses_browser

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")


def test_started_browser_fails_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program finds a stand-in, which starts nothing; the test fails once, the next one does not."""
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


def test_tests_with_a_browser_are_marked_by_their_fixtures(request: pytest.FixtureRequest) -> None:
    """A test without a page or a portal has no such mark."""
    item = request.node
    assert (uses_browser(item), exports(item), item.get_closest_marker("browser")) == (False, False, None)
