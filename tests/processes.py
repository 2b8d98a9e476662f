"""Processes of tests that begin with the program imported: a server that has imported it forks them."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Mapping
from multiprocessing.process import BaseProcess

if sys.platform == "win32":
    CONTEXT = multiprocessing.get_context("spawn")
else:
    CONTEXT = multiprocessing.get_context("forkserver")
    CONTEXT.set_forkserver_preload(["tests.publishing.ledger.publishing"])


def new_process(work: Callable[..., object], *arguments: object) -> BaseProcess:
    """Return a process that does the work in the environment of this one; it is not started yet."""
    return CONTEXT.Process(target=_run, args=(dict(os.environ), work, arguments), daemon=True)


def _run(environment: Mapping[str, str], work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    work(*arguments)
