"""Overwrite freed memory, so that a password is not left in it: by settings of the C library, read at its start."""

import os
import sys
from collections.abc import Mapping

TUNABLES = "GLIBC_TUNABLES"
WIPED: Mapping[str, str] = {
    "PYTHONMALLOC": "malloc",  # Python's own allocator keeps what was freed
    TUNABLES: "glibc.malloc.perturb=85:glibc.malloc.tcache_count=0",  # the cache of each thread does too
}


def restart_with_wiped_memory(environment: Mapping[str, str]) -> None:
    """Replace this process by the same command with these settings, unless it has them already.

    Elsewhere than on Linux with the GNU C library they have no effect.
    """
    if sys.platform == "linux" and any(environment.get(name) != value for name, value in WIPED.items()):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**environment, **WIPED})  # noqa: S606
