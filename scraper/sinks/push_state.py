"""The state of a calendar at a service after a push, with the service's names and ETags; stored between runs."""

import base64
import json
import zlib
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from scraper.system.files import check_writable, private_folder, write_private
from scraper.system.os_errors import translate_state_errors

FEW, MOST = 5, 50
"""The most refused events named in a sentence and in the error's facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectState:
    """An event at the service: its name there, its ETag (empty: unknown), the pushed content's digest.

    `left` is true if it was edited on the server. `kept` is the digest of the server's own version of the pushed event,
    if that was read back. `dropped` is true if the calendar no longer has the event: only the user's edit remains.
    """

    name: str
    etag: str
    digest: str
    left: bool = False
    kept: str = ""
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedObject:
    """An event that the server refused: the digest of the sent content ("" for a deletion), its label, the reason.

    `kind` is "taken", "trash", "lost" or "other"; `at` is the address of the other event with the same UID, `words` the
    server's message.
    """

    digest: str
    label: str
    kind: str
    words: str
    at: str = ""


@dataclass(slots=True, kw_only=True)
class CollectionState:
    """The state of a calendar: its events by UID, its sync token, the last completely pushed calendar (`body`).

    `token` is empty if the server has no sync tokens, None if it was not asked yet; `scheme` is its authentication
    scheme. `refused` are the events that the server refused, `offered` the digests of the objects that the last push
    was to store, by UID; `ends` is true if the server requires an end for every event. `pushed` is the time of the last
    complete push in ISO 8601 format. `shortened` are the UIDs of events of the last push with texts that were cut.
    """

    path: Path
    events: dict[str, ObjectState] = field(default_factory=dict)
    refused: dict[str, RefusedObject] = field(default_factory=dict)
    offered: dict[str, str] = field(default_factory=dict)
    ends: bool = False
    token: str | None = None
    scheme: str = ""
    pushed: str = ""
    shortened: tuple[str, ...] = ()
    body: bytes | None = field(default=None, repr=False)

    @property
    def edited_uids(self) -> tuple[str, ...]:
        """The UIDs of the calendar's events that were edited on the server."""
        return tuple(uid for uid, one in self.events.items() if one.left and not one.dropped)

    def mark_dropped(self, wanted: Container[str]) -> None:
        """Mark the edited events that the calendar does not have any more; `wanted` are the UIDs that it has."""
        self.events |= {uid: replace(one, dropped=uid not in wanted) for uid, one in self.events.items() if one.left}

    def complete(self, body: bytes) -> bool:
        """Record that this calendar was pushed completely; return whether it differs from the one before."""
        is_new, self.body = self.body != body, body
        self.pushed = datetime.now(UTC).isoformat(timespec="seconds")
        return is_new

    def check(self) -> None:
        """Raise StateError if the file is not writable."""
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            check_writable(self.path)

    @contextmanager
    def saving(self) -> Iterator[None]:
        """Write the state file at the end of the block, also after an error."""
        try:
            yield
        finally:
            self.save()

    def save(self) -> None:
        """Write the state file atomically. Raise DeliveryError."""
        data = {name: value for name, value in asdict(self).items() if name not in {"path", "body"}}
        if self.body is not None:
            data["body"] = base64.b64encode(zlib.compress(self.body)).decode()
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            write_private(self.path, json.dumps(data).encode())


def join_labels(labels: Sequence[str]) -> str:
    """Return the first few labels as one text."""
    return "; ".join(labels[:FEW]) + (" …" if len(labels) > FEW else "")


def load_state(path: Path) -> CollectionState:
    """Return the stored state; an empty one if the file is missing or corrupt."""
    with suppress(OSError, ValueError, TypeError, RecursionError, zlib.error):
        data = json.loads(path.read_text(encoding="utf-8"))
        body = zlib.decompress(base64.b64decode(data["body"])) if "body" in data else None
        return TypeAdapter(CollectionState).validate_python({**data, "path": path, "body": body})
    return CollectionState(path=path)
