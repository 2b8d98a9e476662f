"""Preview of rules: their effects on tracked events."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from scraper.domain.planning import Event
from scraper.domain.rule_preview import preview_rules
from scraper.domain.rules import Rule

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
ENGLISH = Event(id="1", start=NOON, end=NOON + timedelta(hours=1), subject="Anglais", kind="TD")
LATER = replace(ENGLISH, id="2", start=NOON + timedelta(days=2), end=NOON + timedelta(days=2, hours=1))
EXAM = replace(LATER, id="3", subject="Examen de réseaux", is_exam=True)
EVENTS = (EXAM, LATER, ENGLISH)


def test_groups_have_a_number_and_the_next_event() -> None:
    """Events of one subject with one result are a group; without a next event the last one represents it."""
    found = preview_rules([Rule(do="rename", to="English", subject="anglais")], EVENTS, {}, NOON + timedelta(hours=2))
    (group,) = found.groups["renamed"]
    assert (group.event, group.after, group.count) == (LATER, ("English",), 2)
    assert (found.total, found.count("hidden"), found.count("categorised")) == (3, 0, 0)
    past = preview_rules([Rule(do="drop")], EVENTS, {}, NOON + timedelta(days=9))
    assert {one.event for one in past.groups["hidden"]} == {LATER, EXAM}


def test_each_rule_has_its_number_of_events() -> None:
    """A drop without events, because of an earlier rule, has no effect."""
    rules = [Rule(do="keep", exam=True), Rule(do="category", to="TD", kind="TD"), Rule(do="drop")]
    found = preview_rules(rules, EVENTS, {}, NOON)
    assert [dict(one) for one in found.by_rule] == [{"kept": 1}, {"categorised": 3}, {"kept-before": 1, "dropped": 2}]
    assert (found.count("hidden"), found.count("categorised")) == (2, 1)
