"""The commands `aurion account`, with and without a terminal."""

import json
import shlex
import sys
from functools import partial
from pathlib import Path

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault
from scraper.system.paths import settings_file
from tests.cases import for_each
from tests.commands import RunHere, SharedBrowsers, run_here


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set English messages, and no keyring."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")


@pytest.fixture
def aurion(home: Path, browsers: SharedBrowsers) -> RunHere:
    """Return a function that runs the command in the empty home; `typed` is its standard input."""
    return partial(browsers.run, cwd=home, AURION_MONTHS="")


def logins(demo: Demo) -> int:
    """Return how often a password was sent."""
    return [exchange.kind for exchange in demo.log].count("login")


def listed(aurion: RunHere) -> list[dict[str, object]]:
    """Return the accounts of `account list --json`."""
    return list(json.loads(aurion("account", "list", "--json").stdout))


def test_account_is_added_shown_and_removed(demo: Demo, aurion: RunHere, home: Path) -> None:
    """`add` logs in once and exports; `list`, `config show`, `logout`, `password` and `remove` use the account."""
    one = ("--url", demo.url, "--login", LOGIN, "--months", "1", "--password-stdin")
    done = aurion("account", "add", *one, "--name", "moi", typed=f"{PASSWORD}\n")
    assert (done.returncode, logins(demo)) == (0, 1), done.stderr
    (reported,) = listed(aurion)
    assert list(reported) == ["name", "school", "url", "login", "password", "outputs", "last_run"]
    calendar = home / "Downloads/planning.ics"
    assert (reported["name"], reported["url"], reported["password"]) == ("moi", demo.url, "age file")
    assert (reported["outputs"], reported["last_run"]["exit_code"]) == ([str(calendar)], 0)  # type: ignore[index]
    assert calendar.read_bytes().count(b"BEGIN:VEVENT") > 20
    shown = json.loads(aurion("config", "show", "moi", "--json").stdout)
    settings = {setting["name"]: setting for setting in shown["settings"]}
    assert settings["months"]["value"] == 1
    assert (settings["months"]["origin"]["name"], settings["months"]["origin"]["line"]) == ("moi", 4)
    assert settings["password"] == {"name": "password", "value": "present", "origin": {"kind": "age file"}}
    assert not [path for path in home.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert "1 session removed" in aurion("logout").stdout
    assert "No saved session" in aurion("logout").stdout
    assert "age file" in aurion("account", "password", "moi", "--show-location").stdout
    assert aurion("account", "remove", "moi").returncode == 2
    assert str(calendar) in aurion("account", "remove", "moi", "--yes").stdout
    assert (listed(aurion), calendar.exists()) == ([], True)


def test_refused_password_is_not_stored(demo: Demo, aurion: RunHere) -> None:
    """Exit code 3 after one attempt; the account is stored without its password, and `add` continues with another."""
    one = ("account", "add", "--url", demo.url, "--login", LOGIN, "--password-stdin")
    done = aurion(*one, "--months", "1", "--name", "moi", typed="faux\n")
    assert (done.returncode, logins(demo)) == (3, 1)
    assert "account add --name moi" in done.stderr
    (reported,) = listed(aurion)
    assert (reported["password"], reported["last_run"]["exit_code"]) == ("absent", 3)  # type: ignore[index]
    done = aurion("account", "add", "--name", "moi", "--password-stdin", "--json", typed=f"{PASSWORD}\n")
    assert (done.returncode, json.loads(done.stdout)["period"]["last"][:4].isdecimal()) == (0, True), done.stderr
    assert (logins(demo), listed(aurion)[0]["password"]) == (2, "age file")


def test_password_is_stored_if_the_portal_is_down(demo: Demo, aurion: RunHere) -> None:
    """Exit code 5; the account and its password are stored for the next export."""
    demo.control.faults = (Fault(method="GET", status=503),)
    one = ("--url", demo.url, "--login", LOGIN, "--timeout", "5")
    done = aurion("account", "add", *one, "--name", "moi", "--password-stdin", typed=f"{PASSWORD}\n")
    assert (done.returncode, listed(aurion)[0]["password"]) == (5, "age file"), done.stderr
    assert "next export tries again" in done.stderr


@for_each(
    ("command", "code", "detail"),
    [
        ("add --login x", 2, "No school"),
        ("add --school junia", 2, "login"),
        ("add --school isen --login x", 2, "isen-ouest"),
        ("add --school junia --login x", 2, "password"),
        ("add --school junia --login x --name 'a b'", 2, "a b"),
        ("add --school junia --login x --months many", 2, "many"),
        ("add --school junia --login x --no-login-test", 0, ""),
        ("remove unknown --yes", 2, "aurion account add"),
        ("password unknown", 2, "aurion account add"),
    ],
)
def test_account_without_a_terminal_explains_errors(home: Path, command: str, code: int, detail: str) -> None:
    """A missing or invalid value is one sentence and one hint, without a question."""
    done = run_here("account", *shlex.split(command), cwd=home)
    settings_file().unlink(missing_ok=True)
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 2 if code else 0), done.stderr
    assert detail in done.stderr


