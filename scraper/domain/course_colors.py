"""A colour for each course, such that two courses of one term differ. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from scraper.domain.matching import TrackedEvent
from scraper.domain.palette import COLORS
from scraper.domain.planning import Event
from scraper.domain.text import fold_short

AUTUMN = 8
"""The month in which the autumn term begins; a term has six months."""


def course_of(event: Event) -> str:
    """Return the identity of the event's course: the portal's subject, else the kind, without case and accents."""
    return fold_short(event.subject or event.kind)


def course_colors(known: Iterable[TrackedEvent]) -> Mapping[str, str]:
    """Return the colours of the tracked events' courses.

    Courses that were seen first choose first: a course that is added later changes no other.
    """
    in_order = sorted(known, key=lambda one: (one.first_seen, one.event.start.timestamp(), one.uid))
    return assign_colors(one.event for one in in_order)


def assign_colors(events: Iterable[Event]) -> Mapping[str, str]:
    """Return a colour for each course, in the order of the events."""
    terms: dict[str, set[int]] = defaultdict(set)
    for event in events:
        terms[course_of(event)].add((event.start.year * 12 + event.start.month - AUTUMN) // 6)
    found: dict[str, str] = {}
    taken: dict[str, list[int]] = {color: [] for color in COLORS}
    for course, own in terms.items():
        color = min(COLORS, key=lambda one: (not own.isdisjoint(taken[one]), len(taken[one])))
        taken[color].extend(own)
        found[course] = color
    return found
