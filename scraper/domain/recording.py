"""The border: what the browser saw, as plain data, to and from one JSON file.

Left of a Recording stands Chromium; right of it everything is a pure function. It is the fixture a test runs on, the
report a student sends and what `aurion replay` reads.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from scraper.domain.decoding import NotUtf8Error, decoded
from scraper.domain.planning import Period
from scraper.domain.school import School
from scraper.errors import BadRecording

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a form: `kind` is the input's type, or the element's name; a box is `filled` where it is ticked."""

    name: str = ""
    id: str = ""
    kind: str = "text"
    label: str = ""
    visible: bool = True
    autocomplete: str = ""
    filled: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """What may submit a form; `action` is the address its press goes to, resolved."""

    label: str = ""
    kind: str = "submit"
    visible: bool = True
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One form; `action` is where it goes, resolved against the page, without its query."""

    action: str = ""
    method: str = "get"
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """Something to click: its label, the labels it stands under, and whether it opens others.

    `place` is `menu` or `content`. `number` is its place among the page's entries at the moment of the snapshot; `twin`
    counts those of the same labels before it.
    """

    label: str
    path: tuple[str, ...] = ()
    opens_others: bool = False
    loaded: bool = False
    place: str = "menu"
    number: int = 0
    twin: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A Schedule component: its client id, its widget's name and the view it shows (`agendaWeek`, `basicDay`, …)."""

    id: str
    widget: str = ""
    view: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One page as plain data.

    `ready` is the document's readyState; `traces` are words for what built the page (`jsf`, `primefaces`,
    `angular`, `auriga`); `messages` are what the page tells its reader in places meant for it, `text` its first words.
    `framed` is what a frame of the same portal holds and the page lacks: `login` or `menu`. `seconds` are those since
    the run began.
    """

    address: str
    step: str = ""
    seconds: float = 0
    status: int = 200
    title: str = ""
    ready: str = "complete"
    forms: tuple[Form, ...] = ()
    entries: tuple[MenuEntry, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    framed: str = ""
    messages: tuple[str, ...] = ()
    text: str = ""
    traces: tuple[str, ...] = ()
    body_class: str = ""
    busy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one request asked: instants, aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One exchange of the schedule's XHR: `request` are its parameters but secrets, `own` what the page had asked."""

    at: datetime
    address: str
    source: str
    window: Window
    own: Window
    request: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    content_type: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Days whose events are all known, and the capture (from 0) that showed it."""

    period: Period
    capture: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How the run that recorded this ended, where it did not end well: an error's class, reason and facts."""

    error: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that crosses the border."""

    school: School
    period: Period
    taken_at: datetime
    versions: Mapping[str, str] = field(default_factory=dict)
    snapshots: tuple[Snapshot, ...] = ()
    captures: tuple[Capture, ...] = ()
    proved: tuple[Proof, ...] = ()
    failure: Failure | None = None


def _plain(value: object) -> object:
    match value:
        case Mapping():
            return {str(k): _plain(v) for k, v in value.items()}
        case tuple() | list():
            return [_plain(v) for v in value]
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _ if dataclasses.is_dataclass(value):
            return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        case _:
            return value


def dumps(recording: Recording, head: Mapping[str, object] | None = None) -> str:
    """The recording as JSON text; with a `head` it is a report, which `loads` reads as well."""
    first = {"format": FORMAT, **({"report": _plain(head)} if head else {})}
    told = {**first, **_plain(recording)}  # type: ignore[dict-item]
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def loads(text: str) -> Recording:
    """The recording that `dumps` wrote, or that a report is. Raises BadRecording for anything else."""
    from pydantic import ConfigDict, TypeAdapter, ValidationError  # noqa: PLC0415 - heavy, and only replay reads

    try:
        data = json.loads(text)
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise BadRecording("format")
        data.pop("report", None)
        Recording.__pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[attr-defined]
        return TypeAdapter(Recording).validate_python(data)
    except (ValueError, ValidationError) as error:
        raise BadRecording("shape") from error


def load(path: Path) -> Recording:
    """The recording in a file. Raises BadRecording when it cannot be read or is none."""
    try:
        return loads(decoded(path.read_bytes()))
    except NotUtf8Error as error:
        raise BadRecording("encoding", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise BadRecording("unreadable", path=str(path)) from error
