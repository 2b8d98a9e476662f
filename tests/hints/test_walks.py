"""The main errors made for real, with a portal: what the hint says is typed as it is written, and the run succeeds."""

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scraper.demo import LOGIN, PASSWORD, Demo, Fault, Rubrique, Variant
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs
from tests.cli.conftest import EMPTY
from tests.commands import Done, SharedBrowsers
from tests.sinks.caldav_servers import PASSWORD as SERVERS
from tests.sinks.caldav_servers import USER, radicale_in

Start = Callable[..., "Person"]
pytestmark = pytest.mark.timeout(600)
"""Seconds: a walk is several exports."""


def lessons() -> list[Mapping[str, object]]:
    """Ten lessons to come, one a day at noon."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    starts = [noon + timedelta(days=day) for day in range(2, 12)]
    return [
        {
            "id": str(70_000_000 + number), "title": "ISEN B204\n\nAnglais\nCOURS_TD\nMadame OSMONT",
            "start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat(), "allDay": False,
            "className": "COURS_TD",
        }
        for number, start in enumerate(starts)
    ]  # fmt: skip


@dataclass(slots=True)
class Person:
    """Someone with the account `anna` at a demo portal, at a terminal without a keyring."""

    demo: Demo
    home: Path
    browsers: SharedBrowsers

    def run(self, command: str, typed: str = "", **variables: str) -> Done:
        """The command, with the words before it that a hint writes."""
        arguments = shlex.split(command.removeprefix("aurion "))
        return self.browsers.run(*arguments, cwd=self.home, typed=typed, **variables)

    def fails(self, command: str, typed: str = "", **variables: str) -> dict[str, Any]:
        """The error, as the command with --json says it."""
        done = self.run(f"{command} --json", typed, **variables)
        assert done.returncode, done.stdout
        return dict(json.loads(done.stdout))

    def does(self, command: str, typed: str = "", **variables: str) -> str:
        """What the command says, which goes well."""
        done = self.run(command, typed, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def problem(self) -> Mapping[str, str]:
        """What `status` says is wrong with anna."""
        (account,) = json.loads(self.run("status --json").stdout)["accounts"]
        return dict(account["problem"] or {"message": "", "hint": ""})


@pytest.fixture
def start(home: Path, monkeypatch: pytest.MonkeyPatch, browsers: SharedBrowsers) -> Iterator[Start]:
    """Set up anna at a portal of that variant, with that password."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    demos: list[Demo] = []

    def begin(password: str = PASSWORD, **variant: Any) -> Person:  # noqa: ANN401 - a variant's fields
        demo = Demo(variant=Variant(**variant), events=lessons())
        demos.append(demo.__enter__())
        person = Person(demo, home, browsers)
        add = f"account add --name anna --url {demo.url} --login {LOGIN} --output a.ics --no-login-test"
        person.does(f"{add} --password-stdin" if password else add, password and f"{password}\n")
        return person

    yield begin
    for demo in demos:
        demo.__exit__(None, None, None)


def after(hint: str, begin: str) -> str:
    """The command in the hint that begins so, up to its end."""
    assert begin in hint, hint
    return begin + hint.partition(begin)[2].rstrip(".")


def test_a_refused_login_is_ended_by_the_password(start: Start) -> None:
    """Hint, status and the timer's run lead to `account password`; then the timer's run works."""
    anna = start("wrong")
    refused = anna.fails("export anna")
    assert (refused["error"], refused["exit_code"]) == ("WrongCredentials", 3)
    blocked = anna.run("export --all --unattended")
    assert (blocked.returncode, "See: aurion status" in blocked.stdout) == (3, True), blocked.stderr
    problem = anna.problem()
    assert "so that the account is not locked" in problem["message"]
    command = after(problem["hint"], "aurion account password")
    assert command == after(refused["hint"], "aurion account password") == "aurion account password anna"
    anna.does(f"{command} --password-stdin", f"{PASSWORD}\n")
    changed = anna.problem()
    assert ("changed since then" in changed["message"], changed["hint"]) == (
        True, "nothing, or export now: aurion export anna",
    )  # fmt: skip
    anna.does("export --all --unattended")
    assert anna.problem() == {"message": "", "hint": ""}


