"""The preview of a report, for the user to check before sending it."""

from collections.abc import Iterator

from scraper.diagnostics.report.make_report import Report, sample_titles
from scraper.domain.recording import Snapshot
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.parsing.read import read

MOST_LABELS = 40


def parse_error(found: Report) -> AurionError | None:
    """Return the error that parsing the report raises, None if there is none."""
    try:
        read(found.recording)
    except AurionError as error:
        return error
    return None


def preview_lines(found: Report, words: Catalogue) -> Iterator[str]:
    """Yield the lines of the preview, about a screen."""
    recording = found.recording
    titles: list[str] = []
    try:
        planning = read(recording)
    except AurionError as error:
        result = words("report.failed", message=words.error(error)[0], code=error.exit_code)
    else:
        result = words("report.read", count=len(planning.events))
        titles = list(sample_titles(planning))
    yield words("report.school", name=recording.school.name, url=recording.school.base_url)
    yield words("report.ended", ended=result)
    if recording.snapshots:
        yield words("report.steps", steps=" · ".join(_describe_step(one, words) for one in recording.snapshots))
    labels = " · ".join(found.menu[:MOST_LABELS])
    yield words("report.menu", labels=labels) if labels else words("report.no_menu")
    if titles:
        yield words("report.titles")
        yield from (f"    {title.strip()}".replace("\n", " ⏎ ") for title in titles)
    yield words(
        "report.pages",
        pages=words("report.page_count", count=len(recording.snapshots)),
        answers=words("report.answer_count", count=len(recording.captures)),
    )
    yield words("report.masked", count=found.words)


def _describe_step(page: Snapshot, words: Catalogue) -> str:
    """Return a page's step and its time; a menu's step has the label that was opened."""
    name, _, label = page.step.partition("-")
    key = f"report.step_names.{name}"
    seconds = f"{page.seconds:.1f}".replace(".", words("page.runs.point"))
    step = " ".join(filter(None, (words(key) if words.has(key) else name, label)))
    return f"{step} {words('page.runs.seconds', seconds=seconds)}"
