"""The names that RFC 5545, 7986 and those after them define, as the data files beside this module tell them."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from scraper.ical.lint.finding import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """What a property may be; without VALUE it is of its first type; `open`: any token, not only `values`."""

    name: str
    types: tuple[str, ...]
    parameters: frozenset[str]
    source: str
    values: tuple[str, ...]
    bounds: tuple[int, ...]
    list: bool
    utc: bool
    typed: bool
    positive: bool
    open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentKind:
    """What a component may hold and where it may stand."""

    name: str
    source: str
    inside: frozenset[str]
    required: frozenset[str]
    once: frozenset[str]
    known: frozenset[str]
    status: tuple[str, ...]


@cache
def properties() -> dict[str, Property]:
    """The properties by name."""
    return {name: _property(name, told) for name, told in table("properties").items()}


def _property(name: str, told: dict[str, Any]) -> Property:
    flags = {flag: bool(told.get(flag)) for flag in ("list", "utc", "typed", "positive", "open")}
    return Property(
        name=name,
        types=tuple(told["types"].split()),
        parameters=frozenset(told.get("parameters", "").split()),
        source=told["source"],
        values=tuple(told.get("values", "").split()),
        bounds=tuple(told.get("bounds", ())),
        **flags,
    )


@cache
def kinds() -> dict[str, ComponentKind]:
    """The components by name."""
    return {name: _kind(name, told) for name, told in table("components").items()}


def _kind(name: str, told: dict[str, Any]) -> ComponentKind:
    required, once = (frozenset(told[key].split()) for key in ("required", "once"))
    return ComponentKind(
        name=name,
        source=told["source"],
        inside=frozenset(told["inside"].split()),
        required=required,
        once=required | once,
        known=required | once | frozenset(told["many"].split()),
        status=tuple(told.get("status", "").split()),
    )


@cache
def parameters_known() -> frozenset[str]:
    """Every parameter that some property of these RFCs takes."""
    return frozenset().union(*(known.parameters for known in properties().values()))


@cache
def words(name: str) -> frozenset[str]:
    """One of the closed lists of `names.toml`."""
    return frozenset(table("names")[name].split())


def parameter_values(name: str) -> tuple[str, ...]:
    """The only values that a parameter may have; none where it may have any."""
    return tuple(table("names")["parameters"].get(name, "").split())
