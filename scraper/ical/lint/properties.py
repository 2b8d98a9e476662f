"""The names defined by RFC 5545, 7986 and later ones, loaded from this package's data files."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from scraper.ical.lint.finding import table


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """The definition of a property; the first of `types` is the default; `open`: any token, not only `values`."""

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
    """The definition of a component: its properties and the components that may contain it."""

    name: str
    source: str
    inside: frozenset[str]
    required: frozenset[str]
    once: frozenset[str]
    known: frozenset[str]
    status: tuple[str, ...]


@cache
def properties() -> dict[str, Property]:
    """Return the properties by name."""
    return {
        name: Property(
            name=name,
            types=tuple(row["types"].split()),
            parameters=frozenset(row.get("parameters", "").split()),
            source=row["source"],
            values=tuple(row.get("values", "").split()),
            bounds=tuple(row.get("bounds", ())),
            **{flag: bool(row.get(flag)) for flag in ("list", "utc", "typed", "positive", "open")},
        )
        for name, row in table("properties").items()
    }


@cache
def kinds() -> dict[str, ComponentKind]:
    """Return the components by name."""
    return {name: _kind(name, row) for name, row in table("components").items()}


def _kind(name: str, row: dict[str, Any]) -> ComponentKind:
    required, once = (frozenset(row[key].split()) for key in ("required", "once"))
    return ComponentKind(
        name=name,
        source=row["source"],
        inside=frozenset(row["inside"].split()),
        required=required,
        once=required | once,
        known=required | once | frozenset(row["many"].split()),
        status=tuple(row.get("status", "").split()),
    )


@cache
def parameters_known() -> frozenset[str]:
    """Return all parameters that properties of these RFCs accept."""
    return frozenset().union(*(known.parameters for known in properties().values()))


@cache
def words(name: str) -> frozenset[str]:
    """Return one of the closed lists of `names.toml`."""
    return frozenset(table("names")[name].split())


def parameter_values(name: str) -> tuple[str, ...]:
    """Return the allowed values of a parameter; empty where any value is allowed."""
    return tuple(table("names")["parameters"].get(name, "").split())
