"""A calendar to publish."""

from dataclasses import dataclass

from scraper.ical import Look
from scraper.rules import Rule
from scraper.school import School
from scraper.sinks.sink import Sink
from scraper.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where it goes, how events look in it, its name for people, by which rules events go into it.

    `output` is its name in the ledger. `past` is how many days past lessons stay; None: since the school year began.
    """

    sink: Sink
    output: str
    look: Look
    title: str
    rules: tuple[Rule, ...] = ()
    past: int | None = None


def title_of(school: School, words: Words) -> str:
    """What a calendar of that school is called where nobody named it."""
    return words("summary.name", school=school.name) if school.name else words("summary.name_alone")
