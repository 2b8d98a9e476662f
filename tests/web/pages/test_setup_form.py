"""The forms of the set-up: school search, errors, the created account."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault.vaults import vaults
from scraper.runs.worker import WorkerResult
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages import start_run
from scraper.web.pages.auth import form_token
from scraper.web.pages.phone import WAYS
from tests.cases import for_each
from tests.config.vault.test_age_file import PHRASE, QUICK, write_quick_file
from tests.http_requests import Answer
from tests.web.pages.conftest import Served

PORTAL = "http://127.0.0.1:9"
GOOD = {"school": PORTAL, "login": "anna.n", "password": "canary", "months": "2", "file": ""}


@pytest.fixture(autouse=True)
def child(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A substitute for the process that exports: it fails at once, and stores the accounts that it was called for."""
    asked: list[str] = []

    def run_worker(arguments: list[str], *_: object, **__: object) -> WorkerResult:
        asked.extend(arguments)
        return WorkerResult(exit_code=5, error="PortalUnavailable", message="Away.")

    monkeypatch.setattr(start_run, "run_worker", run_worker)
    return asked


def complete_set_up(served: Served, **changed: str) -> Answer:
    """Submit the second step and, if it is accepted, the third; wait for the run."""
    answer = served.post("/welcome/account", **GOOD | changed)
    if answer.headers.get("location") == "/welcome/where":
        answer = served.post("/welcome/where", way="apple")
    wait_for_runs(served)
    return answer


def wait_for_runs(served: Served) -> None:
    """Wait until no run is active."""
    for name in Config().account_names:
        if live := served.state.runs.get(name):
            while live.result is None:
                live.wait_for_change(5)


def test_first_page_without_an_account_is_the_set_up(served: Served) -> None:
    """With an account it is the timetable."""
    assert served.get("/").headers["location"] == "/welcome"
    assert served.get("/welcome/account").headers["location"] == "/welcome"
    assert served.get("/runs").headers["location"] == "/welcome"
    complete_set_up(served)
    assert served.get("/").headers["location"] == "/planning"


def shown_schools(answer: Answer) -> list[str]:
    """Return the schools that can be chosen."""
    return re.findall(r'name="school" value="([^"]+)"', answer.text)


def test_schools_are_found_by_name_address_or_mail_domain(served: Served) -> None:
    """An empty search lists all of them."""
    assert (
        len(shown_schools(served.get("/welcome"))) == len(shown_schools(served.post("/welcome/schools", typed=""))) > 10
    )
    assert set(shown_schools(served.post("/welcome", typed="isen"))) == {"isen-mediterranee", "isen-ouest", "junia"}
    assert shown_schools(served.post("/welcome/schools", typed="jounia")) == ["junia"]
    assert served.post("/welcome", typed="jounia").status == 422
    unknown = served.post("/welcome", typed="hogwarts")
    assert (unknown.status, "No school matches “hogwarts”" in unknown.text) == (422, True)
    assert "Use https (or http on this machine)" in served.post("/welcome", typed="http://portal.example/x").text
    for typed, key in (("enac", "enac"), ("https://aurion.junia.com/faces/Login.xhtml", "junia"), (PORTAL, PORTAL)):
        assert served.post("/welcome", typed=typed).headers["location"] == "/welcome/account"
        assert f'name="school" value="{key}"' in served.get("/welcome/account").text


def test_unknown_school_is_not_titled_with_its_host(served: Served) -> None:
    """Its address is below the title."""
    for typed, title in ((PORTAL, "Your Aurion account"), ("enac", "ENAC")):
        served.post("/welcome", typed=typed)
        reported = served.get("/welcome/account").text
        heading = re.search("<h1>([^<]+)</h1>", reported)
        assert heading is not None
        assert title in heading[1]
    served.post("/welcome", typed=PORTAL)
    assert PORTAL in served.get("/welcome/account").text


def test_mail_address_fills_in_school_and_login(served: Served) -> None:
    """It is in no address of a page."""
    answer = served.post("/welcome", typed="anna.n@student.junia.com")
    assert answer.headers["location"] == "/welcome/account"
    reported = served.get("/welcome/account").text
    assert 'value="junia"' in reported
    assert 'value="anna.n@student.junia.com"' in reported


