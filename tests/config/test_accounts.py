"""Accounts in the settings file: created, completed, distinguished, deleted."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from scraper.config import account_passwords, accounts
from scraper.config.configuration import Config
from scraper.config.schools.school_files import load_school, school_at
from scraper.config.schools.school_search import matching_schools, resembling_schools
from scraper.config.vault.vaults import Vaults, vaults
from scraper.errors import AnotherRun, SettingsError
from scraper.publishing.ledgers import ledger_of_account
from scraper.runs.forget_account import delete_account
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Run, Runs
from tests.cases import for_each

JUNIA = load_school("junia")


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Vaults:
    """The vaults of a machine without a keyring."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return vaults()


def refusal(name: str, login: str = "anna") -> str:
    """Why Junia's account of that name and login cannot be created."""
    with pytest.raises(SettingsError) as caught:
        accounts.create_account(name, JUNIA, login, Config())
    return caught.value.reason


def test_new_account_is_written_at_once() -> None:
    """Creating the same account again creates no second one."""
    assert accounts.create_account("anna", JUNIA, "anna", Config())
    assert not accounts.create_account("anna", JUNIA, "anna", Config())
    named = accounts.load_account("anna", Config())
    assert (named.school, named.login, Config().account_names) == (JUNIA, "anna", ("anna",))


def test_school_and_login_belong_to_one_account() -> None:
    """Another name for the same, the same name for another, and similar names are refused."""
    accounts.create_account("anna", JUNIA, "anna", Config())
    assert refusal("ben") == "account-same"
    assert refusal("anna", "ben") == "account-taken"
    assert refusal("ANNA", "ben") == "account-taken"
    assert refusal("a b", "ben") == "account-name"
    with pytest.raises(SettingsError, match="account-same"):
        accounts.create_account("c", school_at("https://aurion.yncrea.fr"), "anna", Config())
    assert Config().account_names == ("anna",)


def test_other_address_of_a_school_is_stored() -> None:
    """At its own address a known school is stored by its id."""
    for name, url in (("anna", "https://aurion.junia.com/faces/Login.xhtml"), ("ben", "https://aurion.junia.com/new")):
        accounts.create_account(name, school_at(url), name, Config())
    settings = [Config().settings(name) for name in Config().account_names]
    assert [(one.school, one.url) for one in settings] == [("junia", None), (None, "https://aurion.junia.com/new")]


def test_new_account_gets_its_own_output() -> None:
    """The file has one output for all accounts; the settings stay valid."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('output = "~/all.ics"\n', encoding="utf-8")
    for name in ("anna", "ben"):
        accounts.create_account(name, JUNIA, name, Config())
    outputs = [accounts.load_account(name, Config()).outputs for name in Config().account_names]
    assert [Path(path).name for (path,) in outputs] == ["planning.ics", "planning-ben.ics"]


def test_options_are_stored_with_absolute_paths(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values keep their type; the file of another account is refused."""
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


def test_deleted_account_keeps_its_calendar(places: Vaults) -> None:
    """Password, session, ledger, runs and table are deleted; the other account stays."""
    for name in ("anna", "ben"):
        accounts.create_account(name, JUNIA, name, Config())
        account_passwords.store_password(name, SecretStr("geheim"), places.home(name).vault, state_folder())
        named = accounts.load_account(name, Config())
        for file in (ledger_of_account(named.account()).path, named.account().session_file.path):
            file.parent.mkdir(exist_ok=True)
            file.write_text("x", encoding="utf-8")
    calendar = Path(accounts.load_account("anna", Config()).outputs[0])
    calendar.write_text("OLD", encoding="utf-8")
    with Runs(state_folder(), "anna").lock(), pytest.raises(AnotherRun):  # an export would write it all again
        delete_account("anna", Config(), places)
    assert places.find("anna")
    assert delete_account("anna", Config(), places) == (str(calendar),)
    assert calendar.read_text(encoding="utf-8") == "OLD"
    assert Config().account_names == ("ben",)
    assert (places.find("anna"), account_passwords.password_location("ben", places)) == (None, ("age file", False))
    kept = [path for path in state_folder().rglob("*") if path.suffix in {".sqlite", ".json"}]
    assert len(kept) == 3
    with pytest.raises(SettingsError, match="unknown-account"):
        delete_account("anna", Config(), places)


def test_new_password_allows_the_next_run(places: Vaults) -> None:
    """The account was blocked after a refused login."""
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
def test_school_is_found_by_a_part_of_its_name(typed: str, ids: list[str]) -> None:
    """Case and accents do not matter; all matching schools are returned."""
    assert [school.id for school in matching_schools(typed)] == ids


def test_misspelt_school_is_suggested() -> None:
    """Suggest the school without choosing it."""
    assert not matching_schools("juna")
    assert [school.id for school in resembling_schools("juna")] == ["junia"]


@for_each(("login", "name"), [("anna@a.fr", "anna@a.fr"), ("DOM\\anna b", "DOM-anna-b"), ("--", "aurion"), ("é", "é")])
def test_account_is_named_after_its_login(login: str, name: str) -> None:
    """Invalid characters are replaced."""
    assert accounts.default_name(login) == name
