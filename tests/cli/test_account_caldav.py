"""`aurion account caldav`: a calendar at a server; its password is never shown."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest
from pydantic import SecretStr

from scraper.config.configuration import Config
from scraper.config.vault.vaults import vaults
from scraper.demo import LOGIN, Demo
from scraper.demo import PASSWORD as PORTALS
from scraper.domain.sink_kind import Destination
from scraper.errors import SettingsError
from scraper.publishing.destinations import add_destination, remove_destination
from scraper.system.paths import settings_file, state_folder
from tests.cases import for_each
from tests.commands import Done, RunHere, SharedBrowsers, run_here
from tests.lessons import lessons_ahead
from tests.sinks.caldav_servers import PASSWORD, USER, Radicale, radicale_in, saying

pytestmark = pytest.mark.slow

FORMS = (PASSWORD, json.dumps(PASSWORD)[1:-1], json.dumps(PASSWORD, ensure_ascii=False)[1:-1])


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    """Start a CalDAV server."""
    with radicale_in(tmp_path) as server:
        yield server


@pytest.fixture
def aurion(home: Path, monkeypatch: pytest.MonkeyPatch, browsers: SharedBrowsers) -> RunHere:
    """Return a function that runs the command without terminal and keyring, and finds no password in its output."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")

    def run(*arguments: str, typed: str = "") -> Done:
        done = browsers.run(*arguments, typed=typed, cwd=home)
        assert not any(form in done.stdout + done.stderr for form in FORMS)
        return done

    return run


def test_calendar_at_a_server_is_added_updated_and_kept(aurion: RunHere, radicale: Radicale, home: Path) -> None:
    """It is added, filled, not written without a change, reported when edited, and kept when the account is removed."""
    address = radicale.collection("plan")
    caldav = ("account", "caldav", "moi", "--url", address, "--user", USER, "--password-stdin")
    with Demo(events=lessons_ahead()) as demo:
        portal = ("--url", demo.url, "--login", LOGIN, "--months", "1", "--password-stdin", "--no-login-test")
        assert aurion("account", "add", "--name", "moi", *portal, typed=f"{PORTALS}\n").returncode == 0
        refused = aurion(*caldav, typed="faux\n")
        assert (refused.returncode, "caldav" in settings_file().read_text()) == (8, False), refused.stdout
        assert aurion(*caldav, typed=f"{PASSWORD}\n").returncode == 0
        radicale.asked.clear()
        first = json.loads(aurion("export", "moi", "--json").stdout)
        assert first["outputs"] == [str(home / "Downloads/planning.ics"), address]
        current = len(radicale.events(radicale.sink_at(address)))
        assert (current, radicale.since().count("PUT")) == (first["events"], first["events"])
        name, body = next(iter(radicale.events(radicale.sink_at(address)).items()))
        assert aurion("export", "--all", "--unattended").returncode == 0
        assert radicale.since() == ["REPORT"]
        rmtree(home / ".local/state/aurion-planning")
        again = json.loads(aurion("export", "moi", "--json").stdout)
        assert (again["events"], radicale.since().count("PUT")) == (first["events"], 0), (
            "the events of the server are recognised"
        )
        assert len(radicale.events(radicale.sink_at(address))) == current
        radicale.write(radicale.sink_at(address), name, body.replace(b"DESCRIPTION:", b"DESCRIPTION:(moi) "))
        reported = aurion("export", "moi")
        assert (reported.returncode, f"edited at {address}" in reported.stderr) == (0, True)
    (listed,) = json.loads(aurion("account", "list", "--json").stdout)
    assert listed["outputs"][1:] == [address]
    rows = {row["name"]: row for row in json.loads(aurion("config", "show", "moi", "--json").stdout)["settings"]}
    assert rows["outputs"]["value"][1] == {"caldav": address, "user": USER}
    assert rows[f"password {address}"]["value"] == "present"
    assert address in aurion("account", "remove", "moi", "--yes").stdout
    assert len(radicale.events(radicale.sink_at(address))) == current
    state = home / ".local/state/aurion-planning/caldav"
    assert list(state.glob("*.json")) == []
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert not [path for path in kept if any(form.encode() in path.read_bytes() for form in FORMS)]


