"""Private JSON state files; a missing or corrupt one counts as empty."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scraper.system.files import private_folder, write_private
from scraper.system.locks import hold_lock
from scraper.system.os_errors import translate_state_errors

MOST_BYTES = 1_000_000
PATIENCE = 10
"""Seconds to wait for the lock, which is held for milliseconds."""


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON object in the file at `path`, in a subfolder of the state folder."""

    path: Path

    def read(self) -> dict[str, Any]:
        """Return the object; an empty one where the file cannot be read, is too large or not a JSON object."""
        with suppress(OSError):
            return self._load()
        return {}

    @contextmanager
    def change(self) -> Iterator[dict[str, Any]]:
        """Yield the object to change, under a lock; write it where the block raises nothing.

        Raise DeliveryError or AnotherRun.
        """
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent.parent)
            private_folder(self.path.parent)
            with hold_lock(self.path.with_suffix(".lock"), PATIENCE, self.path):
                found = self._load()  # what cannot be read for a moment must not be replaced by nothing
                yield found
                write_private(self.path, json.dumps(found, ensure_ascii=False).encode())

    def _load(self) -> dict[str, Any]:
        """Return the object; an empty one where there is none. Raise OSError where the file cannot be read."""
        with suppress(FileNotFoundError, ValueError, RecursionError):
            if self.path.stat().st_size <= MOST_BYTES:
                found = json.loads(self.path.read_text(encoding="utf-8"))
                return found if isinstance(found, dict) else {}
        return {}

    def delete(self) -> None:
        """Delete the file. Raise DeliveryError."""
        with translate_state_errors(str(self.path)):
            self.path.unlink(missing_ok=True)


def state_file(state: Path, kind: str, account: str) -> JsonFile:
    """Return the file with an account's state of that kind; `state` is the state folder."""
    return JsonFile(state / kind / f"{hashlib.sha256(account.encode()).hexdigest()[:16]}.json")
