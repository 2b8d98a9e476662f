"""Publish one of two plannings into a folder, on one of some days."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

from scraper.config.schools.school_files import load_school
from scraper.domain.planning import DAY, Period
from scraper.domain.progress import Progress, Silent
from scraper.domain.recording import Proof, Recording, Window
from scraper.domain.school import School
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.parsing.read import read
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.publishing.publish import PublishOptions, publish
from scraper.publishing.publish_pending import publish_pending
from scraper.publishing.target import CalendarTarget
from scraper.sinks.file import FileSink
from tests.factories import capture, partial_response

MORNING = datetime(2026, 9, 1, 8, tzinfo=UTC)
CALENDARS = ("planning.ics", "google.ics")
LEDGER = "ledger/one.sqlite"
LESSONS = 8


def published(
    folder: Path,
    version: str,
    day: int,
    progress: Progress | None = None,
    before_commit: Callable[[], None] = lambda: None,
    *,
    hold: bool = False,
) -> None:
    """Publish or hold this version on that day: two calendars of one ledger. Raises AurionError."""
    ledger, progress = LedgerFile(folder / LEDGER, school().zone), progress or Silent()
    with progress.step("reading"):
        planning = read(recording(version))
    publish(
        planning,
        school(),
        targets(folder),
        ledger,
        PublishOptions(progress=progress, now=time_of(day), before_commit=before_commit, review=hold),
    )


def publish_waiting(folder: Path, day: int) -> None:
    """Publish the pending changes on that day. Raises AurionError."""
    ledger = LedgerFile(folder / LEDGER, school().zone)
    assert publish_pending(ledger, school(), targets(folder), PublishOptions(now=time_of(day)))


def time_of(day: int) -> datetime:
    """Return the time of a run of that day."""
    return MORNING - DAY * (10 - day)


def targets(folder: Path) -> list[CalendarTarget]:
    """Return the two calendars."""
    return [
        CalendarTarget(
            sink=FileSink(path=folder / name), output=name, title="Planning",
            options=RenderOptions(zone=school().zone, words=words(), kinds=school().kinds, client=client),
        )
        for name, client in zip(CALENDARS, ("any", "google"), strict=True)
    ]  # fmt: skip


@cache
def school() -> School:
    """Return the school of the recordings."""
    return load_school("junia")


@cache
def words() -> Catalogue:
    """Return the language of the calendars."""
    return Catalogue("fr")


def recording(version: str) -> Recording:
    """Return planning A; in B a lesson is moved, one is removed, one has another room, and one is added."""
    lessons = {number: (MORNING + DAY * number, "IC1_318") for number in range(LESSONS)}
    if version == "B":
        lessons |= {1: (lessons[1][0] + timedelta(hours=3), "IC1_318"), 3: (lessons[3][0], "IC2_100")}
        lessons |= {LESSONS: (MORNING + DAY * 4 + timedelta(hours=4), "IC1_318")}
        del lessons[2]
    events = ",".join(_lesson(number, *reported) for number, reported in lessons.items())
    window = Window(start=MORNING - DAY, end=MORNING + DAY * LESSONS)
    response = capture(partial_response(f'{{"events" : [{events}]}}'), MORNING, window)
    period = Period(first=date(2026, 9, 1), last=window.end.date() - DAY)
    proof = Proof(period=period, capture=0)
    return Recording(school=school(), period=period, taken_at=MORNING, captures=(response,), proved=(proof,))


def _lesson(number: int, start: datetime, room: str) -> str:
    title = rf"{room}\nSans document\nMesures {number}\nCOURS_TD\nMadame TERRAIL \/ Monsieur LOMBRET"
    end = start + timedelta(hours=1, minutes=50)
    return (
        f'{{"id": "{number}","title": "{title}","start": "{start:%Y-%m-%dT%H:%M:%S%z}",'
        f'"end": "{end:%Y-%m-%dT%H:%M:%S%z}","allDay":false,"editable":true,"className":"COURS_TD"}}'
    )


def bodies(folder: Path) -> list[bytes | None]:
    """Return the bytes of the calendars' files."""
    return [path.read_bytes() if path.exists() else None for path in (folder / name for name in CALENDARS)]


def rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of the ledger by table. Looking writes: look at a copy."""
    if not (folder / LEDGER).exists():
        return {}
    with closing(sqlite3.connect(folder / LEDGER, timeout=0)) as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: ledger.execute(f"SELECT * FROM {name}").fetchall() for name in names}  # noqa: S608