def test_calendar_is_selected_by_name_at_the_server(aurion: RunHere, radicale: Radicale) -> None:
    """An existing calendar must be named; a new name creates a calendar, and the next time selects it."""
    mine = radicale.collection("personal")
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('[accounts.moi]\nschool = "junia"\nlogin = "x"\n', encoding="utf-8")
    at = ("account", "caldav", "moi", "--url", radicale.address, "--user", USER, "--password-stdin")
    unsaid = aurion(*at, typed=f"{PASSWORD}\n")
    assert (unsaid.returncode, "personal" in unsaid.stderr, "--calendar" in unsaid.stderr) == (2, True, True)
    assert "caldav" not in settings_file().read_text(encoding="utf-8")
    for made in (True, False):
        done = aurion(*at, "--calendar", "Cours", typed=f"{PASSWORD}\n")
        assert (done.returncode, "Calendar created" in done.stdout) == (0, made), done.stderr
    text = settings_file().read_text(encoding="utf-8")
    assert (text.count("caldav ="), f'"{radicale.address}/{USER}/cours/"' in text) == (1, True)
    other = aurion("account", "caldav", "moi", "--url", mine, *at[5:], "--calendar", "Cours", typed=f"{PASSWORD}\n")
    assert (other.returncode, text) == (2, settings_file().read_text(encoding="utf-8"))


def test_password_is_not_stored_if_the_settings_are_refused(aurion: RunHere, home: Path) -> None:
    """An older password is kept, and a password is removed only if the settings change."""
    address = "https://cloud.test/anna/"
    settings_file().parent.mkdir(parents=True)
    good = f"""[accounts.moi]\nschool = "junia"\nlogin = "x"\noutput = "a.ics"\n[accounts.other]\nschool = "junia"
login = "y"\noutputs = [{{ caldav = "{address}", user = "b" }}]\n"""
    settings_file().write_text(good, encoding="utf-8")
    at = ("account", "caldav", "moi", "--url", address, "--user", USER, "--password-stdin", "--no-login-test")
    assert aurion(*at, typed=f"{PASSWORD}\n").returncode == 2
    assert not list((home / ".local/share").rglob("*.age"))
    settings_file().write_text(good.partition("[accounts.other]")[0], encoding="utf-8")
    assert aurion(*at, typed=f"{PASSWORD}\n").returncode == 0
    output, places = Destination(kind="caldav", address=address, user=USER), vaults()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("scraper.publishing.destinations.change_outputs", refuse_settings)
        for act in (
            lambda: remove_destination("moi", output, places, state_folder()),
            lambda: add_destination("moi", replace(output, user="c"), SecretStr("x"), places, Config()),
        ):
            with pytest.raises(SettingsError):
                act()
    assert [places.find(replace(output, user=user).secret) is None for user in (USER, "c")] == [False, True]


def refuse_settings(*_: object) -> None:
    """Raise the error of settings that cannot be written."""
    raise SettingsError("settings-write", path="x", detail="y")


