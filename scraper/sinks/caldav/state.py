"""The state of a CalDAV collection after a push, with the server's names and ETags; stored between runs."""

import base64
import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scraper.system.files import check_writable, private_folder, write_private
from scraper.system.os_errors import translate_state_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectState:
    """An event on the server: the last segment of its address, its ETag (empty: unknown), the pushed content's digest.

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
    """The state of a collection: its events by UID, its sync token, the last completely pushed calendar (`body`).

    `token` is empty if the server has no sync tokens, None if it was not asked yet; `scheme` is its authentication
    scheme. `refused` are the events that the server refused, `offered` the digests of the objects that the last push
    was to store, by UID; `ends` is true if the server requires an end for every event.
    """

    path: Path
    events: dict[str, ObjectState] = field(default_factory=dict)
    refused: dict[str, RefusedObject] = field(default_factory=dict)
    offered: dict[str, str] = field(default_factory=dict)
    ends: bool = False
    token: str | None = None
    scheme: str = ""
    body: bytes | None = field(default=None, repr=False)

    def check(self) -> None:
        """Raise StateError if the file is not writable."""
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            check_writable(self.path)

    def keep(self) -> None:
        """Write the state file atomically. Raises DeliveryError."""
        events = {uid: asdict(one) for uid, one in self.events.items()}
        told: dict[str, object] = {"token": self.token, "scheme": self.scheme, "events": events}
        told |= {"refused": {uid: asdict(one) for uid, one in self.refused.items()}}
        told |= {"offered": self.offered, "ends": self.ends}
        if self.body is not None:
            told["body"] = base64.b64encode(zlib.compress(self.body)).decode()
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            write_private(self.path, json.dumps(told).encode())


def remembered(path: Path) -> CollectionState:
    """Return the stored state; an empty one if the file is missing or corrupt."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, zlib.error):
        told = json.loads(path.read_text(encoding="utf-8"))
        body = zlib.decompress(base64.b64decode(told["body"])) if "body" in told else None
        events = {str(uid): _pushed(one) for uid, one in told["events"].items()}
        token, scheme = None if told["token"] is None else str(told["token"]), str(told["scheme"])
        refused = {str(uid): _refused(one) for uid, one in told.get("refused", {}).items()}
        offered = {str(uid): str(digest) for uid, digest in told.get("offered", {}).items()}
        return CollectionState(
            path=path, events=events, token=token, scheme=scheme, body=body, refused=refused, offered=offered,
            ends=told.get("ends") is True,
        )  # fmt: skip
    return CollectionState(path=path)


def _pushed(told: Mapping[str, Any]) -> ObjectState:
    texts = {name: str(told[name]) for name in ("name", "etag", "digest")}
    kept, dropped = str(told.get("kept", "")), told.get("dropped") is True
    return ObjectState(**texts, left=told["left"] is True, kept=kept, dropped=dropped)


def _refused(told: Mapping[str, Any]) -> RefusedObject:
    return RefusedObject(**{name: str(told[name]) for name in ("digest", "label", "kind", "words", "at")})
