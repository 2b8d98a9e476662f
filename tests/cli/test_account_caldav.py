"""`aurion account caldav`: a calendar at a server beside the file; its password is shown nowhere."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import pytest
from pydantic import SecretStr

from scraper.config.configuration import Config
from scraper.config.vault import vaults
from scraper.demo import LOGIN, Demo
from scraper.demo import PASSWORD as PORTALS
from scraper.domain.sink_kind import Destination
from scraper.errors import SettingsError
from scraper.publishing.destinations import add_destination, remove_destination
from scraper.system.paths import settings_file, state_folder
from tests.commands import Done, RunHere, SharedBrowsers, run_here
from tests.lessons import lessons_ahead
from tests.sinks.caldav_servers import PASSWORD, USER, Radicale, radicale_in, saying

pytestmark = pytest.mark.slow

FORMS = (PASSWORD, json.dumps(PASSWORD)[1:-1], json.dumps(PASSWORD, ensure_ascii=False)[1:-1])


@pytest.fixture
def radicale(tmp_path: Path) -> Iterator[Radicale]:
    """A server."""
    with radicale_in(tmp_path) as server:
        yield server


@pytest.fixture
def aurion(home: Path, monkeypatch: pytest.MonkeyPatch, browsers: SharedBrowsers) -> RunHere:
    """Run the command in the empty home, without a terminal or a keyring; nothing it says holds the password."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")

    def run(*arguments: str, typed: str = "") -> Done:
        done = browsers.run(*arguments, typed=typed, cwd=home)
        assert not any(form in done.stdout + done.stderr for form in FORMS)
        return done

    return run


def test_a_calendar_at_a_server_from_begin_to_end(aurion: RunHere, radicale: Radicale, home: Path) -> None:
    """Added, exported, left alone where nothing changed, reported, and forgotten: what is there stays."""
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
        assert (again["events"], radicale.since().count("PUT")) == (first["events"], 0), "what is there is ours"
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


def test_found_from_the_servers_address(aurion: RunHere, radicale: Radicale) -> None:
    """No calendar is taken that was not named; a new name makes one, and the next time it is that one."""
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


def test_where_the_settings_refuse_no_password_is_kept(aurion: RunHere, home: Path) -> None:
    """One that was kept before is still that; taken out again, it stays where the settings stay."""
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
        patched.setattr("scraper.publishing.destinations.change_outputs", refusing)
        for act in (
            lambda: remove_destination("moi", output, places, state_folder()),
            lambda: add_destination("moi", replace(output, user="c"), SecretStr("x"), places, Config()),
        ):
            with pytest.raises(SettingsError):
                act()
    assert [places.find(replace(output, user=user).secret) is None for user in (USER, "c")] == [False, True]


def refusing(*_: object) -> None:
    """Settings that cannot be written."""
    raise SettingsError("settings-write", path="x", detail="y")


def test_taken_out_again(aurion: RunHere) -> None:
    """Its password and address are forgotten, the file and comments stay; the one there is need not be named."""
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


@pytest.mark.parametrize(
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
def test_without_a_terminal_everything_is_explained(aurion: RunHere, arguments: tuple[str, ...], detail: str) -> None:
    """What lacks or is wrong is one sentence and a hint; a password in an address is not repeated."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('[accounts.moi]\nschool = "junia"\nlogin = "x"\n', encoding="utf-8")
    done = aurion("account", "caldav", "moi", *arguments)
    assert (done.returncode, len(done.stderr.splitlines()), detail in done.stderr) == (2, 2, True), done.stderr
    assert "canary" not in done.stderr


def test_without_its_password_nothing_is_started(home: Path) -> None:
    """The portal is not asked: the message says at once how to keep one."""
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(
        '[accounts.moi]\nurl = "http://127.0.0.1:9"\nlogin = "x"\n'
        'outputs = [{caldav = "https://cloud.test/anna/", user = "anna"}]\n',
        encoding="utf-8",
    )
    done = run_here("export", "moi", "--password-stdin", typed="x\n", cwd=home, LANG="en_GB.UTF-8")
    assert (done.returncode, "aurion account caldav moi" in done.stderr) == (8, True), done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal of our own, and /proc to see who waits")
def test_at_a_terminal_it_is_asked_for(aurion: RunHere, radicale: Radicale, home: Path) -> None:
    """Address, user and password, which is not echoed."""
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


@pytest.mark.skipif(sys.platform != "linux", reason="a terminal of our own, and /proc to see who waits")
@pytest.mark.usefixtures("aurion")
@pytest.mark.parametrize(("answer", "code"), [("", 8), ("y", 0)])
def test_another_host_gets_the_password_by_a_word_only(radicale: Radicale, home: Path, answer: str, code: int) -> None:
    """It is named and asked for at a terminal; nothing given is no."""
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
