"""The schema of rules, outputs and alarms in the settings, and errors for an invalid table."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from scraper.config.path_text import path_fault
from scraper.domain.choices import Client, Language
from scraper.domain.durations import NO_ALARM, parse_duration
from scraper.domain.palette import COLORS
from scraper.domain.printable import escape_invisible
from scraper.domain.sink_kind import Destination, SinkKind
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.domain.text import fold_blanks, truncate
from scraper.domain.urls import without_secrets
from scraper.errors import SettingsError

MOST_ALARMS = 5
EARLIEST_ALARM = timedelta(days=366)
LONGEST_SHOWN = 80
"""The maximum number of characters of an invalid value in an error."""


def fold_case(value: object) -> object:
    """Return a text in lower case without surrounding blanks; anything else unchanged."""
    return value.strip().lower() if isinstance(value, str) else value


def file_path(text: str) -> str:
    """Return a file's path without surrounding blanks. Raise PydanticCustomError with the reason if it is invalid.

    A folder is refused later, at delivery, with the exit code of a failed delivery.
    """
    if (reason := path_fault(text)) and reason != "path-folder":
        raise PydanticCustomError(reason, "")
    return text.strip()


def _one_line(text: str) -> str:
    if not (line := " ".join(text.split())):
        raise ValueError
    return line


def _alarms(value: object) -> tuple[timedelta, ...]:
    """Return distinct durations before the start, from a list or from a text with commas or blanks."""
    parts = [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or len(parts) > MOST_ALARMS:
        raise ValueError
    return tuple(dict.fromkeys(map(_duration, parts)))


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - pydantic collects it
    duration = parse_duration(value)
    if duration > EARLIEST_ALARM:
        raise ValueError
    return duration


def format_duration(duration: timedelta) -> str:
    """Return the duration in the file's format: `10m`, `2h`, `1d`."""
    minutes = int(duration.total_seconds()) // 60
    return next(f"{minutes // size}{unit}" for unit, size in (("d", 1440), ("h", 60), ("m", 1)) if not minutes % size)


Text = Annotated[str, AfterValidator(_one_line)]
ClientValue = Annotated[Client, BeforeValidator(fold_case)]
LanguageValue = Annotated[Language, BeforeValidator(fold_case)]
Alarms = Annotated[tuple[timedelta, ...], BeforeValidator(_alarms)]


class RuleTable(BaseModel):
    """A table of `[[rules]]`; the keys are explained at `scraper.domain.rules.Rule`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    course: Text = ""
    subject: Text = ""
    kind: Text = ""
    teacher: Text = ""
    room: Text = ""
    exam: StrictBool | None = None
    do: Annotated[Literal["drop", "keep", "rename", "category", "color", "alarm"], BeforeValidator(fold_case)]
    to: Annotated[str, Field(validate_default=True)] = ""

    @field_validator("to")
    @classmethod
    def _goes_with_do(cls, to: str, info: ValidationInfo) -> str:
        """Require a text for `rename`, `category`, `color` and `alarm`, and none for the other actions."""
        line, do = " ".join(to.split()), info.data.get("do")
        if do is not None and bool(line) == (do in {"drop", "keep"}):
            raise ValueError
        if do == "color" and line.lower() not in COLORS:
            raise ValueError
        if do == "alarm":
            line = line.lower()
            return line if line == NO_ALARM else ", ".join(map(format_duration, _alarms(line)))
        return line.lower() if do == "color" else line


class OutputTable(BaseModel):
    """A table of `[[outputs]]`: a calendar; missing keys come from the general settings.

    It is written to the file at `path`, or pushed to a service: the table then has the keys of one of `SINK_KINDS`.
    """

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    path: Annotated[str, AfterValidator(file_path)] | None = None
    client: ClientValue | None = Field(default=None, alias="for")
    language: LanguageValue | None = None
    name: Text = ""
    alarms: Alarms | None = None
    exam_alarms: Alarms | None = None
    first_lesson_alarms: Alarms | None = None
    rules: tuple[RuleTable, ...] = ()

    @model_validator(mode="after")
    def _goes_to_one_place(self) -> "OutputTable":
        """Require a path or the keys of one kind of sink, and bring these into the form used in settings."""
        extra = self.model_extra or {}
        kind = next((kind for kind in SINK_KINDS.values() if kind.name in extra), None)
        parsers = _parsers(kind) if kind else {}
        for key, value in extra.items():
            extra[key] = _parse_value(key, value, parsers)
        if kind and "user" not in extra:
            raise _table_error("missing", "user", self)
        if (self.path is None) is (kind is None):
            raise _table_error("two_places" if kind else "missing", "path", kind.name if kind else None)
        return self

    @property
    def destination(self) -> Destination | None:
        """The calendar at a service, None for a file."""
        given = {key: str(value) for key, value in (self.model_extra or {}).items()}
        kind = next((name for name in SINK_KINDS if name in given), None)
        if kind is None:
            return None
        return Destination(kind=kind, address=given.pop(kind), user=given.pop("user"), options=given)

    @property
    def place(self) -> str:
        """The file, or the address at a service."""
        return self.path or (self.destination.address if self.destination else "")


def _parsers(kind: SinkKind) -> dict[str, Callable[[str], str]]:
    """Return the parsers of the kind's keys in `[[outputs]]`."""
    return {kind.name: kind.parse_address, "user": _one_line, **kind.keys}


