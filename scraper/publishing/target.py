"""A calendar to publish."""

from dataclasses import dataclass

from scraper.domain.rules import Rule
from scraper.domain.school import School
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.sinks.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTarget:
    """Where it goes, how events look in it, its name for people, by which rules events go into it.

    `output` is its name in the ledger. `past` is how many days past lessons stay; None: since the school year began.
    """

    sink: Sink
    output: str
    look: RenderOptions
    title: str
    rules: tuple[Rule, ...] = ()
    past: int | None = None


def title_of(school: School, words: Catalogue) -> str:
    """What a calendar of that school is called where nobody named it."""
    return words("summary.name", school=school.name) if school.name else words("summary.name_alone")
