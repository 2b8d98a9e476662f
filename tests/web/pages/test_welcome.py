"""The set-up's answers: what is searched for, what is wrong and where it is reported, and the account that is made."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.vault import vaults
from scraper.runs.worker import WorkerResult
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages import start_run
from scraper.web.pages.auth import form_token
from scraper.web.pages.phone import WAYS
from tests.config.vault.test_age_file import PHRASE, QUICK
from tests.http_requests import Answer
from tests.web.pages.conftest import Served

PORTAL = "http://127.0.0.1:9"
GOOD = {"school": PORTAL, "login": "anna.n", "password": "canary", "months": "2", "file": ""}


@pytest.fixture(autouse=True)
def child(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Represents the process that exports: it fails at once, as where no portal is; gives whom it was asked for."""
    asked: list[str] = []

    def run_worker(arguments: list[str], *_: object, **__: object) -> WorkerResult:
        asked.extend(arguments)
        return WorkerResult(exit_code=5, error="PortalUnavailable", message="Away.")

    monkeypatch.setattr(start_run, "run_worker", run_worker)
    return asked


def sent(served: Served, **changed: str) -> Answer:
    """The second step's form, and the third's where that is accepted; the run that it begins has ended."""
    answer = served.post("/welcome/account", **GOOD | changed)
    if answer.headers.get("location") == "/welcome/where":
        answer = served.post("/welcome/where", way="apple")
    wait_for_runs(served)
    return answer


def wait_for_runs(served: Served) -> None:
    """Return when no run is under way."""
    for name in Config().account_names:
        if live := served.state.runs.get(name):
            while live.result is None:
                live.wait_for_change(5)


def test_without_an_account_the_first_page_is_the_set_up(served: Served) -> None:
    """With one it is the planning."""
    assert served.get("/").headers["location"] == "/welcome"
    assert served.get("/welcome/account").headers["location"] == "/welcome"
    assert served.get("/runs").headers["location"] == "/welcome"
    sent(served)
    assert served.get("/").headers["location"] == "/planning"


def shown(answer: Answer) -> list[str]:
    """The schools that can be pressed."""
    return re.findall(r'name="school" value="([^"]+)"', answer.text)


def test_schools_are_searched_for_as_the_command_does(served: Served) -> None:
    """By a part of the name, by a name much like it, by address, by mail domain; all of them for nothing."""
    assert len(shown(served.get("/welcome"))) == len(shown(served.post("/welcome/schools", typed=""))) > 10
    assert set(shown(served.post("/welcome", typed="isen"))) == {"isen-mediterranee", "isen-ouest", "junia"}
    assert shown(served.post("/welcome/schools", typed="jounia")) == ["junia"]
    assert served.post("/welcome", typed="jounia").status == 422
    unknown = served.post("/welcome", typed="hogwarts")
    assert (unknown.status, "No school matches “hogwarts”" in unknown.text) == (422, True)
    assert "Use https (or http on this machine)" in served.post("/welcome", typed="http://portal.example/x").text
    for typed, key in (("enac", "enac"), ("https://aurion.junia.com/faces/Login.xhtml", "junia"), (PORTAL, PORTAL)):
        assert served.post("/welcome", typed=typed).headers["location"] == "/welcome/account"
        assert f'name="school" value="{key}"' in served.get("/welcome/account").text


def test_a_school_that_no_one_knows_has_no_host_for_a_title(served: Served) -> None:
    """The second step says what it is about; the portal's address is below. A school that is known has its name."""
    for typed, title in ((PORTAL, "Your Aurion account"), ("enac", "ENAC")):
        served.post("/welcome", typed=typed)
        reported = served.get("/welcome/account").text
        heading = re.search("<h1>([^<]+)</h1>", reported)
        assert heading is not None
        assert title in heading[1]
    served.post("/welcome", typed=PORTAL)
    assert PORTAL in served.get("/welcome/account").text


