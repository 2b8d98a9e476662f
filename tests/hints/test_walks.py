"""Hints of the main errors at a real portal: the command of each hint is run, and the export succeeds."""

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
"""Seconds, because a test is several exports."""


def lessons() -> list[Mapping[str, object]]:
    """Return ten lessons in the future, one a day at noon."""
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
    """A user with the account `anna` at a demo portal, at a machine without a keyring."""

    demo: Demo
    home: Path
    browsers: SharedBrowsers

    def run(self, command: str, typed: str = "", **variables: str) -> Done:
        """Run the command, which may begin with `aurion` as in a hint."""
        arguments = shlex.split(command.removeprefix("aurion "))
        return self.browsers.run(*arguments, cwd=self.home, typed=typed, **variables)

    def fails(self, command: str, typed: str = "", **variables: str) -> dict[str, Any]:
        """Run the command, which fails, and return the error of its JSON."""
        done = self.run(f"{command} --json", typed, **variables)
        assert done.returncode, done.stdout
        return dict(json.loads(done.stdout))

    def succeeds(self, command: str, typed: str = "", **variables: str) -> str:
        """Run the command, which succeeds, and return its output."""
        done = self.run(command, typed, **variables)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def problem(self) -> Mapping[str, str]:
        """Return the problem that `status` shows for anna."""
        (account,) = json.loads(self.run("status --json").stdout)["accounts"]
        return dict(account["problem"] or {"message": "", "hint": ""})


