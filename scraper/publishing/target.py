"""The type of a calendar to publish."""

from dataclasses import dataclass

from scraper.domain.rules import Rule
from scraper.domain.school import School
from scraper.domain.sharing import EVERYTHING, Sharing
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.sinks.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarTarget:
    """A calendar to publish: its destination, rendering options, title for users, and event rules.

    `output` is its name in the ledger. `past` is how many days past lessons stay; None: since the school year began.
    `sharing` is the part of the timetable that it contains.
    """

    sink: Sink
    output: str
    options: RenderOptions
    title: str
    rules: tuple[Rule, ...] = ()
    past: int | None = None
    sharing: Sharing = EVERYTHING


def calendar_title(school: School, words: Catalogue) -> str:
    """Return the default title of a calendar of that school."""
    return words("summary.name", school=school.name) if school.name else words("summary.name_alone")
