"""Threads of servers that a test has stopped: each takes some tenths of a second to end, while the next tests run."""

from collections.abc import Iterator
from threading import Thread

import pytest


@pytest.fixture(scope="session")
def stopping() -> Iterator[list[Thread]]:
    """The threads that have been asked to end; all of them do, in the end."""
    threads: list[Thread] = []
    yield threads
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