@pytest.fixture
def start(home: Path, monkeypatch: pytest.MonkeyPatch, browsers: SharedBrowsers) -> Iterator[Start]:
    """Return a function that creates the account at a portal of that variant."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    demos: list[Demo] = []

    def begin(password: str = PASSWORD, **variant: Any) -> Person:  # noqa: ANN401 - a variant's fields
        demo = Demo(variant=Variant(**variant), events=lessons())
        demos.append(demo.__enter__())
        person = Person(demo, home, browsers)
        add = f"account add --name anna --url {demo.url} --login {LOGIN} --output a.ics --months 1 --no-login-test"
        person.succeeds(f"{add} --password-stdin" if password else add, password and f"{password}\n")
        return person

    yield begin
    for demo in demos:
        demo.__exit__(None, None, None)


def command_in(hint: str, begin: str) -> str:
    """Return the command of the hint that begins with these words."""
    assert begin in hint, hint
    return begin + hint.partition(begin)[2].rstrip(".")


def test_hint_of_a_refused_login(start: Start) -> None:
    """Error, status and unattended run lead to `account password`, which ends the block."""
    anna = start("wrong")
    refused = anna.fails("export anna")
    assert (refused["error"], refused["exit_code"]) == ("WrongCredentials", 3)
    blocked = anna.run("export --all --unattended")
    assert (blocked.returncode, "See: aurion status" in blocked.stdout) == (3, True), blocked.stderr
    problem = anna.problem()
    assert "so that the account is not locked" in problem["message"]
    command = command_in(problem["hint"], "aurion account password")
    assert command == command_in(refused["hint"], "aurion account password") == "aurion account password anna"
    anna.succeeds(f"{command} --password-stdin", f"{PASSWORD}\n")
    changed = anna.problem()
    assert ("changed since then" in changed["message"], changed["hint"]) == (
        True, "nothing, or export now: aurion export anna",
    )  # fmt: skip
    anna.succeeds("export --all --unattended")
    assert anna.problem() == {"message": "", "hint": ""}


def test_hint_of_a_missing_password_and_an_ended_session(start: Start) -> None:
    """Both lead to `account password`, after which the export succeeds."""
    anna = start("")
    missing = anna.fails("export anna")
    assert (missing["error"], missing["hint"]) == ("CredentialsMissing", "Store it: aurion account password anna")
    assert anna.problem()["hint"] == missing["hint"]
    anna.succeeds("login anna", AURION_PASSWORD=PASSWORD)
    anna.demo.control.faults = (Fault(method="GET", lose="session", times=1),)
    gone = anna.fails("export anna")
    assert (gone["reason"], gone["hint"]) == ("password", "Store it: aurion account password anna")
    anna.succeeds("account password anna --password-stdin", f"{PASSWORD}\n")
    anna.succeeds("export anna")


def test_hint_of_an_unknown_menu_entry(start: Start) -> None:
    """Each label of the error is accepted by --menu and by the setting."""
    leaf = Rubrique(label="Truc", id=90, opens="planning")
    anna = start(menu=(Rubrique(label="Rubrique", id=91, lazy=True, children=(leaf,)),))
    lost = anna.fails("export anna --timeout 8")
    assert (lost["error"], lost["reason"]) == ("PortalChanged", "no-planning")
    label = next(label for label in lost["facts"]["labels"] if "Truc" in label)
    assert '--menu "LABEL"' in lost["hint"]
    anna.succeeds(f'export anna --menu "{label}"')
    assert 'menu = "LABEL"' in lost["hint"]
    file = settings_file()
    file.write_text(file.read_text("utf-8") + f'menu = "{label}"\n', encoding="utf-8")
    anna.succeeds("export anna")
    assert anna.problem()["message"] == ""


def test_hint_of_an_undeclared_login_host(start: Start) -> None:
    """The option and the setting of the hint allow the host."""
    anna = start(login="sso-only")
    other = anna.fails("export anna --timeout 5")
    assert (other["error"], other["reason"], other["facts"]["host"]) == ("ActionNeeded", "other-host", "localhost")
    assert "--login-host localhost" in other["hint"]
    assert "aurion login --visible anna" in other["hint"]
    anna.succeeds("export anna --login-host localhost")
    line = 'login_hosts = ["localhost"]'
    assert line in other["hint"]
    anna.succeeds("logout anna")
    file = settings_file()
    file.write_text(f"{file.read_text('utf-8')}{line}\n", encoding="utf-8")
    anna.succeeds("export anna")


def test_hint_of_a_damaged_ledger(start: Start) -> None:
    """All places name the file; without it the next export finds the same lessons unchanged."""
    anna = start()
    anna.succeeds("export anna --quiet")
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
    reported = json.loads(anna.succeeds("export anna --json"))
    assert (sum(reported["changes"].values()), (anna.home / "a.ics").read_bytes()) == (0, before)


def test_hint_of_a_suspiciously_empty_timetable(start: Start) -> None:
    """`publish` publishes it; after `--discard` the next step is another export."""
    anna = start()
    anna.succeeds("export anna --quiet")
    anna.demo.control.faults = (EMPTY,)
    gone = anna.fails("export anna")
    publish = "aurion publish anna"
    assert (gone["exit_code"], command_in(gone["hint"], publish), command_in(anna.problem()["hint"], publish)) == (
        7, publish, publish,
    )  # fmt: skip
    anna.succeeds(f"{publish} --discard")
    problem = anna.problem()
    assert problem["hint"] == "Export again: aurion export anna"
    assert "publish" not in anna.run("doctor").stdout
    assert anna.fails("export anna")["exit_code"] == 7
    anna.succeeds(publish)
    assert anna.problem()["message"] == ""
    anna.succeeds("export anna")


def test_hint_of_an_unavailable_calendar_server(start: Start, tmp_path: Path) -> None:
    """`status` and `doctor` name the server, and the next export succeeds."""
    anna = start()
    with radicale_in(tmp_path) as server:
        address = server.collection("plan")
        anna.succeeds(
            f"account caldav anna --url {address} --user {USER} --password-stdin --no-login-test", f"{SERVERS}\n"
        )
        server.instead = lambda _: lambda _environment, start: (start("503 Busy", []), [b""])[1]
        busy = anna.fails("export anna")
        server.instead = lambda _: None
        assert (busy["error"], busy["reason"]) == ("SinkUnavailable", "caldav-busy")
        problem = anna.problem()
        assert (address in problem["message"], problem["hint"]) == (True, busy["hint"])
        doctor = json.loads(anna.run("doctor --json").stdout)["checks"]
        run = next(check for check in doctor if check["name"] == "run")
        assert (run["state"], address in run["message"], run["hint"]) == ("warning", True, busy["hint"])
        anna.succeeds("export anna")
        assert len(server.events(server.sink_at(address))) == 10
    assert anna.problem()["message"] == ""
    down = anna.fails("export anna --months 2")
    assert (down["reason"], address in anna.problem()["message"]) == ("caldav-connection", True)
    assert "space" not in anna.problem()["hint"]


def test_hint_of_a_refused_password_of_a_calendar_server(start: Start, tmp_path: Path) -> None:
    """The command of the hint sets the password."""
    anna = start()
    with radicale_in(tmp_path) as server:
        address = server.collection("plan")
        anna.succeeds(f"account caldav anna --url {address} --user {USER} --password-stdin --no-login-test", "wrong\n")
        refused = anna.fails("export anna")
        assert refused["reason"] == "caldav-password"
        command = command_in(refused["hint"], "aurion account caldav anna")
        anna.succeeds(f"{command} --password-stdin", f"{SERVERS}\n")
        anna.succeeds("export anna")


def test_hint_of_a_changed_portal(start: Start) -> None:
    """`aurion report NAME` writes the file of the hint."""
    anna = start()
    anna.demo.control.faults = (Fault(parameter=".*_start", replace=r'"id": "[0-9]+",', with_=""),)
    changed = anna.fails("export anna")
    assert changed["reason"] == "event"
    command = command_in(changed["hint"], "aurion report anna")
    assert anna.problem()["hint"] == changed["hint"]
    anna.succeeds(f"{command} --yes -o report.json")
    assert (anna.home / "report.json").exists()
    assert Runs(state_folder(), "anna").last() is not None


def test_hint_of_a_missing_folder(start: Start) -> None:
    """`status` has the same hint, and the export succeeds with the folder."""
    anna = start()
    gone = anna.fails("export anna --output gone/a.ics")
    assert (gone["reason"], "Create it" in gone["hint"], "another place" in gone["hint"]) == ("no-folder", True, True)
    assert anna.problem()["hint"] == gone["hint"]
    (anna.home / "gone").mkdir()
    anna.succeeds("export anna --output gone/a.ics")


def test_hints_of_invalid_dates_numbers_and_labels(start: Start) -> None:
    """The values of the hints are accepted."""
    anna = start()
    anna.succeeds("export anna --quiet")
    since = anna.fails("changes anna --since x")
    assert (since["reason"], "date such as 2026-09-01" in since["hint"]) == ("since", True)
    anna.succeeds("changes anna --since 2026-09-01")
    show = anna.fails("history anna --show 99")
    assert (show["reason"], show["hint"]) == ("show", "See aurion history.")
    number = anna.succeeds("history anna").split()[0]
    assert anna.succeeds(f"history anna --show {number}").startswith("BEGIN:VCALENDAR")
    explain = anna.fails("export anna --explain x")
    assert (explain["reason"], "X-AURION-EVENT-ID" in explain["hint"]) == ("explain", True)
    event = (anna.home / "a.ics").read_text("utf-8").partition("X-AURION-EVENT-ID:")[2].split()[0]
    anna.succeeds(f"export anna --explain {event}")
    anna.succeeds("feed add Phone")
    taken = anna.fails("feed add Phone")
    assert (taken["reason"], "aurion feed rotate LABEL" in taken["hint"]) == ("feed-taken", True)
    anna.succeeds("feed rotate Phone")


def test_hint_of_pending_changes_for_another_output(start: Start) -> None:
    """The output of the export is named."""
    anna = start()
    by_options = f"--url {anna.demo.url} --login {LOGIN}"
    anna.succeeds("account remove anna --yes")
    anna.succeeds(f"export {by_options} --months 1 --output b.ics --quiet", AURION_PASSWORD=PASSWORD)
    anna.demo.control.faults = (EMPTY,)
    assert anna.fails(f"export {by_options} --months 1 --output b.ics", AURION_PASSWORD=PASSWORD)["exit_code"] == 7
    elsewhere = anna.fails(f"publish {by_options}")
    assert (elsewhere["reason"], "aurion publish --output FILE" in elsewhere["hint"]) == ("held-elsewhere", True)
    anna.succeeds(f"publish {by_options} --output b.ics")


def test_hint_of_an_invalid_output(start: Start) -> None:
    """Another output is accepted."""
    anna = start()
    (anna.home / "file").touch()
    (anna.home / "box").mkdir()
    for output, reason, follows, then in (
        ("box", "is-folder", "Add a file name", "box/planning.ics"),
        ("file/b.ics", "not-a-folder", "Choose another place", "b.ics"),
        ("x" * 300 + ".ics", "bad-name", "Choose a shorter name", "x.ics"),
    ):
        wrong = anna.fails(f"export anna --output {output}")
        assert (wrong["error"], wrong["reason"]) == ("SinkRefused", reason)
        assert follows in wrong["hint"]
        anna.succeeds(f"export anna --output {then}")


def test_hint_of_an_event_edited_at_a_server(start: Start, tmp_path: Path) -> None:
    """It stays as it is; after it is deleted, the next export writes it again."""
    anna = start()
    with radicale_in(tmp_path) as server:
        address = server.collection("plan")
        anna.succeeds(
            f"account caldav anna --url {address} --user {USER} --password-stdin --no-login-test", f"{SERVERS}\n"
        )
        anna.succeeds("export anna --quiet")
        sink = server.sink_at(address)
        name, body = next(iter(server.events(sink).items()))
        server.write(sink, name, body.replace(b"DESCRIPTION:", b"DESCRIPTION:(mine) "))
        reported = anna.run("export anna")
        assert (reported.returncode, "Delete it there to get" in reported.stderr) == (0, True)
        assert b"(mine)" in server.events(sink)[name]
        server.remove(sink, name)
        anna.succeeds("export anna")
        assert sum(b"(mine)" in one for one in server.events(sink).values()) == 0
        assert len(server.events(sink)) == 10


def test_hint_of_a_temporary_failure(start: Start) -> None:
    """The same command succeeds later; until then `status` shows the same message."""
    anna = start()
    for fault, reason in ((Fault(status=503), "gateway"), (Fault(lose="drop"), "dropped")):
        anna.demo.control.faults = (fault,)
        away = anna.fails("export anna --timeout 5")
        assert (away["error"], away["reason"]) == ("PortalUnavailable", reason)
        assert "Try again later" in away["hint"]
        problem = anna.problem()
        assert (problem["message"], problem["hint"]) == (away["message"], away["hint"])
        anna.demo.control.faults = ()
        anna.succeeds("export anna")
