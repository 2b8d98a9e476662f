"""Lessons of a portal, recordings of answers, calendars in memory, and runs over them."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

import pytest

from scraper.domain.planning import DAY, Period
from scraper.domain.recording import Capture, Proof, Recording, Window
from scraper.domain.rules import Rule
from scraper.domain.school import School
from scraper.errors import SinkUnavailable
from scraper.i18n import Catalogue
from scraper.ical.entry import Client, RenderOptions
from scraper.parsing.read import read
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.publishing.publish import ExportResult, PublishOptions, publish
from scraper.publishing.target import CalendarTarget

PARIS = ZoneInfo("Europe/Paris")
SCHOOL = School(
    id="essai", name="Essai", base_url="https://aurion.test", layouts=("junia-5",), namespace=UUID(int=4)
)  # fmt: skip
FRENCH = Catalogue("fr")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MARCH = Period(first=date(2026, 3, 1), last=date(2026, 3, 31))
STAMPS = ("DTSTAMP", "LAST-MODIFIED", "SEQUENCE")
ledger_in_file = pytest.mark.parametrize("run", ["file"], indirect=True)
"""A mark of tests in which it does not matter where the ledger is."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A lesson at the portal, which writes `blanks` spaces between the words of its title."""

    id: str
    start: datetime
    minutes: int = 120
    room: str = "IC1_222"
    note: str = ""
    subject: str = "Anglais avancé"
    kind: str = "COURS_TD"
    teachers: tuple[str, ...] = ("Madame GIRARD",)
    exam: bool = False
    blanks: int = 1

    @property
    def end(self) -> datetime:
        """Return the end, after so many real minutes."""
        return (self.start.astimezone(UTC) + timedelta(minutes=self.minutes)).astimezone(PARIS)

    @property
    def day(self) -> date:
        """Return the day of the start, in the zone of the school."""
        return self.start.astimezone(PARIS).date()

    @property
    def uid(self) -> str:
        """Return the UID made of the id."""
        return str(uuid5(SCHOOL.namespace, self.id))

    def wire(self) -> dict[str, object]:
        """Return the event in the form of the portal."""
        lines = self.room, self.note, self.subject, self.kind, " / ".join(self.teachers)
        title = "\n".join(lines).replace(" ", " " * self.blanks)
        code = {"className": "est-epreuve" if self.exam else self.kind, "allDay": False}
        return {"id": self.id, "title": title, "start": self.start.isoformat(), "end": self.end.isoformat(), **code}


def lesson(number: int, day: int = 10, hour: int = 8, **other: object) -> Lesson:
    """Return a lesson on that day, counted from the last of February 2026."""
    start = datetime(2026, 3, 1, hour, tzinfo=PARIS) + DAY * (day - 1)
    return Lesson(**{"id": str(number), "start": start, **other})  # type: ignore[arg-type]


def week(count: int, first: int = 2) -> tuple[Lesson, ...]:
    """Return so many lessons, one a day, each with its own subject."""
    return tuple(lesson(n, first + n, subject=f"Matière {n}") for n in range(count))


ONE = lesson(900)
FULL = (*week(6), ONE)
"""Six lessons of a week, and one that tests change."""


def answered(lessons: Iterable[Lesson], period: Period) -> list[Lesson]:
    """Return the lessons that touch the period."""
    return [one for one in lessons if one.end > period.start(PARIS) and one.start < period.end(PARIS)]


def recorded(
    lessons: Iterable[Lesson],
    period: Period = MARCH,
    proved: Sequence[Period] | None = None,
    school: School = SCHOOL,
    at: datetime = NOW,
) -> Recording:
    """Return the recording of an answer with the lessons of the period; every day is covered by default."""
    wires = [one.wire() for one in answered(lessons, period)]
    reported = json.dumps({"events": wires}, ensure_ascii=False)
    update = f'<update id="form:s"><![CDATA[{reported}]]></update>'
    body = f'<partial-response id="j_id1"><changes>{update}</changes></partial-response>'
    window = Window(start=period.start(PARIS), end=period.end(PARIS))
    capture = Capture(at=at, address="https://aurion.test/x", source="form:s", window=window, own=window, body=body)
    proofs = tuple(Proof(period=one, capture=0) for one in ([period] if proved is None else proved))
    return Recording(school=school, period=period, taken_at=at, captures=(capture,), proved=proofs)


@dataclass
class Memory:
    """A calendar in memory; `broken` refuses every delivery, `written` counts those that wrote."""

    name: str = "memory"
    body: bytes | None = None
    written: int = 0
    broken: bool = False
    locally_modified: tuple[str, ...] = ()
    shortened: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise the error of a delivery that is impossible."""
        if self.broken:
            raise SinkUnavailable("full", path=self.name)

    def current(self) -> bytes | None:
        """Return the calendar."""
        return self.body

    def deliver(self, body: bytes) -> bool:
        """Replace the calendar; return whether it changed."""
        self.check()
        if body == self.body:
            return False
        self.body, self.written = body, self.written + 1
        return True

    @property
    def events(self) -> dict[str, dict[str, str]]:
        """Return the events of the calendar by UID."""
        return vevents(self.body or b"")

    def event(self, lesson: Lesson) -> dict[str, str]:
        """Return the event of a lesson."""
        return self.events[lesson.uid]


def vevents(body: bytes) -> dict[str, dict[str, str]]:
    """Return the properties of each event by its UID; fail if a UID occurs twice."""
    found: dict[str, dict[str, str]] = {}
    for part in body.replace(b"\r\n ", b"").decode().split("BEGIN:VEVENT\r\n")[1:]:
        lines = part.partition("END:VEVENT")[0].splitlines()
        reported = dict(line.split(":", 1) for line in lines)
        assert reported["UID"] not in found
        found[reported["UID"]] = reported
    return found


def unstamped(reported: dict[str, str]) -> dict[str, str]:
    """Return the properties except those that show a change."""
    return {name: value for name, value in reported.items() if name not in STAMPS}


def target(sink: Memory, client: Client = "any", **other: object) -> CalendarTarget:
    """Return this calendar for this client."""
    look = RenderOptions(zone=PARIS, words=FRENCH, client=client)
    made = {"sink": sink, "output": sink.name, "options": look, "title": "Planning"}
    return CalendarTarget(**{**made, **other})  # type: ignore[arg-type]


@dataclass
class Runs:
    """Runs of one account, each an hour after the last unless its time is given."""

    path: Path
    now: datetime = NOW

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        return LedgerFile(self.path, PARIS)

    def other(self) -> "Runs":
        """Runs of another account, at each call a new one."""
        return Runs(self.path.with_name(f"{uuid4().hex}.sqlite"))

    def lose(self) -> None:
        """Delete the ledger."""
        for path in self.path.parent.glob("*"):
            path.unlink()

    def back_up(self) -> Callable[[], None]:
        """Return a function that puts the ledger back as it is now."""
        body = self.path.read_bytes()

        def restore() -> None:
            self.lose()
            self.path.write_bytes(body)

        return restore

    def __call__(
        self,
        recording: Recording,
        *targets: CalendarTarget,
        now: datetime | None = None,
        accept_empty: bool = False,
        hold: bool = False,
    ) -> ExportResult:
        """Run once."""
        self.now = self.now + timedelta(hours=1) if now is None else now
        return publish(
            read(recording), recording.school, targets, self.ledger,
            PublishOptions(now=self.now, allow_mass_removal=accept_empty, review=hold),
        )  # fmt: skip


def dropping(subject: str) -> tuple[Rule, ...]:
    """Return a rule that hides this subject."""
    return (Rule(do="drop", subject=subject),)