def test_errors_are_shown_beside_their_fields_and_nothing_is_written(served: Served, home: Path) -> None:
    """The typed values stay, except the password."""
    answer = complete_set_up(served, login=" ", password="", months="99", file=str(home / "nowhere" / "a.ics"))
    assert answer.status == 422
    for field in ("login", "password", "months", "file"):
        assert f'id="wrong-{field}"' in answer.text
    assert "is not a number of months from 1 to 36" in answer.text
    assert 'value="99"' in answer.text
    wrong = complete_set_up(served, file="-")
    assert 'id="wrong-file"' in wrong.text
    assert "canary" not in wrong.text
    assert not settings_file().exists()
    assert vaults().find("anna.n") is None


def test_account_is_created_and_its_run_started(served: Served, home: Path, child: list[str]) -> None:
    """The settings are those of `aurion account add`; the password is in the vault only."""
    assert complete_set_up(served).headers["location"] == "/runs/anna.n"
    assert child[:1] == ["anna.n"]
    named = load_account("anna.n", Config())
    assert (named.school.base_url, named.login, named.settings.months) == (PORTAL, "anna.n", 2)
    assert named.outputs == (str(home / "Downloads" / "planning.ics"),)
    found = vaults().find("anna.n")
    assert found is not None
    assert found[1].get_secret_value() == "canary"
    written = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert written
    assert not any(b"canary" in body for body in written)


def test_third_step_chooses_the_calendar_and_starts_the_run(served: Served, child: list[str]) -> None:
    """Without a draft or with an invalid answer it leads back."""
    assert served.get("/welcome/where").headers["location"] == "/"
    assert served.post("/welcome/where", way="apple").headers["location"] == "/"
    assert served.post("/welcome/account", **GOOD).headers["location"] == "/welcome/where"
    assert re.findall(r'name="way" value="(\w+)"', served.get("/welcome/where").text) == list(WAYS)
    assert served.post("/welcome/where", way="elsewhere").headers["location"] == "/welcome/where"
    assert child == []
    assert "already entered" in served.get("/welcome/account").text
    assert served.post("/welcome/account", **GOOD | {"password": ""}).headers["location"] == "/welcome/where"
    assert served.post("/welcome/where", way="google").headers["location"] == "/runs/anna.n"
    wait_for_runs(served)
    assert child[:1] == ["anna.n"]
    assert served.state.drafts.password(form_token(served.cookie), PORTAL) is None


@for_each(("past", "days"), [("year", ["--from", "2026-08-01", "--until", "2027-01-29"]), ("none", [])])
def test_first_run_exports_the_past_days_of_the_setting(
    served: Served, child: list[str], past: str, days: list[str]
) -> None:
    """Later runs begin today."""
    served.state.clock = lambda: datetime(2026, 11, 29, 11, tzinfo=UTC)
    complete_set_up(served, past=past)
    assert child == ["anna.n", *days]
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=0))
    child.clear()
    served.post("/runs/anna.n")
    wait_for_runs(served)
    assert child == ["anna.n"]


def test_corrected_answers_replace_the_account(served: Served, home: Path) -> None:
    """An account that never worked is deleted with its password; other visitors do not see it."""
    complete_set_up(served, file=str(home / "a.ics"))
    again = served.get("/welcome/account").text
    assert 'value="anna.n"' in again
    assert 'name="replace" value="anna.n" checked' in again
    complete_set_up(served, login="bert.o", replace="anna.n", file=str(home / "a.ics"))
    assert Config().account_names == ("bert.o",)
    assert vaults().find("anna.n") is None
    complete_set_up(served, login="bert.p", replace="bert.o")
    assert load_account("bert.p", Config()).outputs == (str(home / "Downloads" / "planning.ics"),)
    complete_set_up(served, login="bert.o", replace="bert.p")
    assert load_account("bert.o", Config()).outputs == (str(home / "Downloads" / "planning.ics"),)
    assert Config().account_names == ("bert.o",)
    assert served.post("/runs/bert.o/redo").headers["location"] == "/welcome/account"
    served.cookie = served.state.authenticator.exchange_token(served.state.authenticator.new_token()) or ""
    assert served.get("/welcome/account").headers["location"] == "/welcome"


