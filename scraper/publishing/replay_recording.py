"""Replay a recording: render its calendar as a first run would publish it, without ledger and clock."""

from collections.abc import Iterator
from dataclasses import replace

from scraper.config.schools.school_files import load_school
from scraper.domain.planning import Planning
from scraper.domain.progress import Progress
from scraper.domain.recording import Recording
from scraper.domain.school import School
from scraper.errors import UnknownSchool
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.ical.render import assign_first_revisions, render
from scraper.parsing.layout_fit import LayoutFits
from scraper.parsing.read import read
from scraper.publishing.publish import ExportResult
from scraper.publishing.target import calendar_title
from scraper.sinks.sink import Sink

TODAY = ("layouts", "kinds", "menu_labels", "login_hosts", "further_hosts")
"""The fields that a replay takes from today's school file instead of the recording."""


def replay_recording(recording: Recording, sink: Sink | None, words: Catalogue, progress: Progress) -> ExportResult:
    """Read the recording, render its calendar and deliver it to the sink, if there is one.

    Raise what `read` raises, or DeliveryError; an existing calendar then stays as it was.
    """
    with progress.step("reading"):
        planning = read(recording)
        body = render_recording(recording, planning, words)
    if sink is not None:
        with progress.step("writing"):
            sink.deliver(body)
    return ExportResult(outputs=(sink.name,) if sink else (), planning=planning, zone=recording.school.zone)


def render_recording(recording: Recording, planning: Planning, words: Catalogue) -> bytes:
    """Return the calendar's bytes; the same recording always gives the same bytes."""
    school = recording.school
    options = RenderOptions(zone=school.zone, words=words, kinds=school.kinds)
    events = assign_first_revisions(planning, school.namespace, recording.taken_at, options)
    return render(events, options, calendar_title(school, words))


def with_current_school(recording: Recording, school: str = "") -> Recording:
    """Return the recording with today's school file, so that a layout corrected since is used; UIDs stay.

    `school` names another school file to use. Raise UnknownSchool where there is no such school.
    """
    try:
        today = load_school(school or recording.school.id)
    except UnknownSchool:
        if school:
            raise
        return recording
    known: School = replace(recording.school, **{name: getattr(today, name) for name in TODAY})
    return replace(recording, school=known)


def without_advice(result: ExportResult) -> ExportResult:
    """Return the result without the request to report unread titles: a replayed recording is reported already."""
    planning = result.planning
    remaining = tuple(oddity for oddity in planning.oddities if oddity.reason != "unread-title")
    return replace(result, planning=replace(planning, oddities=remaining))


def describe_layout_fit(shown: LayoutFits, words: Catalogue) -> Iterator[str]:
    """Yield one sentence for each of the school's layouts and one for the first title that none of them reads."""
    for fit in shown.fits:
        yield words("replay.fits", layout=fit.layout, count=fit.count, of=fit.of)
    if (first := shown.first) is None:
        return
    title = " ⏎ ".join(first.title.splitlines())
    yield words("replay.first" if shown.fits else "replay.none", count=shown.left, title=title)
    if first.reason:
        yield words(f"replay.why.{first.reason}", number=first.number, part=first.part)