def test_config_show_hides_secrets(home: Path) -> None:
    """`config show` shows that a secret is set, but not its value."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('notify = ["mailto://a:canary@b.example"]\n', encoding="utf-8")
    for options in ((), ("--json",)):
        done = run_here("config", "show", *options, cwd=home)
        assert (done.returncode, "present" in done.stdout, "canary" in done.stdout) == (0, True, False)


def test_group_without_a_command_prints_its_help(home: Path) -> None:
    """`aurion account` without a command prints its help."""
    done = run_here("account", cwd=home)
    assert (done.returncode, "remove" in done.stdout, done.stderr) == (0, True, "")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal and /proc")
def test_cancelled_account_add_continues_with_the_next_question(demo: Demo, home: Path) -> None:
    """`account add` continues at the question where it was cancelled; the password is sent once."""
    from tests.cli.terminal import CTRL_C, CTRL_D, Terminal  # noqa: PLC0415 - there is no pty elsewhere

    def add(*answers: tuple[str, str]) -> tuple[int, str]:
        terminal = Terminal("account", "add", "--name", "moi", cwd=home)
        for question, typed in answers:
            terminal.answer(question, typed)
        return terminal.end(), terminal.shown

    assert add(("school", CTRL_C))[0] == 130
    assert not settings_file().exists()
    school, login = [("school", ""), ("school", "isen"), ("school", "99"), ("school", demo.url)], ("Login", LOGIN)
    code, shown = add(*school, login, ("Password", CTRL_D))
    assert (code, "account add --name moi" in shown) == (130, True)
    assert add(("Password", PASSWORD), ("months", "many"), ("months", "1"), ("file", CTRL_C))[0] == 130
    assert "months = 1" in settings_file().read_text(encoding="utf-8")
    assert logins(demo) == 0
    code, shown = add(("Password", PASSWORD), ("file", "/nowhere/a.ics"), ("file", "a.ics"))
    assert (code, logins(demo), (home / "a.ics").exists()) == (0, 1, True), shown
    assert PASSWORD not in shown


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal and /proc")
def test_mail_address_suggests_the_school(home: Path) -> None:
    """A mail address as school or login suggests the school; `remove` asks, and an empty answer is no."""
    from tests.cli.terminal import CTRL_C, Terminal  # noqa: PLC0415 - there is no pty elsewhere

    terminal = Terminal("account", "add", cwd=home)
    terminal.answer("school", "anna@student.junia.com")
    terminal.answer("[anna@student.junia.com]", "")
    terminal.answer("Password", CTRL_C)
    assert terminal.end() == 130
    terminal = Terminal("account", "add", "--login", "ben@student.junia.com", "--no-login-test", cwd=home)
    terminal.answer("[Junia (ISEN, HEI, ISA Lille)]", "")
    for question, typed in (("Password", "x"), ("months", ""), ("file", "")):
        terminal.answer(question, typed)
    assert terminal.end() == 0, terminal.shown
    text = settings_file().read_text(encoding="utf-8")
    assert text.count('school = "junia"') == 2
    terminal = Terminal("account", "remove", "ben@student.junia.com", cwd=home)
    terminal.answer("[y/N]", "")
    assert terminal.end() == 0
    assert settings_file().read_text(encoding="utf-8") == text
