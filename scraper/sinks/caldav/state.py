"""What was pushed to a collection of CalDAV, and what the server called it then: kept between runs."""

import base64
import hashlib
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
    """One event there: the last part of its address, its ETag (empty: not told), the digest of what we pushed.

    `left` means that it was changed there by hand. `kept` is the digest of what the server made of it, where that was
    looked at. `dropped` means that the calendar no longer has it: it is its user's alone.
    """

    name: str
    etag: str
    digest: str
    left: bool = False
    kept: str = ""
    dropped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedObject:
    """One event that the server refused: the digest of what was offered (empty: to delete it), its label, the reason.

    `kind` is "taken", "trash", "lost" or "other"; `at` is where the other event with its UID is, `words` the server's.
    """

    digest: str
    label: str
    kind: str
    words: str
    at: str = ""


@dataclass(slots=True, kw_only=True)
class CollectionState:
    """All of a collection: its events by UID, its state by the server's own word, the calendar last pushed whole.

    `token` is empty where the server has no such word, None where it was not asked yet; `scheme` is how it wants the
    password. `refused` are events that the server refused, `offered` the digests of those last offered, by UID;
    `ends` means that every event there needs an end.
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
        """Raise StateError where it could not be written down."""
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            check_writable(self.path)

    def keep(self) -> None:
        """Writes it down, whole. Raises DeliveryError."""
        events = {uid: asdict(one) for uid, one in self.events.items()}
        told: dict[str, object] = {"token": self.token, "scheme": self.scheme, "events": events}
        told |= {"refused": {uid: asdict(one) for uid, one in self.refused.items()}}
        told |= {"offered": self.offered, "ends": self.ends}
        if self.body is not None:
            told["body"] = base64.b64encode(zlib.compress(self.body)).decode()
        with translate_state_errors(str(self.path)):
            private_folder(self.path.parent)
            write_private(self.path, json.dumps(told).encode())


def file_of(state: Path, address: str, user: str) -> Path:
    """Where that is kept, in the state folder."""
    return state / "caldav" / f"{hashlib.sha256(f'{user} {address}'.encode()).hexdigest()[:16]}.json"


def remembered(path: Path) -> CollectionState:
    """What is remembered there: nothing where there is no file, or one that we did not write."""
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