def test_a_missing_password_and_an_ended_session(start: Start) -> None:
    """The account's password is what helps: both say so, and it does."""
    anna = start("")
    missing = anna.fails("export anna")
    assert (missing["error"], missing["hint"]) == ("CredentialsMissing", "Store it: aurion account password anna")
    assert anna.problem()["hint"] == missing["hint"]
    anna.does("login anna", AURION_PASSWORD=PASSWORD)
    anna.demo.control.faults = (Fault(method="GET", lose="session", times=1),)
    gone = anna.fails("export anna")
    assert (gone["reason"], gone["hint"]) == ("password", "Store it: aurion account password anna")
    anna.does("account password anna --password-stdin", f"{PASSWORD}\n")
    anna.does("export anna")


def test_the_menu_entry_that_is_named_opens_the_planning(start: Start) -> None:
    """Each label that the error names is one that --menu takes, and so does the setting."""
    leaf = Rubrique(label="Truc", id=90, opens="planning")
    anna = start(menu=(Rubrique(label="Rubrique", id=91, lazy=True, children=(leaf,)),))
    lost = anna.fails("export anna --timeout 8")
    assert (lost["error"], lost["reason"]) == ("PortalChanged", "no-planning")
    label = next(label for label in lost["facts"]["labels"] if "Truc" in label)
    assert '--menu "LABEL"' in lost["hint"]
    anna.does(f'export anna --menu "{label}"')
    assert 'menu = "LABEL"' in lost["hint"]
    file = settings_file()
    file.write_text(file.read_text("utf-8") + f'menu = "{label}"\n', encoding="utf-8")
    anna.does("export anna")
    assert anna.problem()["message"] == ""


def test_a_host_that_is_named_is_given_the_password(start: Start) -> None:
    """By the option, and by the setting as the hint writes it."""
    anna = start(login="sso-only")
    other = anna.fails("export anna --timeout 5")
    assert (other["error"], other["reason"], other["facts"]["host"]) == ("ActionNeeded", "other-host", "localhost")
    assert "--login-host localhost" in other["hint"]
    assert "aurion login --visible anna" in other["hint"]
    anna.does("export anna --login-host localhost")
    line = 'login_hosts = ["localhost"]'
    assert line in other["hint"]
    anna.does("logout anna")
    file = settings_file()
    file.write_text(f"{file.read_text('utf-8')}{line}\n", encoding="utf-8")
    anna.does("export anna")


def test_a_damaged_ledger_is_moved_away(start: Start) -> None:
    """The error, `status` and `doctor` name the file; without it the next export finds the same lessons, unchanged."""
    anna = start()
    anna.does("export anna --quiet")
    before = (anna.home / "a.ics").read_bytes()
    (ledger,) = (state_folder() / "ledgers").glob("*.sqlite")
    ledger.write_bytes(b"garbage" * 1000)
    damaged = anna.fails("export anna")
    assert damaged["error"] == "LedgerDamaged"
    assert damaged["hint"].startswith(f"Move {ledger} away")
    problem = anna.problem()
    assert (str(ledger) in problem["message"], problem["hint"]) == (True, damaged["hint"])
    assert "settings" not in problem["message"]
    ledger.rename(anna.home / "away.sqlite")
    reported = json.loads(anna.does("export anna --json"))
    assert (sum(reported["changes"].values()), (anna.home / "a.ics").read_bytes()) == (0, before)


