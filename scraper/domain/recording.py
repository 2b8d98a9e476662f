"""A recording: the browser's pages and responses as plain data, written to and read from one JSON file.

It separates the browser from the pure functions that process its data. Tests use recordings as fixtures, students
send them as reports, and `aurion replay` reads them.
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, TypeAdapter, ValidationError

from scraper.domain.decoding import NotUtf8Error, decode_text, read_file
from scraper.domain.planning import Period
from scraper.domain.school import School
from scraper.errors import BadRecording

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a form: `kind` is the input's type or the element's name; a ticked checkbox is `filled`."""

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
    """A button that may submit a form; `action` is the resolved address it submits to."""

    label: str = ""
    kind: str = "submit"
    visible: bool = True
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form; `action` is its address, resolved against the page, without the query."""

    action: str = ""
    method: str = "get"
    fields: tuple[Field, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A clickable entry: its label, the labels of its parents (`path`), and whether it opens a submenu.

    `place` is `menu` or `content`. `number` is its index among the page's entries at the time of the snapshot; `twin`
    is the number of earlier entries with the same labels.
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
    """A page as plain data.

    `ready` is the document's readyState; `traces` name the software that built the page (`jsf`, `primefaces`,
    `angular`, `auriga`); `messages` are the texts of message elements, `text` the first words of the page. `framed` is
    what only a frame of the same portal has: `login` or `menu`. `seconds` is the time since the run began.
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

    @property
    def has_menu(self) -> bool:
        """Whether it has a menu of sections."""
        return any(entry.place == "menu" for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time range of a request: aware instants."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A request of the schedule's XHR and its response.

    `request` has the parameters without secrets, `window` the range requested, `own` the range that the page itself
    would have requested.
    """

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
    """Covered days, and the index of the capture that covers them."""

    period: Period
    capture: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The error of a failed run: its class, reason and facts."""

    error: str
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Everything that a run received from the portal."""

    school: School
    period: Period
    taken_at: datetime
    versions: Mapping[str, str] = field(default_factory=dict)
    snapshots: tuple[Snapshot, ...] = ()
    captures: tuple[Capture, ...] = ()
    proved: tuple[Proof, ...] = ()
    failure: Failure | None = None


def _to_json(value: object) -> object:
    match value:
        case Mapping():
            return {str(k): _to_json(v) for k, v in value.items()}
        case tuple() | list():
            return [_to_json(v) for v in value]
        case datetime() | date():
            return value.isoformat()
        case UUID():
            return str(value)
        case _ if dataclasses.is_dataclass(value):
            return {f.name: _to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        case _:
            return value


def dumps(recording: Recording, head: Mapping[str, object] | None = None) -> str:
    """Return the recording as JSON text; with a `head` it is a report, which `loads` reads as well."""
    first = {"format": FORMAT, **({"report": _to_json(head)} if head else {})}
    data = {**first, **_to_json(recording)}  # type: ignore[dict-item]
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def loads(text: str) -> Recording:
    """Return the recording in a text that `dumps` wrote, or in a report. Raise BadRecording for anything else."""
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
    """Return the recording in a file. Raise BadRecording where the file is unreadable or not a recording."""
    try:
        return loads(decode_text(read_file(path)))
    except NotUtf8Error as error:
        raise BadRecording("encoding", path=str(path)) from error
    except (OSError, ValueError) as error:
        raise BadRecording("unreadable", path=str(path)) from error