def test_a_mail_address_gives_school_and_login(served: Served) -> None:
    """It is in no address of a page."""
    answer = served.post("/welcome", typed="anna.n@student.junia.com")
    assert answer.headers["location"] == "/welcome/account"
    reported = served.get("/welcome/account").text
    assert 'value="junia"' in reported
    assert 'value="anna.n@student.junia.com"' in reported


def test_what_is_wrong_is_stated_beside_its_field_and_nothing_is_written(served: Served, home: Path) -> None:
    """All at once, in the command's words; what was typed stays, but the password."""
    answer = sent(served, login=" ", password="", months="99", file=str(home / "nowhere" / "a.ics"))
    assert answer.status == 422
    for field in ("login", "password", "months", "file"):
        assert f'id="wrong-{field}"' in answer.text
    assert "is not a number of months from 1 to 36" in answer.text
    assert 'value="99"' in answer.text
    wrong = sent(served, file="-")
    assert 'id="wrong-file"' in wrong.text
    assert "canary" not in wrong.text
    assert not settings_file().exists()
    assert vaults().find("anna.n") is None


def test_an_account_is_created_and_its_run_started(served: Served, home: Path, child: list[str]) -> None:
    """As `aurion account add` makes one; the password is in the vault and nowhere else."""
    assert sent(served).headers["location"] == "/runs/anna.n"
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


def test_the_third_step_asks_where_to_see_the_lessons(served: Served, child: list[str]) -> None:
    """Nothing runs before it; without an account that waits for it, or with another answer, it leads back."""
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


@pytest.mark.parametrize(("past", "days"), [("year", ["--from", "2026-08-01", "--until", "2027-01-29"]), ("none", [])])
def test_the_first_run_asks_for_the_past_days_that_are_kept(
    served: Served, child: list[str], past: str, days: list[str]
) -> None:
    """Since the school year began, unless the user wants none; later runs ask from today on."""
    served.state.clock = lambda: datetime(2026, 11, 29, 11, tzinfo=UTC)
    sent(served, past=past)
    assert child == ["anna.n", *days]
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=0))
    child.clear()
    served.post("/runs/anna.n")
    wait_for_runs(served)
    assert child == ["anna.n"]


def test_who_comes_back_and_changes_the_answer_has_one_account(served: Served, home: Path) -> None:
    """An account that never worked is deleted, password and all; other visitors see nothing of it."""
    sent(served, file=str(home / "a.ics"))
    again = served.get("/welcome/account").text
    assert 'value="anna.n"' in again
    assert 'name="replace" value="anna.n" checked' in again
    sent(served, login="bert.o", replace="anna.n", file=str(home / "a.ics"))
    assert Config().account_names == ("bert.o",)
    assert vaults().find("anna.n") is None
    sent(served, login="bert.p", replace="bert.o")
    assert load_account("bert.p", Config()).outputs == (str(home / "Downloads" / "planning.ics"),)
    sent(served, login="bert.o", replace="bert.p")
    assert load_account("bert.o", Config()).outputs == (str(home / "Downloads" / "planning.ics"),)
    assert Config().account_names == ("bert.o",)
    assert served.post("/runs/bert.o/redo").headers["location"] == "/welcome/account"
    served.cookie = served.state.authenticator.exchange_token(served.state.authenticator.new_token()) or ""
    assert served.get("/welcome/account").headers["location"] == "/welcome"


def test_another_school_for_the_same_login_takes_the_place(served: Served) -> None:
    """The school was the wrong one: the account keeps its name and its file."""
    sent(served)
    sent(served, school="junia", replace="anna.n")
    assert Config().account_names == ("anna.n",)
    assert load_account("anna.n", Config()).school.id == "junia"


