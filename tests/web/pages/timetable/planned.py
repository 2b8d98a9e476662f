"""An account with finished runs in its ledger."""

from collections.abc import Iterable
from datetime import UTC, datetime

from scraper.config.configuration import Config
from scraper.domain.planning import Period
from scraper.parsing.read import read
from scraper.publishing.job import job_for_account
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import open_ledger
from scraper.publishing.publish import ExportResult, PublishOptions, publish
from scraper.system.paths import settings_file
from tests.publishing.ledger.runs import PARIS, Lesson, recorded

TUESDAY = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
"""Five past ten in Paris."""
ANNA = '[accounts.anna]\nschool = "junia"\nlogin = "anna@student.junia.com"\n'


def settings(text: str = ANNA) -> None:
    """Write the settings file of the home."""
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text(text, encoding="utf-8")


def publish_run(
    lessons: Iterable[Lesson],
    period: Period,
    now: datetime,
    *,
    account: str = "anna",
    proved: list[Period] | None = None,
    hold: bool = False,
) -> ExportResult:
    """Publish a run of the account to its calendars."""
    job = job_for_account(account, Config.from_environment())
    recording = recorded(lessons, period, proved, job.account.school, now)
    school = job.account.school
    return publish(
        read(recording),
        school,
        job.targets,
        ledger(account),
        PublishOptions(now=now, allow_mass_removal=True, review=hold),
    )


def ledger(account: str = "anna") -> Ledger:
    """Return the ledger of the account."""
    return open_ledger(account, Config.from_environment())


def at(day: int, hour: int, minutes: int = 0, month: int = 11) -> datetime:
    """Return an hour of a day of 2026 in Paris."""
    return datetime(2026, month, day, hour, minutes, tzinfo=PARIS)


def a_week() -> list[Lesson]:
    """Return the lessons of a week of November 2026 with lessons of all kinds."""
    english = {"subject": "Anglais S1", "room": "ISEN A906", "teachers": ("Madame GIRARD",)}
    maths = {"subject": "Analyse numérique", "kind": "CM", "room": "ISEN B207", "teachers": ("M. OSMONT",)}
    return [
        Lesson(id="1", start=at(23, 8), **maths),
        Lesson(id="2", start=at(23, 10, 15), **english),
        Lesson(id="3", start=at(23, 13, 30), minutes=180, subject="Électronique", kind="TP", room="Labo 3"),
        Lesson(id="4", start=at(24, 8), **maths),
        Lesson(id="5", start=at(24, 10, 30), minutes=90, **english),
        Lesson(id="6", start=at(24, 13, 30), subject="Systèmes embarqués", kind="DS_SURV", exam=True, room="Amphi 1"),
        Lesson(id="7", start=at(25, 9), minutes=120, **english),
        Lesson(id="8", start=at(25, 9), minutes=60, subject="Option : théâtre", kind="ATELIER", room="Foyer"),
        Lesson(id="9", start=at(25, 10), minutes=60, subject="Option : débat", kind="ATELIER", room="Foyer"),
        *(Lesson(id=f"9{n}", start=at(25, 14, 10 * n), minutes=60, subject=f"Groupe {n}", kind="TD") for n in range(5)),
        Lesson(id="10", start=at(26, 8), **maths),
        Lesson(id="11", start=at(26, 17), minutes=120, subject="Conférence métiers", kind="CONF", room="Amphi 2"),
        Lesson(id="12", start=at(27, 10, 15), minutes=15, subject="Point projet", kind="REUNION", room="A12"),
        Lesson(id="13", start=at(27, 14), **maths),
    ]


def changed_week() -> list[Lesson]:
    """Return the same week with one lesson moved, one cancelled, one in another room and one added."""
    by_id = {one.id: one for one in a_week()}
    by_id["2"] = Lesson(id="2", start=at(26, 10, 15), subject="Anglais S1", room="ISEN A906")
    by_id["13"] = Lesson(
        id="13", start=at(27, 14), subject="Analyse numérique", kind="CM", room="Amphi 1", teachers=("M. OSMONT",)
    )
    by_id["14"] = Lesson(id="14", start=at(27, 8), subject="Rattrapage", kind="TD", room="B12")
    del by_id["10"]
    return [*by_id.values()]
