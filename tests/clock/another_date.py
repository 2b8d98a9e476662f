"""Run a program on another date: Python, Node and Chromium see it, at full speed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
WHY_NOT = "Another date needs Linux and a C compiler (Debian, Ubuntu: apt install gcc libc6-dev)."


def compiler() -> str | None:
    """Return the C compiler of this machine; None where no other date is possible."""
    return shutil.which("cc") if sys.platform == "linux" else None


def build_clock(folder: Path) -> Path:
    """Compile the library that shows another date."""
    library = folder / "clock.so"
    command = [compiler() or "cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return library


def environment_at(moment: datetime, library: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables with which a program starts at that time."""
    ahead = round((moment - datetime.now(UTC)).total_seconds())
    return {**environment, "CLOCK_AHEAD": str(ahead), "LD_PRELOAD": str(library)}