def test_what_looks_empty_is_published_or_dropped(start: Start) -> None:
    """`publish` publishes it; once it is dropped nothing waits, so the step is another export."""
    anna = start()
    anna.does("export anna --quiet")
    anna.demo.control.faults = (EMPTY,)
    gone = anna.fails("export anna")
    publish = "aurion publish anna"
    assert (gone["exit_code"], after(gone["hint"], publish), after(anna.problem()["hint"], publish)) == (
        7, publish, publish,
    )  # fmt: skip
    anna.does(f"{publish} --discard")
    problem = anna.problem()
    assert problem["hint"] == "Export again: aurion export anna"
    assert "publish" not in anna.run("doctor").stdout
    assert anna.fails("export anna")["exit_code"] == 7
    anna.does(publish)
    assert anna.problem()["message"] == ""
    anna.does("export anna")


def test_a_calendar_server_that_is_down_is_named(start: Start, tmp_path: Path) -> None:
    """`status` and `doctor` speak of the server, not of the disk; it comes back, and the next export goes on."""
    anna = start()
    with radicale_in(tmp_path) as server:
        address = server.collection("plan")
        anna.does(f"account caldav anna --url {address} --user {USER} --password-stdin --no-login-test", f"{SERVERS}\n")
        server.instead = lambda _: lambda _environment, start: (start("503 Busy", []), [b""])[1]
        busy = anna.fails("export anna")
        server.instead = lambda _: None
        assert (busy["error"], busy["reason"]) == ("SinkUnavailable", "caldav-busy")
        problem = anna.problem()
        assert (address in problem["message"], problem["hint"]) == (True, busy["hint"])
        doctor = json.loads(anna.run("doctor --json").stdout)["checks"]
        run = next(check for check in doctor if check["name"] == "run")
        assert (run["state"], address in run["message"], run["hint"]) == ("warning", True, busy["hint"])
        anna.does("export anna")
        assert len(server.events(server.sink_at(address))) == 10
    assert anna.problem()["message"] == ""
    down = anna.fails("export anna --months 5")
    assert (down["reason"], address in anna.problem()["message"]) == ("caldav-connection", True)
    assert "space" not in anna.problem()["hint"]


def test_a_calendar_servers_password(start: Start, tmp_path: Path) -> None:
    """A password that the server refuses: the command in the hint sets it."""
    anna = start()
    with radicale_in(tmp_path) as server:
        address = server.collection("plan")
        anna.does(f"account caldav anna --url {address} --user {USER} --password-stdin --no-login-test", "wrong\n")
        refused = anna.fails("export anna")
        assert refused["reason"] == "caldav-password"
        command = after(refused["hint"], "aurion account caldav anna")
        anna.does(f"{command} --password-stdin", f"{SERVERS}\n")
        anna.does("export anna")


def test_a_failed_run_is_reported_and_becomes_a_fixture(start: Start) -> None:
    """`aurion report NAME` makes the file that the hint speaks of."""
    anna = start()
    anna.demo.control.faults = (Fault(parameter=".*_start", replace=r'"id": "[0-9]+",', with_=""),)
    changed = anna.fails("export anna")
    assert changed["reason"] == "event"
    command = after(changed["hint"], "aurion report anna")
    assert anna.problem()["hint"] == changed["hint"]
    anna.does(f"{command} --yes -o report.json")
    assert (anna.home / "report.json").exists()
    assert Runs(state_folder(), "anna").last() is not None


def test_a_folder_that_is_gone_is_made(start: Start) -> None:
    """Status and doctor name it as the error does."""
    anna = start()
    gone = anna.fails("export anna --output gone/a.ics")
    assert (gone["reason"], "Create it" in gone["hint"], "another place" in gone["hint"]) == ("no-folder", True, True)
    assert anna.problem()["hint"] == gone["hint"]
    (anna.home / "gone").mkdir()
    anna.does("export anna --output gone/a.ics")