def test_remove_deletes_the_destination_only(aurion: RunHere) -> None:
    """Its password and address are removed; the calendar file and the comments stay. A single one needs no name."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(
        '[accounts.moi] # mine\nschool = "junia"\nlogin = "x"\noutput = "~/a.ics"\n', encoding="utf-8"
    )
    wrong = aurion("account", "caldav", "moi", "--remove")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (2, 2)
    at = ("account", "caldav", "moi", "--url", "https://cloud.test/dav/anna/plan", "--user", USER, "--password-stdin")
    for _ in range(2):
        assert aurion(*at, "--no-login-test", typed=f"{PASSWORD}\n").returncode == 0
    text = settings_file().read_text(encoding="utf-8")
    assert text.count("[[accounts.moi.outputs]]") == 2
    assert 'path = "~/a.ics"' in text
    assert 'caldav = "https://cloud.test/dav/anna/plan/"' in text
    assert aurion("account", "caldav", "moi", "--remove").returncode == 0
    assert "caldav" not in settings_file().read_text(encoding="utf-8")
    assert "# mine" in settings_file().read_text(encoding="utf-8")
    assert aurion("account", "caldav", "moi", "--remove").returncode == 2


@for_each(
    ("arguments", "detail"),
    [
        ((), "--url"),
        (("--url", "https://cloud.test", "--user", "a", "--no-login-test"), "--no-login-test"),
        (("--url", "https://cloud.test", "--user", "a", "--no-login-test", "--calendar", "x"), "--calendar"),
        (("--url", "http://cloud.test/anna/"), "https"),
        (("--url", f"https://{USER}:canary@cloud.test/anna/"), "https"),
        (("--url", "https://cloud.test?x"), "https"),
        (("--url", "cloud.test"), "--user"),
        (("--url", "https://cloud.test/anna/"), "--user"),
        (("--url", "https://cloud.test/anna/", "--user", "a"), "--password-stdin"),
    ],
)
def test_account_caldav_without_a_terminal_explains_errors(
    aurion: RunHere, arguments: tuple[str, ...], detail: str
) -> None:
    """A missing or invalid value is one sentence and one hint; a password in an address is not shown."""
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text('[accounts.moi]\nschool = "junia"\nlogin = "x"\n', encoding="utf-8")
    done = aurion("account", "caldav", "moi", *arguments)
    assert (done.returncode, len(done.stderr.splitlines()), detail in done.stderr) == (2, 2, True), done.stderr
    assert "canary" not in done.stderr


def test_export_without_the_servers_password_fails_at_once(home: Path) -> None:
    """The error comes before a request to the portal, and names the command that stores the password."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(
        '[accounts.moi]\nurl = "http://127.0.0.1:9"\nlogin = "x"\n'
        'outputs = [{caldav = "https://cloud.test/anna/", user = "anna"}]\n',
        encoding="utf-8",
    )
    done = run_here("export", "moi", "--password-stdin", typed="x\n", cwd=home, LANG="en_GB.UTF-8")
    assert (done.returncode, "aurion account caldav moi" in done.stderr) == (8, True), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal and /proc")
def test_account_caldav_asks_at_a_terminal(aurion: RunHere, radicale: Radicale, home: Path) -> None:
    """Address, user and password are asked for, and the password is not echoed."""
    from tests.cli.terminal import Terminal  # noqa: PLC0415 - there is no pty elsewhere

    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('[accounts.moi]\nschool = "junia"\nlogin = "x"\n', encoding="utf-8")
    terminal = Terminal("account", "caldav", "moi", cwd=home)
    terminal.answer("Address of the server", radicale.collection("plan"))
    terminal.answer("User name", USER)
    terminal.answer("Password of anna", PASSWORD)
    assert (terminal.end(), PASSWORD in terminal.shown) == (0, False), terminal.shown
    terminal = Terminal("account", "caldav", "moi", "--url", radicale.address, "--user", USER, cwd=home)
    terminal.answer("Password of anna", PASSWORD)
    terminal.answer("Which one", "plan")
    assert (terminal.end(), "Calendars at" in terminal.shown) == (0, True), terminal.shown
    assert [row["outputs"][1] for row in json.loads(aurion("account", "list", "--json").stdout)] == [
        f"{radicale.address}/{USER}/plan/"
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal and /proc")
@pytest.mark.usefixtures("aurion")
@pytest.mark.parametrize(("answer", "code"), [("", 8), ("y", 0)])
def test_another_host_gets_the_password_after_a_confirmation(
    radicale: Radicale, home: Path, answer: str, code: int
) -> None:
    """The command asks whether the other host may get the password; an empty answer is no."""
    from tests.cli.terminal import Terminal  # noqa: PLC0415 - there is no pty elsewhere

    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('[accounts.moi]\nschool = "junia"\nlogin = "x"\n', encoding="utf-8")
    (home / "other").mkdir()
    with radicale_in(home / "other") as other:
        radicale.instead = saying("302 Found", ("Location", f"{other.address}/{USER}/"))
        plan = other.collection("plan")
        terminal = Terminal("account", "caldav", "moi", "--url", radicale.address, "--user", USER, cwd=home)
        terminal.answer("Password of anna", PASSWORD)
        terminal.expect(f"{other.address}/{USER}/")
        assert other.asked == []
        terminal.answer("[y/N]", answer)
        if code == 0:
            terminal.answer("Which one", "plan")
        assert terminal.end() == code
        assert bool(other.asked) is (code == 0)
    assert (plan in settings_file().read_text(encoding="utf-8")) is (code == 0)
