"""The timetable's page: every lesson of a period is requested and proved, on installations of every kind."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from scraper.demo import Demo, Rubrique
from scraper.domain.planning import Period
from scraper.errors import PortalChanged
from scraper.portal.session import Session
from tests.cases import for_each

ALL = {str(70_000_000 + day) for day in range(2, 30)}
OTHER = Rubrique(label="Planning des salles", id=11, opens="other")


def below(*labels: str, leaf: str = "Mon emploi du temps") -> tuple[Rubrique, ...]:
    """Return a menu of nested lazy submenus, with the timetable in the last."""
    found = Rubrique(label=leaf, id=90, opens="planning")
    for number, label in enumerate(reversed(labels)):
        found = Rubrique(label=label, id=100 + number, lazy=True, children=(OTHER, found))
    return (found,)


@for_each(
    "variant",
    [
        {"nesting": 2, "planning_padding": 140},
        {"context": "/webAurion"},
        {"state_saving": "client"},
        {"views": 1},
        {"dashboard_schedule": True},
        {"view": "month", "widget": "autre"},
        {"menu": below("Scolarité", "Mes études", "Année")},
        {"menu": (OTHER, Rubrique(label="EDT", id=12, opens="planning"))},
        {
            "menu": (
                Rubrique(label="Planning", id=12, opens="other"),
                Rubrique(label="Agenda", id=13, opens="planning"),
            )
        },
        {"menu": (OTHER,), "home_links": (Rubrique(label="Mon planning", id=14, opens="planning"),)},
    ],
)
def test_every_lesson_is_recorded_on_every_installation(
    start: Callable[..., Demo], record: Callable[..., Session], lessons_of: Callable[..., Any], variant: dict[str, Any]
) -> None:
    """All lessons of four weeks are captured and proved with any ids, paths, states, views and menus."""
    session = record(start(**variant))
    assert lessons_of(session) == ALL
    assert sum(proof.period.days for proof in session.proved) == 28


@for_each("cap", [{"max_window_days": 7}, {"max_window_days": 14}, {"max_events": 10}])
def test_limited_response_loses_no_lesson(
    start: Callable[..., Demo], record: Callable[..., Session], lessons_of: Callable[..., Any], cap: dict[str, int]
) -> None:
    """A server that answers fewer days or events than requested is asked until every day is proved."""
    session = record(start(**cap))
    assert lessons_of(session) == ALL
    assert len(session.captures) > 1
    assert sum(proof.period.days for proof in session.proved) == 28


def test_configured_label_is_opened(start: Callable[..., Demo], record: Callable[..., Session]) -> None:
    """`--menu` opens an entry whose label has no usual word."""
    unknown = below("Rubrique", leaf="Truc")
    assert record(start(menu=unknown), menu="Rubrique > Truc").captures


def test_error_without_a_timetable_names_the_labels(start: Callable[..., Demo], record: Callable[..., Session]) -> None:
    """Where no candidate is the timetable, the error contains the labels that were seen."""
    with pytest.raises(PortalChanged) as raised:
        record(start(menu=(OTHER, replace(OTHER, label="Planning", id=15))), timeout=5)
    assert raised.value.reason == "no-planning"
    assert set(raised.value.facts["labels"]) >= {"Planning des salles", "Planning"}


def test_first_run_needs_seven_exchanges_and_its_proofs(
    start: Callable[..., Demo], record: Callable[..., Session]
) -> None:
    """Redirect, login page, login, home, menu, timetable and one XHR for each proof, one after the other."""
    year = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))
    demo = start()
    session = record(demo, period=year)
    assert len(demo.log) == 6 + len(session.captures)
    assert max(exchange.at_once for exchange in demo.log) == 1
