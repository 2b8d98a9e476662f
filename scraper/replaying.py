"""A recording's calendar, as a first run would publish it: no ledger, no clock."""

from dataclasses import replace

from scraper.errors import UnknownSchool
from scraper.ical import Look, first_entries, render
from scraper.planning import Planning
from scraper.progress import Progress
from scraper.publish import Outcome
from scraper.reading import read
from scraper.recording import Recording
from scraper.school import School
from scraper.school_files import load_school
from scraper.sinks.sink import Sink
from scraper.target import title_of
from scraper.words import Words


def replayed(recording: Recording, sink: Sink | None, words: Words, progress: Progress) -> Outcome:
    """The recording's calendar as a first run would publish it, delivered (nowhere where there is no sink).

    Raises what reading raises, or DeliveryError; the calendar that is there then stays as it was.
    """
    with progress.step("reading"):
        planning = read(recording)
        body = rendered(recording, planning, words)
    if sink is not None:
        with progress.step("writing"):
            sink.deliver(body)
    return Outcome(outputs=(sink.name,) if sink else (), planning=planning, zone=recording.school.zone)


def rendered(recording: Recording, planning: Planning, words: Words) -> bytes:
    """The calendar's bytes: the same for the same recording."""
    school = recording.school
    look = Look(zone=school.zone, words=words, kinds=school.kinds)
    told = first_entries(planning, school.namespace, recording.taken_at, look)
    return render(told, look, title_of(school, words))


def with_todays_knowledge(recording: Recording, school: str = "") -> Recording:
    """The recording read with what is known of its school today: a layout mended since is used, UIDs stay.

    `school` names one whose file is to be used instead. Raises UnknownSchool where that one is unknown.
    """
    try:
        today = load_school(school or recording.school.id)
    except UnknownSchool:
        if school:
            raise
        return recording
    known: School = replace(recording.school, layouts=today.layouts, kinds=today.kinds, menu_labels=today.menu_labels)
    return replace(recording, school=known)
