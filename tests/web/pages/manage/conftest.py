"""An account with known lessons and secrets, and without a portal."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
import stamina
from pydantic import SecretStr

from scraper.config.account_passwords import store_password
from scraper.config.configuration import Config
from scraper.config.vault.vaults import vaults
from scraper.domain.planning import Event, Period, Planning
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.publish import PublishOptions, publish
from scraper.sinks.google import service
from scraper.sinks.google.service import GoogleService
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Run, Runs
from tests.http_requests import Answer
from tests.sinks.google.fake_google import CLIENT, CLIENT_SECRET, FakeGoogle, google_running
from tests.sinks.google.google_calendars import endpoints_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
PASSWORD, NOTIFIED = "canary-password", "ntfy://canary-topic"
SETTINGS = """\
# mine
months = 3          # for all
notify = ["ntfy://canary-topic"]

[accounts.anna]     # the first
school = "junia"
login = "anna@student.junia.com"
output = "{home}/anna.ics"
"""
CLIENT_OF_ALL = f'google_client_id = "{CLIENT}"\ngoogle_client_secret = "{CLIENT_SECRET}"\n'
LESSONS = (("Anglais LV1", "COURS_TD", "Osmont"), ("Bases de données", "COURS", "Dupont"), ("Réseaux", "TP", "Osmont"))


def lessons() -> Iterator[Event]:
    """Yield four lessons of each subject, one a day."""
    for number in range(12):
        subject, kind, teacher = LESSONS[number % 3]
        start = NOON + timedelta(days=number + 1)
        yield Event(
            id=str(1000 + number), start=start, end=start + timedelta(hours=2), subject=subject, kind=kind,
            teachers=(teacher,), rooms=("B204",), raw_title=f"B204\n{subject}\n{kind}\n{teacher}",
        )  # fmt: skip


@pytest.fixture
def now() -> datetime:
    """Noon of a Tuesday."""
    return NOON


@pytest.fixture
def new_account(home: Path) -> str:
    """The name of an account that has settings and a stored password, but has not run yet."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(SETTINGS.format(home=home))
    store_password("anna", SecretStr(PASSWORD), vaults().home("anna").vault, state_folder())
    return "anna"


def publish_run(name: str, events: tuple[Event, ...], *, hold: bool = False, at: datetime = NOON) -> None:
    """Publish a run of the account that read these events; with `hold`, changes wait for review."""
    job = job_for_account(name, Config.from_environment())
    period = Period(first=NOON.date(), last=NOON.date() + timedelta(days=60))
    planning = Planning(school="junia", period=period, events=events, proved=(period,))
    publish(
        planning, job.account.school, job.targets, ledger_of_account(job.account), PublishOptions(now=at, review=hold)
    )


@pytest.fixture
def anna(new_account: str) -> str:
    """The name of an account after a run that found lessons."""
    publish_run(new_account, tuple(lessons()))
    Runs(state_folder(), new_account).add(Run(at=NOON, exit_code=0))
    return new_account


def rule(**given: str) -> Mapping[str, str]:
    """Return the fields of a rule, as its form sends them."""
    return {key: given.get(key, "") for key in ("do", "to", "course", "subject", "kind", "teacher", "room", "exam")}


def text_of(answer: Answer) -> str:
    """Return the text of a page, with single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGoogle]:
    """A fake Google with the addresses that the program uses."""
    with google_running() as running, stamina.set_testing(True, attempts=4):
        monkeypatch.setattr(service, "SERVICE", GoogleService(endpoints_of(running)))
        yield running


@pytest.fixture
def client_of_all(anna: str) -> str:
    """The name of the account; the settings have a client for all accounts."""
    settings_file().write_text(CLIENT_OF_ALL + settings_file().read_text(encoding="utf-8"), encoding="utf-8")
    return anna
