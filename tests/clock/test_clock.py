"""The tests' own means of another date: what it shifts, and what it leaves alone."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.clock.another_date import WHY_NOT, build_clock, compiler, environment_at

LEAP_DAY = datetime(2028, 2, 29, 23, tzinfo=UTC)
NOW = "import time; print(time.time())"
PROGRAM = """
import json, subprocess, sys, threading, time
from datetime import datetime, UTC
began = time.monotonic()
time.sleep(0.05)
threading.Lock().acquire(timeout=0.05)
lock = threading.Lock()
lock.acquire()
got = lock.acquire(timeout=0.1)
child = subprocess.run([sys.executable, "-c", "import time; print(time.time())"], capture_output=True, text=True)
print(json.dumps([time.time(), datetime.now(UTC).timestamp(), float(child.stdout), time.monotonic() - began, got]))
"""


@pytest.mark.skipif(compiler() is None, reason=WHY_NOT)
def test_program_sees_the_other_date(tmp_path: Path) -> None:
    """Show it to its children, too, without a change of durations."""
    without = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    real = subprocess.run([sys.executable, "-c", NOW], env=without, capture_output=True, check=True, timeout=60).stdout
    shifted = timedelta(seconds=time.time() - float(real))  # these tests may run at another date themselves
    environment = environment_at(LEAP_DAY + shifted, build_clock(tmp_path), without)
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=True, timeout=60)
    *clocks, waited, got = json.loads(done.stdout)
    assert all(0 <= shown - LEAP_DAY.timestamp() + 1 < 60 for shown in clocks)
    assert (0.1 < waited < 60, got) == (True, False)
