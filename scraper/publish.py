"""From a Recording to a delivered calendar: read, render, put in its place. No browser, no clock."""

from dataclasses import dataclass, replace
from datetime import date

from scraper.errors import UnknownSchool
from scraper.ical import Look, first_entries, render
from scraper.planning import Event, Planning
from scraper.progress import Progress
from scraper.reading import read
from scraper.recording import Recording
from scraper.school import School
from scraper.school_files import load_school
from scraper.sinks.sink import Sink
from scraper.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run. `requests` counts exchanges with the portal, `seconds` the whole run."""

    output: str
    planning: Planning
    requests: int = 0
    seconds: float = 0

    @property
    def events(self) -> tuple[Event, ...]:
        """The events published."""
        return self.planning.events

    @property
    def unproved(self) -> tuple[date, ...]:
        """The days of the period whose lessons may not all be known."""
        proved = {day for period in self.planning.proved for day in period}
        return tuple(day for day in self.planning.period if day not in proved)


def publish(recording: Recording, sink: Sink | None, words: Words, progress: Progress) -> Outcome:
    """The recording's calendar, in the language of `words`, delivered (nowhere where there is no sink).

    Raises what reading raises, or DeliveryError; the calendar that is there then stays as it was.
    """
    with progress.step("reading"):
        planning = read(recording)
        body = rendered(recording, planning, words)
    if sink is not None:
        with progress.step("writing"):
            sink.deliver(body)
    return Outcome(output=sink.name if sink else "", planning=planning)


def rendered(recording: Recording, planning: Planning, words: Words) -> bytes:
    """The calendar's bytes: the same for the same recording."""
    school = recording.school
    look = Look(zone=school.zone, words=words, kinds=school.kinds)
    entries = first_entries(planning, school.namespace, recording.taken_at, look)
    name = words("summary.name", school=school.name) if school.name else words("summary.name_alone")
    return render(entries, look, name)


def with_todays_knowledge(recording: Recording) -> Recording:
    """The recording read with what is known of its school today: a layout mended since is used, UIDs stay."""
    try:
        today = load_school(recording.school.id)
    except UnknownSchool:
        return recording
    known: School = replace(recording.school, layouts=today.layouts, kinds=today.kinds)
    return replace(recording, school=known)
