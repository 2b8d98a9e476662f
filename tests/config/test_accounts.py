"""Accounts in the settings file: created, completed, distinguished, deleted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from scraper.config import account_passwords, accounts
from scraper.config.configuration import Config
from scraper.config.schools.school_files import load_school, school_at
from scraper.config.schools.school_search import matching_schools, resembling_schools
from scraper.config.vault import Vaults, vaults
from scraper.errors import SettingsError
from scraper.publishing.ledgers import ledger_of_account
from scraper.runs.forget_account import delete_account
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Run, Runs
from tests.cases import for_each

JUNIA = load_school("junia")


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Vaults:
    """The places for passwords of a machine without a keyring."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return vaults()


def refusal(name: str, login: str = "anna") -> str:
    """Why Junia's account of that name and login cannot be created."""
    with pytest.raises(SettingsError) as caught:
        accounts.create_account(name, JUNIA, login, Config())
    return caught.value.reason


def test_who_it_is_is_written_first() -> None:
    """School and login are in the file at once; the same again is no second account."""
    assert accounts.create_account("anna", JUNIA, "anna", Config())
    assert not accounts.create_account("anna", JUNIA, "anna", Config())
    named = accounts.load_account("anna", Config())
    assert (named.school, named.login, Config().account_names) == (JUNIA, "anna", ("anna",))


def test_one_school_and_login_are_one_account() -> None:
    """Another name for the same, the same name for another, and names alike are refused: they have one ledger each."""
    accounts.create_account("anna", JUNIA, "anna", Config())
    assert refusal("ben") == "account-same"
    assert refusal("anna", "ben") == "account-taken"
    assert refusal("ANNA", "ben") == "account-taken"
    assert refusal("a b", "ben") == "account-name"
    with pytest.raises(SettingsError, match="account-same"):
        accounts.create_account("c", school_at("https://aurion.yncrea.fr"), "anna", Config())
    assert Config().account_names == ("anna",)


def test_another_address_of_a_school_is_kept() -> None:
    """A known school at its own address is written by its id, at another one by that."""
    for name, url in (("anna", "https://aurion.junia.com/faces/Login.xhtml"), ("ben", "https://aurion.junia.com/new")):
        accounts.create_account(name, school_at(url), name, Config())
    settings = [Config().settings(name) for name in Config().account_names]
    assert [(one.school, one.url) for one in settings] == [("junia", None), (None, "https://aurion.junia.com/new")]


def test_a_general_output_is_not_shared() -> None:
    """Where the file names one output for all, a new account gets its own at once: all settings stay right."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('output = "~/all.ics"\n', encoding="utf-8")
    for name in ("anna", "ben"):
        accounts.create_account(name, JUNIA, name, Config())
    outputs = [accounts.load_account(name, Config()).outputs for name in Config().account_names]
    assert [Path(path).name for (path,) in outputs] == ["planning.ics", "planning-ben.ics"]


def test_options_are_kept_where_they_lead_from_anywhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was given is written with its type, a relative path whole; another account's file is refused."""
    monkeypatch.chdir(home)
    accounts.create_account("anna", JUNIA, "anna", Config())
    given = Config(
        options={"months": "3", "output": "a.ics", "login_hosts": ["cas.a.fr"], "first": "2026-09-01"}
    ).settings()
    accounts.update_account("anna", given, ("months", "output", "login_hosts", "first", "visible"), Config())
    monkeypatch.chdir("/")
    anna = Config().settings("anna")
    assert (anna.months, anna.output, anna.login_hosts) == (3, str(home / "a.ics"), ("cas.a.fr",))
    assert str(anna.first) == "2026-09-01"
    assert accounts.missing_settings("anna", Config()) == ()
    accounts.create_account("ben", JUNIA, "ben", Config())
    assert accounts.missing_settings("ben", Config()) == ("months", "output")
    with pytest.raises(SettingsError, match="account-file"):
        accounts.refuse_shared("ben", "~/a.ics", Config())


def test_forgetting_leaves_the_calendar_alone(places: Vaults) -> None:
    """Password, session, ledger, runs and table go; the calendar and the other account stay."""
    for name in ("anna", "ben"):
        accounts.create_account(name, JUNIA, name, Config())
        account_passwords.store_password(name, SecretStr("geheim"), places.home(name).vault, state_folder())
        named = accounts.load_account(name, Config())
        for file in (ledger_of_account(named.account()).path, named.account().session_file.path):
            file.parent.mkdir(exist_ok=True)
            file.write_text("x", encoding="utf-8")
    calendar = Path(accounts.load_account("anna", Config()).outputs[0])
    calendar.write_text("OLD", encoding="utf-8")
    assert delete_account("anna", Config(), places) == (str(calendar),)
    assert calendar.read_text(encoding="utf-8") == "OLD"
    assert Config().account_names == ("ben",)
    assert (places.find("anna"), account_passwords.password_location("ben", places)) == (None, ("age file", False))
    kept = [path for path in state_folder().rglob("*") if path.suffix in {".sqlite", ".json"}]
    assert len(kept) == 3
    with pytest.raises(SettingsError, match="unknown-account"):
        delete_account("anna", Config(), places)


def test_a_new_password_allows_the_next_run(places: Vaults) -> None:
    """An account with a refused login is no longer blocked once its password is set again."""
    accounts.create_account("anna", JUNIA, "anna", Config())
    runs = Runs(state_folder(), "anna")
    runs.add(Run(at=datetime.now(UTC), exit_code=3))
    assert runs.is_blocked()
    account_passwords.store_password("anna", SecretStr("geheim"), places.age, state_folder())
    assert not runs.is_blocked()


@for_each(
    ("typed", "ids"),
    [
        ("JUNIA", ["junia"]),
        ("isen", ["isen-mediterranee", "isen-ouest", "junia"]),
        ("isen méditerranée", ["isen-mediterranee"]),
        ("junia.com", ["junia"]),
        ("brest", ["isen-ouest"]),
        ("", []),
        ("zzz", []),
    ],
)
def test_a_school_is_found_by_what_is_typed(typed: str, ids: list[str]) -> None:
    """A part of its name, id or address, whatever the case and accents; several are all reported."""
    assert [school.id for school in matching_schools(typed)] == ids


def test_a_school_typed_wrong_is_offered() -> None:
    """A letter missing: the school is offered, not taken."""
    assert not matching_schools("juna")
    assert [school.id for school in resembling_schools("juna")] == ["junia"]


@pytest.mark.parametrize(
    ("login", "name"), [("anna@a.fr", "anna@a.fr"), ("DOM\\anna b", "DOM-anna-b"), ("--", "aurion"), ("é", "é")]
)
def test_an_account_is_called_by_its_login(login: str, name: str) -> None:
    """What no name may have is replaced."""
    assert accounts.default_name(login) == name
