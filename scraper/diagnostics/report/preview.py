"""What of a report a person should look through before sending it."""

from collections.abc import Iterator

from scraper.diagnostics.report.report import Report, planning_of, samples
from scraper.errors import AurionError
from scraper.i18n import Catalogue

MOST_LABELS = 40


def ended(found: Report) -> AurionError | None:
    """The error with which reading the report ends."""
    try:
        planning_of(found)
    except AurionError as error:
        return error
    return None


def lines(found: Report, words: Catalogue) -> Iterator[str]:
    """The report in a screen."""
    recording, error = found.recording, ended(found)
    if error:
        told = words("report.failed", message=words.error(error)[0], code=error.exit_code)
    else:
        told = words("report.read", count=len(planning_of(found).events))
    yield words("report.school", name=recording.school.name, url=recording.school.base_url)
    yield words("report.ended", ended=told)
    if recording.snapshots:
        yield words("report.steps", steps=" · ".join(f"{one.step} {one.seconds:g} s" for one in recording.snapshots))
    labels = " · ".join(found.menu[:MOST_LABELS])
    yield words("report.menu", labels=labels) if labels else words("report.no_menu")
    if titles := [] if error else list(samples(planning_of(found))):
        yield words("report.titles")
        yield from (f"    {title.strip()}".replace("\n", " ⏎ ") for title in titles)
    yield words(
        "report.pages",
        pages=words("report.page_count", count=len(recording.snapshots)),
        answers=words("report.answer_count", count=len(recording.captures)),
    )
    yield words("report.masked", count=found.words)