def test_both_accounts_are_kept_where_the_box_is_cleared(served: Served, home: Path) -> None:
    """Each with a file that no visitor had to name; one that is used is refused beside its field, and empty will do."""
    sent(served)
    taken = sent(served, login="bert.o", file=str(home / "Downloads" / "planning.ics"))
    assert taken.status == 422
    assert 'id="wrong-file"' in taken.text
    assert "or leave the field empty" in taken.text
    assert 'name="replace" value="anna.n">' in taken.text
    assert sent(served, login="bert.o").status == 303
    assert Config().account_names == ("anna.n", "bert.o")
    assert load_account("bert.o", Config()).outputs == (str(home / "Downloads" / "planning-bert.o.ics"),)


@pytest.mark.parametrize(("exit_code", "is_replaced"), [(3, True), (5, False)])
def test_another_account_leaves_the_first_one_unless_it_was_refused(
    served: Served, exit_code: int, *, is_replaced: bool
) -> None:
    """By the button that adds one: where the portal was only away, the first one may be right."""
    sent(served)
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=exit_code))
    served.get("/welcome?another=yes")
    served.post("/welcome", typed=PORTAL)
    assert ('name="replace" value="anna.n" checked' in served.get("/welcome/account").text) == is_replaced


def test_an_account_refused_before_a_restart_gives_its_place(served: Served) -> None:
    """The program has forgotten what was typed, but not that this account never worked."""
    sent(served)
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=3))
    served.state.drafts.drop(form_token(served.cookie))
    served.post("/welcome", typed=PORTAL)
    assert 'name="replace" value="anna.n" checked' in served.get("/welcome/account").text
    sent(served, login="anna.m", replace="anna.n")
    assert Config().account_names == ("anna.m",)


def test_an_account_with_a_run_under_way_is_not_replaced(served: Served) -> None:
    """A second tab, a second student: the first run goes on."""
    sent(served)
    with Runs(state_folder(), "anna.n").lock():
        assert 'name="replace"' not in served.get("/welcome/account").text
        sent(served, login="bert.o", replace="anna.n")
    assert Config().account_names == ("anna.n", "bert.o")


@pytest.mark.parametrize(("language", "calendar"), [("en", "en"), ("fr", "fr")])
def test_the_calendar_speaks_the_page_s_language(served: Served, language: str, calendar: str) -> None:
    """That in which the set-up was answered."""
    form = GOOD | {"form_token": form_token(served.cookie)}
    served.ask("POST", "/welcome/account", form=form, headers={"Accept-Language": language})
    assert Config().settings("anna.n").language == calendar


def test_a_language_for_all_accounts_stays(served: Served) -> None:
    """The settings say it, whatever language the page has."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('language = "fr"\n')
    sent(served)
    assert Config().settings("anna.n").language == "fr"


def test_an_account_that_works_is_not_overwritten(served: Served) -> None:
    """The same school and login once more is refused; the same login at another school is another account."""
    sent(served)
    Runs(state_folder(), "anna.n").add(Run(at=datetime.now(UTC), exit_code=0))
    again = sent(served, password="other")
    assert again.status == 422
    assert 'id="wrong-login"' in again.text
    found = vaults().find("anna.n")
    assert found is not None
    assert found[1].get_secret_value() == "canary"
    assert served.get("/welcome").status == 200
    assert sent(served, school="junia").headers["location"] == "/runs/anna.n-junia"
    assert Config().account_names == ("anna.n", "anna.n-junia")


@pytest.mark.slow
def test_a_sealed_age_file_asks_for_its_passphrase(served: Served) -> None:
    """Beside the password; a wrong one is reported there, with the right one the account is made."""
    assert 'name="passphrase"' not in sent(served, password="").text
    file = vaults().age.path
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_bytes(QUICK)
    file.chmod(0o600)
    assert 'name="passphrase"' in sent(served, password="").text
    for given in ("", "wrong"):
        reported = sent(served, passphrase=given)
        assert (reported.status, 'id="wrong-passphrase"' in reported.text) == (422, True)
    assert Config().account_names == ()
    assert sent(served, passphrase=PHRASE.get_secret_value()).status == 303
    assert vaults().age.sealed_with == "passphrase"
    assert file.read_bytes() != QUICK