def test_corrected_school_keeps_name_and_file(served: Served) -> None:
    """The first school was wrong."""
    complete_set_up(served)
    complete_set_up(served, school="junia", replace="anna.n")
    assert Config().account_names == ("anna.n",)
    assert load_account("anna.n", Config()).school.id == "junia"


def test_both_accounts_are_kept_if_the_box_is_cleared(served: Served, home: Path) -> None:
    """Each has a file of its own; a used path is refused."""
    complete_set_up(served)
    taken = complete_set_up(served, login="bert.o", file=str(home / "Downloads" / "planning.ics"))
    assert taken.status == 422
    assert 'id="wrong-file"' in taken.text
    assert "or leave the field empty" in taken.text
    assert 'name="replace" value="anna.n">' in taken.text
    assert complete_set_up(served, login="bert.o").status == 303
    assert Config().account_names == ("anna.n", "bert.o")
    assert load_account("bert.o", Config()).outputs == (str(home / "Downloads" / "planning-bert.o.ics"),)


@pytest.mark.parametrize(("exit_code", "is_replaced"), [(3, True), (5, False)])
def test_added_account_replaces_a_refused_one_only(served: Served, exit_code: int, *, is_replaced: bool) -> None:
    """An account is kept where the portal was not available."""
    complete_set_up(served)
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=exit_code))
    served.get("/welcome?another=yes")
    served.post("/welcome", typed=PORTAL)
    assert ('name="replace" value="anna.n" checked' in served.get("/welcome/account").text) == is_replaced


def test_account_refused_before_a_restart_is_replaced(served: Served) -> None:
    """The ledger of the account shows that it never worked."""
    complete_set_up(served)
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=3))
    served.state.drafts.drop(form_token(served.cookie))
    served.post("/welcome", typed=PORTAL)
    assert 'name="replace" value="anna.n" checked' in served.get("/welcome/account").text
    complete_set_up(served, login="anna.m", replace="anna.n")
    assert Config().account_names == ("anna.m",)


def test_account_with_an_active_run_is_not_replaced(served: Served) -> None:
    """A second account is added."""
    complete_set_up(served)
    with Runs(state_folder(), "anna.n").lock():
        assert 'name="replace"' not in served.get("/welcome/account").text
        complete_set_up(served, login="bert.o", replace="anna.n")
    assert Config().account_names == ("anna.n", "bert.o")


@pytest.mark.parametrize(("language", "calendar"), [("en", "en"), ("fr", "fr")])
def test_calendar_has_the_language_of_the_page(served: Served, language: str, calendar: str) -> None:
    """It is stored in the settings of the account."""
    form = GOOD | {"form_token": form_token(served.cookie)}
    served.ask("POST", "/welcome/account", form=form, headers={"Accept-Language": language})
    assert Config().settings("anna.n").language == calendar


def test_general_language_is_not_overridden(served: Served) -> None:
    """The language of the page does not matter."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('language = "fr"\n')
    complete_set_up(served)
    assert Config().settings("anna.n").language == "fr"


def test_working_account_is_not_overwritten(served: Served) -> None:
    """The same login at another school is another account."""
    complete_set_up(served)
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=0))
    again = complete_set_up(served, password="other")
    assert again.status == 422
    assert 'id="wrong-login"' in again.text
    found = vaults().find("anna.n")
    assert found is not None
    assert found[1].get_secret_value() == "canary"
    assert served.get("/welcome").status == 200
    assert complete_set_up(served, school="junia").headers["location"] == "/runs/anna.n-junia"
    assert Config().account_names == ("anna.n", "anna.n-junia")


@pytest.mark.slow
@pytest.mark.usefixtures("quick_age")
def test_age_file_asks_for_its_passphrase(served: Served) -> None:
    """A wrong one is reported; with the right one the account is created."""
    assert 'name="passphrase"' not in complete_set_up(served, password="").text
    file = write_quick_file(vaults().age.path)
    assert 'name="passphrase"' in complete_set_up(served, password="").text
    for given in ("", "wrong"):
        reported = complete_set_up(served, passphrase=given)
        assert (reported.status, 'id="wrong-passphrase"' in reported.text) == (422, True)
    assert Config().account_names == ()
    assert complete_set_up(served, passphrase=PHRASE.get_secret_value()).status == 303
    assert vaults().age.sealed_with == "passphrase"
    assert file.read_bytes() != QUICK
