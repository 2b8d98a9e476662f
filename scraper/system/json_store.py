"""A small JSON object kept between runs, for its user alone; whatever is wrong with its file, it is only forgotten."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import Timeout

from scraper.errors import AnotherRun
from scraper.system.files import private_folder, private_lock, write_private
from scraper.system.os_errors import translate_state_errors

MOST_BYTES = 1_000_000
PATIENCE = 10
"""Seconds; the file is held for milliseconds."""


@dataclass(frozen=True, slots=True)
class JsonFile:
    """The object in the file at `path`, whose folder lies in the state folder."""

    path: Path

    def read(self) -> dict[str, Any]:
        """What is there; an empty object where there is nothing, or nothing that we wrote."""
        with suppress(OSError, ValueError, RecursionError):
            if self.path.stat().st_size <= MOST_BYTES:
                found = json.loads(self.path.read_text(encoding="utf-8"))
                return found if isinstance(found, dict) else {}
        return {}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """What is there, written back whole when the block ends well. Raises DeliveryError, AnotherRun."""
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent.parent)
            private_folder(self.path.parent)
            try:
                with private_lock(self.path.with_suffix(".lock"), PATIENCE):
                    found = self.read()
                    yield found
                    write_private(self.path, json.dumps(found, ensure_ascii=False).encode())
            except Timeout:
                raise AnotherRun(path=str(self.path)) from None

    def forget(self) -> None:
        """Takes it away. Raises DeliveryError."""
        with translate_state_errors(str(self.path)):
            self.path.unlink(missing_ok=True)


def memory_of(state: Path, kind: str, account: str) -> JsonFile:
    """What is remembered of that kind of one account, by its name; `state` is the state folder."""
    return JsonFile(state / kind / f"{hashlib.sha256(account.encode()).hexdigest()[:16]}.json")
