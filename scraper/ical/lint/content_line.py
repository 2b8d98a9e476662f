"""Parse the head of a content line (name and parameters before the colon), and find the checker for its value.

Calendars repeat the same few hundred heads, so each is parsed once per kind of component.
"""

import re
from dataclasses import dataclass

from scraper.ical.lint.properties import ComponentKind, Property, parameter_values, parameters_known, properties, words
from scraper.ical.lint.values import (
    Checker,
    any_time,
    anything,
    checker_of,
    css_colour,
    one_of,
    onset,
    utc_time,
    zoned_time,
)

_NAME = re.compile(rb"[A-Za-z0-9-]+(?=[;:])")
NAME_AND_BLANK = re.compile(rb"([A-Za-z0-9-]+)[ \t]+(?=[;:])")
_VALUE = rb'(?:"[^"\r\n]*"|[^";:,]*)'
LINE = re.compile(rb"([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=" + _VALUE + rb"(?:," + _VALUE + rb")*)*):")
PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";])*)')
_TOKEN = re.compile(r"[A-Za-z0-9-]+")
OBSERVANCES = {"STANDARD", "DAYLIGHT"}
NOT_PLAIN = {"BEGIN", "END", "COLOR", "RDATE", "EXDATE", "RECURRENCE-ID"}
Breach = tuple[str, str, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A name with its parameters; `breaches` are rules, sources and facts, `zone` is its TZID.

    A line with a `plain` head needs no check except that of its value.
    """

    name: str
    known: Property | None
    kind: str
    zone: str
    checker: Checker
    breaches: tuple[Breach, ...]
    allowed: str
    plain: bool


def split_line(raw: bytes) -> tuple[bytes, bytes, str]:
    """Split a content line into head and value, and return the rule that it breaks; the parts are guessed then."""
    if found := LINE.match(raw):
        return raw[: found.end() - 1], raw[found.end() :], ""
    if spaced := NAME_AND_BLANK.match(raw):
        before, value, _ = split_line(spaced[1] + raw[spaced.end() :])
        return before, value, "blank-name"
    if name := _NAME.match(raw):
        return name[0], raw.rpartition(b":")[2], "parameter-syntax" if b":" in raw else "line-syntax"
    return b"", b"", "line-syntax"


def read_head(head: bytes, component: ComponentKind | None) -> Head:
    """Parse the head of a line in `component`; values are checked in unknown components as well."""
    text = head.decode("utf-8", "replace")
    name = text.partition(";")[0].upper()
    pairs = [(key.upper(), value) for key, value in PARAMETER.findall(text)]
    parameters = dict(pairs)
    known = properties().get(name)
    kind = parameters.get("VALUE", known.types[0] if known else "ANY").upper()
    zone = parameters.get("TZID", "").strip('"') if known and "TZID" in known.parameters and kind != "DATE" else ""
    breaches = (*_find_misplaced(name, known, component), *(_breaches(pairs, kind, known) if known else ()))
    return Head(
        name=name,
        known=known,
        kind=kind,
        zone=zone,
        checker=_checker(known, kind, component, zoned="TZID" in parameters) if known else anything,
        breaches=breaches,
        allowed=", ".join(_values(known, component)) if known else "",
        plain=not breaches and name not in NOT_PLAIN,
    )


def _values(known: Property, component: ComponentKind | None) -> tuple[str, ...]:
    if known.bounds:
        return (f"{known.bounds[0]}–{known.bounds[1]}",)  # noqa: RUF001 - a range
    if known.name == "STATUS" and component:
        return component.status
    return known.values


def _checker(known: Property, kind: str, component: ComponentKind | None, *, zoned: bool) -> Checker:
    if known.name == "COLOR":
        return css_colour
    if known.name == "STATUS" and component and component.status:
        allowed = component.status
        return lambda text: "" if text.upper() in allowed else "status"
    if known.values:
        other = "word-unknown" if known.open else "word"
        return lambda text: one_of(text, known.values, other if _TOKEN.fullmatch(text) else "word")
    return checker_of(known, kind, _moment(known, component, zoned=zoned))


def _moment(known: Property, component: ComponentKind | None, *, zoned: bool) -> Checker:
    place = component.name if component else ""
    if known.utc or (place == "VFREEBUSY" and known.name in {"DTSTART", "DTEND"}):
        return utc_time
    if place in OBSERVANCES:
        return onset
    return zoned_time if zoned else any_time


def _find_misplaced(name: str, known: Property | None, component: ComponentKind | None) -> list[Breach]:
    if component is None or name in component.known or name.startswith("X-"):
        return []
    if known is None:
        return [("property-unknown", "", {"name": name})]
    return [("property-misplaced", component.source, {"name": name, "component": component.name})]


def _breaches(pairs: list[tuple[str, str]], kind: str, known: Property) -> list[Breach]:
    names = [name for name, _ in pairs]
    found: list[Breach] = []
    for place, (name, value) in enumerate(pairs):
        facts = {"name": known.name, "parameter": name, "value": value}
        if name in names[:place]:
            found.append(("parameter-twice", "", facts))
        if name in parameters_known() and name not in known.parameters:
            found.append(("parameter-misplaced", known.source, facts))
        if not _is_allowed(name, value):
            found.append(("parameter-value", "", facts | {"allowed": ", ".join(parameter_values(name))}))
    facts = {"name": known.name, "type": kind, "allowed": ", ".join(known.types)}
    if kind not in known.types and kind != "ANY" and not kind.startswith("X-"):
        found.append(("value-type", known.source, facts))
    if known.typed and "VALUE" not in names:
        found.append(("value-missing", known.source, facts))
    if kind == "BINARY" and dict(pairs).get("ENCODING", "").upper() != "BASE64":
        found.append(("encoding", "", facts))
    if ("TZID", "") in pairs:
        found.append(("tzid-empty", "", facts))
    if kind == "DATE" and "TZID" in names:
        found.append(("tzid-date", "", facts))
    return found


def _is_allowed(name: str, value: str) -> bool:
    allowed = parameter_values(name)
    single = name not in words("many") and ("," not in value or value.startswith('"'))
    return (single or name in words("many")) and (not allowed or value.upper() in allowed)
