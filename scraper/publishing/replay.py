"""A recording's calendar, as a first run would publish it: no ledger, no clock."""

from collections.abc import Iterator
from dataclasses import replace

from scraper.config.schools.files import load_school
from scraper.domain.planning import Planning
from scraper.domain.progress import Progress
from scraper.domain.recording import Recording
from scraper.domain.school import School
from scraper.errors import UnknownSchool
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.ical.render import first_entries, render
from scraper.parsing.layout_fit import Mirror
from scraper.parsing.read import read
from scraper.publishing.publish import ExportResult
from scraper.publishing.target import title_of
from scraper.sinks.sink import Sink

TODAY = ("layouts", "kinds", "menu_labels", "login_hosts", "further_hosts")
"""What is known of a school that a recording is read with, whatever it was then."""


def replayed(recording: Recording, sink: Sink | None, words: Catalogue, progress: Progress) -> ExportResult:
    """The recording's calendar as a first run would publish it, delivered (nowhere where there is no sink).

    Raises what reading raises, or DeliveryError; the calendar that is there then stays as it was.
    """
    with progress.step("reading"):
        planning = read(recording)
        body = rendered(recording, planning, words)
    if sink is not None:
        with progress.step("writing"):
            sink.deliver(body)
    return ExportResult(outputs=(sink.name,) if sink else (), planning=planning, zone=recording.school.zone)


def rendered(recording: Recording, planning: Planning, words: Catalogue) -> bytes:
    """The calendar's bytes: the same for the same recording."""
    school = recording.school
    look = RenderOptions(zone=school.zone, words=words, kinds=school.kinds)
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
    known: School = replace(recording.school, **{name: getattr(today, name) for name in TODAY})
    return replace(recording, school=known)


def without_advice(outcome: ExportResult) -> ExportResult:
    """The outcome without what a student is asked to do: who replays a recording has the report already."""
    planning = outcome.planning
    kept = tuple(oddity for oddity in planning.oddities if oddity.reason != "unread-title")
    return replace(outcome, planning=replace(planning, oddities=kept))


def mirrored(shown: Mirror, words: Catalogue) -> Iterator[str]:
    """How the school's layouts fit, in sentences."""
    for fit in shown.fits:
        yield words("replay.fits", layout=fit.layout, count=fit.count, of=fit.of)
    if (first := shown.first) is None:
        return
    title = " ⏎ ".join(first.title.splitlines())
    yield words("replay.first" if shown.fits else "replay.none", count=shown.left, title=title)
    if first.reason:
        yield words(f"replay.why.{first.reason}", number=first.number, part=first.part)