def _parse_value(key: str, value: object, parsers: Mapping[str, Callable[[str], str]]) -> str:
    if key not in parsers:
        raise _table_error("value_error" if key in output_keys() else "extra_forbidden", key, value)
    try:
        if isinstance(value, str):
            return parsers[key](value)
    except ValueError:
        pass
    raise _table_error("value_error", key, value)


def _table_error(kind: str, key: str, value: object) -> ValidationError:
    """Return pydantic's error of that kind for one key of a table."""
    detail = InitErrorDetails(type=PydanticCustomError(kind, ""), loc=(key,), input=value)
    return ValidationError.from_exception_data("OutputTable", [detail])


ALARMS = frozenset({"alarms", "exam_alarms", "first_lesson_alarms"})
TABLES = ALARMS | {"rules", "outputs"}
"""The settings with their own errors, see `table_error`."""
TEXTS = frozenset({"path", "name", "course", "subject", "kind", "teacher", "room"})


def table_error(loc: Sequence[str | int], kind: str, given: object) -> SettingsError:
    """Return the error for pydantic's error `kind` at `loc`, with the place (`outputs[2].alarms`) and the value."""
    at, key = format_place(loc), loc[-1]
    if has_own_message(kind):
        return SettingsError(kind, place=at, given=f"{at} = {escape_invisible(str(given))}")
    shown = without_secrets(_value_text(given)) if key in SINK_KINDS else _value_text(given)
    if kind == "extra_forbidden":
        known = RULE_KEYS if "rules" in loc[:-1] else output_keys()
        return SettingsError("table-key", place=at, near=get_close_matches(str(key), known) or known)
    if kind == "missing":
        return SettingsError("table-missing", place=at)
    if kind == "two_places":
        return SettingsError("table-two-places", place=at, key=given)
    if isinstance(key, int) or key in {"rules", "outputs"}:
        return SettingsError("table", place=at, given=shown, key=next(k for k in reversed(loc) if isinstance(k, str)))
    reason = "text" if key in TEXTS else "alarms" if key in ALARMS else str(key)
    return SettingsError(f"table-{reason}", place=at, given=shown)


def has_own_message(kind: str) -> bool:
    """Return whether pydantic's error `kind` is a reason of this program: one of `path_fault`, or "text-control"."""
    return kind.startswith(("path-", "text-"))


def format_place(loc: Sequence[str | int]) -> str:
    """Return the place as text, tables counted from 1: `outputs[2].rules[1].to`."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")


RULE_KEYS = tuple(RuleTable.model_fields)


def output_keys() -> tuple[str, ...]:
    """Return the keys of a table of `[[outputs]]`, those of the kinds of sinks first."""
    kinds = (key for kind in SINK_KINDS.values() for key in _parsers(kind))
    return *dict.fromkeys(kinds), *(field.alias or name for name, field in OutputTable.model_fields.items())


def _value_text(value: Any) -> str:  # noqa: ANN401 - any value of the file
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return truncate(fold_blanks(text), LONGEST_SHOWN)
