"""Google's description of its Calendar API, version 3, and what it allows in a request and in an answer.

It is the discovery document in google-api-python-client: https://developers.google.com/discovery/v1/reference/apis.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Json = Any
SCOPE = "https://www.googleapis.com/auth/calendar.app.created"
INT32 = 2**31


class NotAllowed(AssertionError):
    """A request or an answer that breaks the document."""


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """A method of the API: its id, such as `calendar.events.list`, its description, the values of its path."""

    name: str
    described: Mapping[str, Json]
    path: Mapping[str, str]


@cache
def document() -> dict[str, Json]:
    """Return the document."""
    found = find_spec("googleapiclient")
    assert found
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0])
    read: dict[str, Json] = json.loads((folder / "discovery_cache/documents/calendar.v3.json").read_text("utf-8"))
    return read


@cache
def _methods() -> tuple[tuple[str, re.Pattern[str], dict[str, Json]], ...]:
    methods = [one for resource in document()["resources"].values() for one in resource["methods"].values()]
    patterns = (re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(one["path"])) for one in methods)
    return tuple((one["httpMethod"], re.compile(at), one) for one, at in zip(methods, patterns, strict=True))


def find_method(verb: str, path: str) -> ApiMethod:
    """Return the method of a request; `path` is relative to the service. A fixed path wins over one with values."""
    found = [(at.fullmatch(path), one) for known, at, one in _methods() if known == verb]
    matches = [(match, one) for match, one in found if match]
    if not matches:
        raise NotAllowed(f"{verb} {path}: no such method")
    match, one = min(matches, key=lambda pair: len(pair[0].groupdict()))
    return ApiMethod(one["id"], one, {name: unquote(value) for name, value in match.groupdict().items()})


def check_request(method: ApiMethod, query: Mapping[str, str], body: Json) -> None:
    """Raise NotAllowed for a scope, parameter or body that the document does not allow."""
    if SCOPE not in method.described["scopes"]:
        raise NotAllowed(f"{method.name} needs another scope")
    parameters = {**document()["parameters"], **method.described.get("parameters", {})}
    for name, value in query.items():
        if parameters.get(name, {}).get("location") != "query":
            raise NotAllowed(f"{method.name} has no parameter {name}")
        _check_parameter(f"{method.name}?{name}", value, parameters[name])
    missing = [name for name, one in parameters.items() if one.get("required") and name not in {*query, *method.path}]
    if missing:
        raise NotAllowed(f"{method.name}: without {missing}")
    _check_together(method, query)
    reference = method.described.get("request")
    if (reference is None) is not (body is None):
        raise NotAllowed(f"{method.name}: a body" if body is not None else f"{method.name}: no body")
    if reference:
        schema = document()["schemas"][reference["$ref"]]
        check_value(body, schema, method.name, is_sent=True)
        for name, one in schema["properties"].items():
            if method.name in one.get("annotations", {}).get("required", ()) and body.get(name) is None:
                raise NotAllowed(f"{method.name}: without {name}")
        if reference["$ref"] == "Event":
            _check_event(method.name, body)


def check_answer(method: ApiMethod, body: Json) -> None:
    """Raise NotAllowed for a successful answer that the document does not allow."""
    reference = method.described.get("response")
    if (reference is None) is not (body is None):
        raise NotAllowed(f"answer to {method.name}: {body}")
    if reference:
        check_value(body, document()["schemas"][reference["$ref"]], f"answer to {method.name}")


def check_value(value: Json, schema: Mapping[str, Json], at: str, *, is_sent: bool = False) -> None:
    """Raise NotAllowed for a value that the schema does not allow."""
    for fault in _faults(value, schema, is_sent=is_sent):
        raise NotAllowed(f"{at}: {fault}")


def _faults(value: Json, schema: Mapping[str, Json], *, is_sent: bool) -> Iterator[str]:
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    kind = schema["type"]
    types = {"string": str, "boolean": bool, "integer": int, "array": list, "object": dict, "number": (int, float)}
    if not isinstance(value, types[kind]) or (kind == "integer" and isinstance(value, bool)):  # type: ignore[arg-type]
        yield f"{value!r} is no {kind}"
    elif kind == "array":
        for one in value:
            yield from _faults(one, schema["items"], is_sent=is_sent)
    elif kind == "object":
        known = schema.get("properties", {})
        for name, one in value.items():
            if name not in known and "additionalProperties" not in schema:
                yield f"no property {name}"
            else:
                inner = known.get(name) or schema["additionalProperties"]
                if is_sent and re.search(r"\bRead-only\.", inner.get("description", "")):
                    yield f"{name} is read-only"
                yield from (f"{name}: {fault}" for fault in _faults(one, inner, is_sent=is_sent))
    elif fault := _format_fault(value, schema):
        yield fault


def _format_fault(value: Json, schema: Mapping[str, Json]) -> str:
    """Return the fault of a simple value. A time without an offset is allowed next to `timeZone`, see EventDateTime."""
    try:
        if schema.get("format") == "date":
            date.fromisoformat(value)
        elif schema.get("format") == "date-time":
            datetime.fromisoformat(value)
    except ValueError:
        return f"{value!r} is no {schema['format']}"
    if schema.get("format") == "int32" and not -INT32 <= value < INT32:
        return f"{value} is too large"
    if "enum" in schema and value not in schema["enum"]:
        return f"{value!r} is none of {schema['enum']}"
    return ""


def _check_parameter(at: str, value: str, schema: Mapping[str, Json]) -> None:
    read: Json = value
    if schema["type"] == "integer":
        read = int(value)
        if not int(schema.get("minimum", -INT32)) <= read <= int(schema.get("maximum", INT32)):
            raise NotAllowed(f"{at}: {value}")
    elif schema["type"] == "boolean":
        read = {"true": True, "false": False}[value]
    check_value(read, {name: one for name, one in schema.items() if name != "required"}, at)


def _check_together(method: ApiMethod, query: Mapping[str, str]) -> None:
    """Check the description of `syncToken`: parameters that cannot be given with it."""
    others = {"iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "timeMin", "timeMax",
              "updatedMin"}  # fmt: skip
    if "syncToken" in query and (others & query.keys() or query.get("showDeleted") == "false"):
        raise NotAllowed(f"{method.name}: syncToken with {sorted(others & query.keys())}")


def _check_event(name: str, body: Mapping[str, Json]) -> None:
    """Check what the descriptions of an event's properties require."""
    if "id" in body and not re.fullmatch("[a-v0-9]{5,1024}", body["id"]):
        raise NotAllowed(f"{name}: id {body['id']}")
    if "id" in body and "iCalUID" in body:
        raise NotAllowed(f"{name}: both id and iCalUID")
    for end in ("start", "end"):
        at = body[end]
        if ("date" in at) is ("dateTime" in at):
            raise NotAllowed(f"{name}: {end} needs date or dateTime")
        if "dateTime" in at and datetime.fromisoformat(at["dateTime"]).tzinfo is None and not at.get("timeZone"):
            raise NotAllowed(f"{name}: {end} has no zone")
    _check_values(name, body)


def _check_values(name: str, body: Mapping[str, Json]) -> None:
    reminders = body.get("reminders", {}).get("overrides", ())
    if len(reminders) > 5:
        raise NotAllowed(f"{name}: more than five reminders")
    for reminder in reminders:
        if reminder.get("method") not in {"email", "popup"} or not 0 <= reminder.get("minutes", -1) <= 40320:
            raise NotAllowed(f"{name}: reminder {reminder}")
    if body.get("status", "confirmed") not in {"confirmed", "tentative", "cancelled"}:
        raise NotAllowed(f"{name}: status {body['status']}")
    if body.get("transparency", "opaque") not in {"opaque", "transparent"}:
        raise NotAllowed(f"{name}: transparency {body['transparency']}")
