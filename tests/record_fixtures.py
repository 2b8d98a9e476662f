"""Records the fixtures again: a real export from the demo portal for every set of events, and for ways to fail.

`fixtures/README.md` tells what comes out of it and when to run it.
"""

import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scraper.cli.launch_chromium import chromium_for
from scraper.config.configuration import Config
from scraper.config.portal_account import Account
from scraper.config.schools.school_files import load_school
from scraper.demo import LOGIN, PASSWORD, Control, Demo, Fault, Rubrique, Variant
from scraper.diagnostics.write_fixture import expected_result
from scraper.domain.credentials import Credentials
from scraper.domain.planning import DAY, Period
from scraper.domain.progress import Silent
from scraper.domain.recording import Recording, dumps, loads
from scraper.errors import AurionError, PortalChanged, ViewExpired, WrongCredentials
from scraper.export import export
from scraper.parsing.read import read
from scraper.portal.driver import started_driver
from scraper.publishing.publish import PublishOptions
from tests.paths import ROOT

FIXTURES = ROOT / "fixtures"
AT = datetime(2026, 11, 2, 6, tzinfo=UTC)
"""The time of all fixtures."""
FEW_DAYS = Period(first=date(2026, 11, 2), last=date(2026, 11, 6))
NOT_MINE = (
    Rubrique(label="Plannings des groupes", id=44430, opens="other"),
    Rubrique(label="Mes notes", id=44420, opens="other"),
)
DEEP = (
    Rubrique(label="Mes notes", id=44420, opens="other"),
    Rubrique(
        label="Scolarité",
        id=44413,
        lazy=True,
        children=(Rubrique(label="Mon planning", id=2169484, opens="planning"),),
    ),
)
SCHEDULE = r'<update id="form:j_idt\d+"><!\[CDATA\[\{"events".*?\]\]></update>'
ASKED = ".*_start"
"""Names of the parameter that only the schedule's own request has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An export to record. `fails` is the expected error; None if every event must be found."""

    school: str
    fact: str
    events: tuple[Mapping[str, Any], ...]
    variant: Variant = field(default_factory=Variant)
    faults: tuple[Fault, ...] = ()
    password: str = field(default=PASSWORD, repr=False)
    fails: type[AurionError] | None = None

    @property
    def period(self) -> Period:
        """The days that hold every event; some days where there is none."""
        days = sorted(date.fromisoformat(event[edge][:10]) for event in self.events for edge in ("start", "end"))
        return Period(first=days[0], last=days[-1]) if days else FEW_DAYS

    @property
    def name(self) -> str:
        """The fixture's place, without its ending."""
        return f"{self.school}/{self.fact}"


VARIANTS = {
    "isen-ouest": {"context": "/webAurion"},
    "junia/titles-of-five-lines": {"max_events": 5},
    "junia/titles-of-six-lines": {"nesting": 2, "planning_padding": 700},
    "junia/titles-of-four-lines": {"state_saving": "client"},
    "junia/events-without-length": {"max_window_days": 8},
    "junia/exams": {"menu": DEEP, "dashboard_schedule": True},
}
"""Differences of the portal of a school, or of one fixture, from the standard one."""


def trials() -> Iterator[Trial]:
    """Yield one for each set of events, then one for each failure."""
    for path in sorted((FIXTURES / "events").glob("*/*.json")):
        school, fact = path.parent.name, path.stem
        events = json.loads(path.read_text(encoding="utf-8"), strict=False)["events"]
        differs = VARIANTS.get(school, {}) | VARIANTS.get(f"{school}/{fact}", {})
        yield Trial(school=school, fact=fact, events=tuple(events), variant=Variant(**differs))  # type: ignore[arg-type]
    yield from failing()


def failing() -> Iterator[Trial]:
    """Exports that end badly, each in its own way."""
    lesson = {
        "id": "81200001",
        "title": "IC1_318\n\nMesures et capteurs\nTD\nMonsieur LOMBRET",
        "start": "2026-11-02T08:00:00+0100",
        "end": "2026-11-02T10:00:00+0100",
        "allDay": False,
        "className": "TD",
    }
    without_id = {name: value for name, value in lesson.items() if name != "id"}
    alone = Trial(school="junia", fact="", events=(lesson,), fails=PortalChanged)
    yield replace(alone, fact="login-refused", password="jamais-dit", fails=WrongCredentials)
    yield replace(alone, fact="no-planning-in-the-menu", variant=Variant(menu=NOT_MINE))
    yield replace(alone, fact="answer-without-schedule", faults=(Fault(parameter=ASKED, replace=SCHEDULE),))
    yield replace(alone, fact="event-without-id", events=(lesson, without_id))
    yield replace(alone, fact="view-expired-twice", faults=(Fault(parameter=ASKED, lose="view"),), fails=ViewExpired)


def recorded(trial: Trial) -> Recording:
    """The redacted recording of a real export, as of the school's own address at a fixed time."""
    school = load_school(trial.school)
    demo = Demo(variant=trial.variant, control=Control(faults=trial.faults), events=trial.events)
    with tempfile.TemporaryDirectory() as folder, demo:
        kept = Path(folder) / "recording.json"
        account = Account(
            school=replace(school, base_url=demo.url),
            credentials=Credentials(login=LOGIN, password=trial.password),
            state=Path(folder),
        )
        with (
            started_driver() as driver,
            chromium_for([account], driver, Silent(), Config.from_environment()) as chromium,
            suppress(AurionError),  # it is in the recording
        ):
            export(account, trial.period, (), chromium, PublishOptions(now=AT), record=kept)
        text = kept.read_text(encoding="utf-8").replace(demo.url, school.base_url)
    host = urlsplit(school.base_url).hostname or ""
    here = loads(text.replace(urlsplit(demo.url).hostname or "", host))
    captures = tuple(replace(c, at=AT + timedelta(seconds=n)) for n, c in enumerate(here.captures, start=1))
    return replace(here, school=school, taken_at=AT, captures=captures)


def check(trial: Trial, recording: Recording) -> None:
    """Stops where the export did not end as the trial says: a fixture is never made of an accident."""
    ended = recording.failure.error if recording.failure else None
    expected = trial.fails.__name__ if trial.fails else None
    if ended != expected:
        sys.exit(f"{trial.name}: ended with {ended}, not {expected}: {recording.failure}")
    if not trial.fails:
        found = {event.id for event in read(recording).events}
        if missing := {event["id"] for event in trial.events} ^ found:
            sys.exit(f"{trial.name}: events lost or added: {sorted(missing)}")


def keep(trial: Trial, recording: Recording) -> None:
    """Writes the recording, and what comes of it: a calendar, or an error and its exit code."""
    path = FIXTURES / "recordings" / f"{trial.name}.json"
    expected = FIXTURES / "expected" / f"{trial.name}.ics"
    for folder in (path.parent, expected.parent):
        folder.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(recording), encoding="utf-8", newline="\n")
    ending, body = expected_result(recording)
    expected.with_suffix(ending).write_bytes(body)


def main(wanted: Iterable[str]) -> None:
    """Records the fixtures with one of these words in their names; all where there is none."""
    words = tuple(wanted)
    for trial in trials():
        if not words or any(word in trial.name for word in words):
            recording = recorded(trial)
            check(trial, recording)
            keep(trial, recording)
            days = trial.period.last - trial.period.first + DAY
            sys.stdout.write(f"{trial.name}: {days.days} days, {len(recording.captures)} answers\n")


if __name__ == "__main__":
    main(sys.argv[1:])
