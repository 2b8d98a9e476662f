"""The schema of a school file, and errors for an invalid one."""

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal, get_args
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from scraper.domain.decoding import decode_text
from scraper.domain.school import School
from scraper.domain.title_layout import FIELDS, LAYOUT_NAMES, LayoutError, parse_layout
from scraper.domain.urls import portal_root, without_secrets
from scraper.errors import SettingsError


class RefusedError(ValueError):
    """An invalid value in a school file; `reason` is a key of the catalogue."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _root(address: str) -> str:
    try:
        return portal_root(address)
    except SettingsError as error:
        if "@" in address:
            raise RefusedError("address-login") from error
        raise RefusedError("http" if address.strip().startswith("http://") else "address") from error


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise RefusedError("zone") from error


def _layout(text: str) -> str:
    if text not in LAYOUT_NAMES:
        parse_layout(text)
    return text


_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Host = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$")]
_Address = Annotated[str, AfterValidator(_root)]
Zone = Annotated[str, AfterValidator(_zone)]
_Layout = Annotated[str, AfterValidator(_layout)]


class SchoolFile(BaseModel):
    """The keys of a school file, explained at `scraper.domain.school.School`. `notes` and `kinds` are in French."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    base_url: _Address
    former_urls: tuple[_Address, ...] = ()
    timezone: Zone = ""
    login: Literal["form", "sso"] = "form"
    login_hosts: tuple[_Host, ...] = ()
    further_hosts: tuple[_Host, ...] = ()
    mail_domains: tuple[_Host, ...] = ()
    menu_labels: tuple[_Text, ...] = ()
    layouts: tuple[_Layout, ...] = ()
    kinds: dict[str, _Text] = {}
    notes: str = ""
    notes_en: str = ""
    known: Literal["recorded", "code", "link"] = "link"


_REASONS = {
    "missing": "missing", "string_type": "text", "tuple_type": "list", "dict_type": "table", "literal_error": "choice",
    "string_too_short": "empty", "string_pattern_mismatch": "host",
}  # fmt: skip
"""The catalogue's keys for pydantic's error types."""


def validate_school(table: Mapping[str, Any], *, name: str, namespace: UUID, file: Traversable) -> School:
    """Return the validated school of a file's table; `name` is its id.

    Raise SettingsError: "school-key" if a key is unknown (`near` has similar ones), otherwise an error with the file's
    line, the value and the reason: "school-missing", "school-http", "school-layout-twice", …
    """
    try:
        found = SchoolFile.model_validate(table)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False)[0], file) from None
    return School(id=name, namespace=namespace, **found.model_dump(exclude_unset=True))


def _refusal(error: ErrorDetails, file: Traversable) -> SettingsError:
    """Return the error to raise for a file's first validation error."""
    path, place = str(file), tuple(map(str, error["loc"]))
    key = place[0]
    if error["type"] == "missing":
        return SettingsError("school-missing", path=path, key=key)
    line = _line_of(file, place, error["input"])
    if key not in SchoolFile.model_fields:
        near = ", ".join(get_close_matches(key, SchoolFile.model_fields) or SchoolFile.model_fields)
        return SettingsError("school-key", path=path, file=path, line=line, key=key, near=near)
    cause = error.get("ctx", {}).get("error")
    reason = _REASONS.get(error["type"], "text")
    choices = [word for word in get_args(SchoolFile.model_fields[key].annotation) if isinstance(word, str)]
    facts = {"value": _value_text(error["input"]), "allowed": ", ".join(choices)}
    if isinstance(cause, LayoutError):
        reason = f"layout-{cause.reason}"
        facts |= {"part": cause.part, "allowed": ", ".join(FIELDS), "names": ", ".join(LAYOUT_NAMES)}
    elif isinstance(cause, RefusedError):
        reason = cause.reason
    named = ".".join(part for part in place if not part.isdigit())
    return SettingsError(f"school-{reason}", path=path, file=path, line=line, key=named, **facts)


def _line_of(file: Traversable, place: tuple[str, ...], value: object) -> int:
    """Return the line of a key's value, or else of the key."""
    lines = decode_text(file.read_bytes()).splitlines()
    key, last = re.escape(place[0]), re.escape(place[-1])
    first = next((n for n, text in enumerate(lines) if re.match(rf"""\s*(\[\s*)?["']?{key}["']?\s*[]=.]""", text)), 0)
    for number, text in enumerate(lines[first:], first + 1):
        if (isinstance(value, str) and value in text) or (len(place) > 1 and re.search(rf"\b{last}\b.*=", text)):
            return number
    return first + 1


def _value_text(value: object) -> str:
    """Return the value as text; a password in an address is removed."""
    if isinstance(value, str):
        return without_secrets(value)
    return json.dumps(value, ensure_ascii=False, default=str)