def test_what_was_exported_is_looked_up(start: Start) -> None:
    """Days, numbers and labels: what the hint shows is taken."""
    anna = start()
    anna.does("export anna --quiet")
    since = anna.fails("changes anna --since x")
    assert (since["reason"], "date such as 2026-09-01" in since["hint"]) == ("since", True)
    anna.does("changes anna --since 2026-09-01")
    show = anna.fails("history anna --show 99")
    assert (show["reason"], show["hint"]) == ("show", "See aurion history.")
    number = anna.does("history anna").split()[0]
    assert anna.does(f"history anna --show {number}").startswith("BEGIN:VCALENDAR")
    explain = anna.fails("export anna --explain x")
    assert (explain["reason"], "X-AURION-EVENT-ID" in explain["hint"]) == ("explain", True)
    event = (anna.home / "a.ics").read_text("utf-8").partition("X-AURION-EVENT-ID:")[2].split()[0]
    anna.does(f"export anna --explain {event}")
    anna.does("feed add Phone")
    taken = anna.fails("feed add Phone")
    assert (taken["reason"], "aurion feed rotate LABEL" in taken["hint"]) == ("feed-taken", True)
    anna.does("feed rotate Phone")


def test_what_waits_goes_where_the_export_went(start: Start) -> None:
    """Of a run by options: its own file is named, as the hint says."""
    anna = start()
    by_options = f"--url {anna.demo.url} --login {LOGIN}"
    anna.does("account remove anna --yes")
    anna.does(f"export {by_options} --output b.ics --quiet", AURION_PASSWORD=PASSWORD)
    anna.demo.control.faults = (EMPTY,)
    assert anna.fails(f"export {by_options} --output b.ics", AURION_PASSWORD=PASSWORD)["exit_code"] == 7
    elsewhere = anna.fails(f"publish {by_options}")
    assert (elsewhere["reason"], "aurion publish --output FILE" in elsewhere["hint"]) == ("held-elsewhere", True)
    anna.does(f"publish {by_options} --output b.ics")


@pytest.mark.parametrize(
    ("output", "reason", "follows", "then"),
    [
        ("box", "is-folder", "Add a file name", "box/planning.ics"),
        ("file/b.ics", "not-a-folder", "Choose another place", "b.ics"),
        ("x" * 300 + ".ics", "bad-name", "Choose a shorter name", "x.ics"),
    ],
    ids=["is-folder", "not-a-folder", "bad-name"],
)
def test_an_output_that_is_none(start: Start, output: str, reason: str, follows: str, then: str) -> None:
    """Another one, as the hint says."""
    anna = start()
    (anna.home / "file").touch()
    (anna.home / "box").mkdir()
    wrong = anna.fails(f"export anna --output {output}")
    assert (wrong["error"], wrong["reason"]) == ("SinkRefused", reason)
    assert follows in wrong["hint"]
    anna.does(f"export anna --output {then}")


def test_an_event_changed_by_hand_at_a_server(start: Start, tmp_path: Path) -> None:
    """It stays as it is; taken away there, the next export puts the planning's back."""
    anna = start()
    with radicale_in(tmp_path) as server:
        address = server.collection("plan")
        anna.does(f"account caldav anna --url {address} --user {USER} --password-stdin --no-login-test", f"{SERVERS}\n")
        anna.does("export anna --quiet")
        sink = server.sink_at(address)
        name, body = next(iter(server.events(sink).items()))
        server.write(sink, name, body.replace(b"DESCRIPTION:", b"DESCRIPTION:(mine) "))
        reported = anna.run("export anna")
        assert (reported.returncode, "Delete it there to get" in reported.stderr) == (0, True)
        assert b"(mine)" in server.events(sink)[name]
        server.remove(sink, name)
        anna.does("export anna")
        assert sum(b"(mine)" in one for one in server.events(sink).values()) == 0
        assert len(server.events(sink)) == 10


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=503), "gateway"),
        (Fault(lose="drop"), "dropped"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_passes_is_tried_again(start: Start, fault: Fault, error: str) -> None:
    """Once the portal is well again, so is the same command; until then status says what the error says."""
    anna = start()
    anna.demo.control.faults = (fault,)
    away = anna.fails("export anna --timeout 5")
    assert (away["error"], away["reason"]) == ("PortalUnavailable", error)
    assert "Try again later" in away["hint"]
    assert (anna.problem()["message"], anna.problem()["hint"]) == (away["message"], away["hint"])
    anna.demo.control.faults = ()
    anna.does("export anna")
