"""The page of runs: steps, results, next steps after failures."""

import http.client
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from scraper.config.settings.settings_file import change_account
from scraper.config.vault.vaults import PASSPHRASE, vaults
from scraper.errors import Interrupted
from scraper.i18n import language_of
from scraper.runs.ready_worker import ReadyWorker
from scraper.runs.worker import PASSWORD, WorkerResult
from scraper.system.paths import state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages import start_run
from tests.config.vault.test_age_file import PHRASE, SECRET, write_quick_file
from tests.web.pages.conftest import Served

DONE = {
    "events": 3, "period": {"first": "2026-11-24", "last": "2027-05-24"}, "outputs": [],
    "changes": {"added": 1, "moved": 2, "edited": 0, "cancelled": 0, "restored": 0},
}  # fmt: skip
TIME = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass(slots=True)
class Child:
    """A substitute for the process that exports: it ends with `result` once it is released."""

    result: WorkerResult = field(default_factory=lambda: WorkerResult(exit_code=0, output=DONE))
    asked: list[dict[str, str]] = field(default_factory=list)
    go: Event = field(default_factory=Event)
    waiting: list[object] = field(default_factory=list)

    def __call__(
        self, arguments: list[str], environment: dict[str, str], on_step: Callable[[str, float | None], None],
        *, stop: Event, command: tuple[str, ...] = ("export",), waiting: object = None, **_: object,
    ) -> WorkerResult:  # fmt: skip
        """As the real one."""
        self.asked.append({**environment, "arguments": " ".join(arguments), "command": command[0]})
        self.waiting.append(waiting)
        on_step("browser", None)
        on_step("browser", 0.25)
        on_step("portal", None)
        while not self.go.wait(0.01):
            if stop.is_set():
                raise Interrupted("stopped")
        return self.result


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """The substitute for the process that exports."""
    made = Child()
    monkeypatch.setattr(start_run, "run_worker", made)
    yield made
    made.go.set()


@pytest.fixture(autouse=True)
def anna(home: Path) -> Runs:
    """The runs of the only account."""
    change_account("anna", {"url": "http://127.0.0.1:9", "login": "anna.n", "output": str(home / "anna.ics")})
    return Runs(state_folder(), "anna")


def wait_for_result(served: Served, child: Child) -> str:
    """Return the page once the run has ended."""
    child.go.set()
    wait_for_end(served)
    return served.get("/runs/anna").text


def wait_for_end(served: Served) -> None:
    """Wait until the run has ended."""
    live = served.state.runs.get("anna")
    assert live is not None
    while live.result is None:
        live.wait_for_change(5)


def test_second_click_shows_the_run_of_the_first(served: Served, child: Child) -> None:
    """Both tabs show steps and result."""
    for _ in range(2):
        assert served.post("/runs/anna").headers["location"] == "/runs/anna"
    assert "Updating" in served.get("/runs/anna").text
    assert "running" in served.get("/runs").text
    reported = wait_for_result(served, child)
    assert [one["arguments"].split()[0] for one in child.asked] == ["anna"]
    assert "3 events, from " in reported
    assert "Your timetable is up to date" in served.get("/runs/anna").text


def test_page_prepares_a_process_that_a_click_uses(
    served: Served, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only for a logged-in visitor, and not beside a run."""
    started: list[str] = []
    waiting: Any = object()
    monkeypatch.setattr(ReadyWorker, "prepare", lambda _, account: started.append(account))
    monkeypatch.setattr(ReadyWorker, "take", lambda _, account: waiting if account == "anna" else None)
    served.get("/planning")
    assert not started
    served.state.ready_worker = ReadyWorker({})
    served.get("/c/secret/anna.ics")
    served.get("/runs", Cookie="aurion=another")
    assert not started
    for path in ("/planning", "/runs", "/runs/anna", "/planning?account=ben"):
        served.get(path)
    assert started == ["anna"] * 4
    served.post("/runs/anna")
    served.get("/runs/anna")
    assert started == ["anna"] * 4
    wait_for_result(served, child)
    assert child.waiting == [waiting]
    assert len(started) == 5


def read_events(served: Served, path: str) -> Iterator[dict[str, Any]]:
    """Return the events that a browser's EventSource gets."""
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)) as connection:
        connection.request(
            "GET", served.state.home + path, headers={"Cookie": f"aurion={served.cookie}", "Accept-Language": "en"}
        )
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer:
            if line.startswith(b"data: "):
                yield json.loads(line[6:])


def test_each_event_has_the_whole_state(served: Served, child: Child) -> None:
    """A browser that connects again misses nothing; the stream ends with the run."""
    served.post("/runs/anna")
    reported = read_events(served, "/runs/anna/events")
    state = next(one for one in reported if len(one["lines"]) > 1 and one["lines"][1]["state"] == "going")
    assert [(line["step"], line["state"]) for line in state["lines"][:3]] == [
        ("browser", "done"), ("portal", "going"), ("login", "waiting"),
    ]  # fmt: skip
    assert state["lines"][0]["time"] == "0.2 s"
    assert state["message"] == "Running: Connect to the portal"
    again = next(read_events(served, "/runs/anna/events"))
    assert again["lines"][0] == state["lines"][0]
    child.go.set()
    assert [*reported][-1]["over"] is True


def test_stream_ends_with_the_server(served: Served, child: Child) -> None:
    """The run is stored as stopped."""
    served.post("/runs/anna")
    reported = read_events(served, "/runs/anna/events")
    next(reported)
    served.state.close()
    left = [*reported]
    assert len(left) < 3
    assert not any(state["over"] for state in left), "else the browser would go to a server that is no more"
    assert "The update was stopped" in served.get("/runs/anna").text
    assert len(child.asked) == 1


def test_stop_button_ends_the_run(served: Served, child: Child, anna: Runs) -> None:
    """The page shows that nothing was changed."""
    served.post("/runs/anna")
    served.post("/runs/anna/stop")
    wait_for_end(served)
    reported = served.get("/runs/anna").text
    assert "The update was stopped" in reported
    assert "Your calendar was not changed" in reported
    assert anna.started_at() is None
    assert not child.go.is_set()


@pytest.mark.parametrize(
    ("failure", "offered"),
    [
        ((3, "WrongCredentials", ""), 'action="/runs/anna/password"'),
        ((2, "CredentialsMissing", "session-gone"), 'action="/runs/anna/password"'),
        ((2, "VaultLocked", "passphrase-missing"), 'action="/runs/anna/passphrase"'),
        ((4, "ActionNeeded", "second-factor"), 'action="/runs/anna/window"'),
        ((5, "PortalUnavailable", "timeout"), 'action="/runs/anna"'),
        ((6, "PortalChanged", "no-schedule"), 'href="/help?account=anna"'),
        ((9, "OtherProduct", "not-aurion"), 'action="/runs/anna/redo"'),
        ((2, "SettingsError", "months"), 'href="/settings?account=anna"'),
    ],
)
def test_failure_has_a_button_or_form_as_its_next_step(
    served: Served, child: Child, failure: tuple[int, str, str], offered: str
) -> None:
    """A restart of the server does not change it; no command of a terminal is shown."""
    (code, error, reason), hint = failure, "Try `aurion export --again`."
    child.result = WorkerResult(exit_code=code, error=error, reason=reason, message="It went wrong.", hint=hint)
    served.post("/runs/anna")
    reported = wait_for_result(served, child)
    assert "It went wrong." in reported
    served.state.runs._runs.clear()
    later = served.get("/runs/anna").text
    for page in (reported, later):
        assert offered in page
        assert "aurion " not in page.partition("<main")[2].partition("</main>")[0]


@pytest.mark.slow
def test_run_of_another_process_is_shown_and_no_second_starts(served: Served, child: Child, anna: Runs) -> None:
    """The process holds the lock of the account. Its result is shown as well."""
    with anna.lock():
        anna.mark_started(TIME)
        assert "An update is running" in served.get("/runs/anna").text
        assert next(read_events(served, "/runs/anna/events"))["over"] is False
        served.post("/runs/anna")
        wait_for_end(served)
        assert child.asked == []
        anna.add(Run(at=TIME, exit_code=0))
    assert "Your timetable is up to date" in served.get("/runs/anna").text


def test_shortened_texts_are_counted_with_their_calendar(served: Served, child: Child) -> None:
    """The limits of that calendar shorten texts."""
    served.post("/runs/anna")
    assert "cut at the calendar" not in wait_for_result(served, child)
    child.result = WorkerResult(exit_code=0, output={**DONE, "shortened": {"https://calendar.example/": 2}})
    served.post("/runs/anna")
    page = wait_for_result(served, child)
    assert "2 events were sent with texts cut at the calendar" in page
    assert "https://calendar.example/" in page


def test_unknown_account_creates_no_file(served: Served, anna: Runs) -> None:
    """No request creates a file with its name."""
    anna.mark_started(TIME)
    before = sorted(anna.state.rglob("*"))
    for path in ("/runs/unknown/events", "/runs/unknown", "/runs/unknown/waiting"):
        served.get(path)
    for action in ("publish", "drop"):
        assert served.post("/runs/unknown/waiting", do=action).status == 422
    assert sorted(anna.state.rglob("*")) == before


def test_interrupted_run_is_reported(served: Served, anna: Runs) -> None:
    """Its process ended with the server; nothing was changed."""
    anna.mark_started(TIME)
    reported = served.get("/runs/anna").text
    assert "The update was interrupted" in reported
    assert "Your calendar was not changed" in reported


def test_refused_password_is_replaced_on_the_page(served: Served, child: Child) -> None:
    """It is stored in the vault, and in no page. A password that the portal of a new account refuses is not stored."""
    child.result = WorkerResult(exit_code=3, error="WrongCredentials", message="Refused.")
    assert served.post("/runs/anna/password", password="").status == 422
    assert served.post("/runs/anna/password", password="canary-1").status == 303
    assert "canary" not in wait_for_result(served, child)
    assert vaults().find("anna") is None
    child.result = WorkerResult(exit_code=0, output=DONE)
    served.post("/runs/anna/password", password="canary-2")
    assert "canary" not in wait_for_result(served, child)
    assert [one.get(PASSWORD) for one in child.asked] == ["canary-1", "canary-2"]
    found = vaults().find("anna")
    assert found is not None
    assert found[1].get_secret_value() == "canary-2"


def test_login_window_is_followed_by_an_export(served: Served, child: Child) -> None:
    """Without a screen it is an error, and nothing is started."""
    served.post("/runs/anna/window")
    assert "Your timetable is up to date" in wait_for_result(served, child)
    assert [(one["command"], one["arguments"].partition(" --from")[0]) for one in child.asked] == [
        ("login", "anna --visible"), ("export", "anna"),
    ]  # fmt: skip
    child.result = WorkerResult(exit_code=2, error="BrowserMissing", reason="screen", message="No screen.")
    served.post("/runs/anna/window")
    reported = wait_for_result(served, child)
    assert "No screen." in reported
    assert 'action="/runs/anna/window"' in reported
    assert len(child.asked) == 3


def test_passphrase_opens_the_age_file_for_a_run(served: Served, child: Child) -> None:
    """The child gets the password only."""
    write_quick_file(vaults().age.path)
    change_account("a", {"url": "http://127.0.0.1:9/other", "login": "a.n", "output": "~/other.ics"})
    assert served.post("/runs/a/passphrase", passphrase="wrong").status == 422
    assert served.post("/runs/a/passphrase", passphrase=PHRASE.get_secret_value()).status == 303
    child.go.set()
    served.state.close()
    assert [one.get(PASSWORD) for one in child.asked] == [SECRET.get_secret_value()]
    assert not any(PHRASE.get_secret_value() in one.values() for one in child.asked)


def test_passphrase_is_passed_to_a_run_that_pushes(served: Served, child: Child) -> None:
    """The passwords of the servers are in the same file."""
    write_quick_file(vaults().age.path)
    collection = {"caldav": "http://127.0.0.1:9/anna/planning/", "user": "anna"}
    change_account("a", {"url": "http://127.0.0.1:9/other", "login": "a.n", "outputs": [collection]})
    assert served.post("/runs/a/passphrase", passphrase=PHRASE.get_secret_value()).status == 303
    child.go.set()
    served.state.close()
    assert [one.get(PASSPHRASE) for one in child.asked] == [PHRASE.get_secret_value()]


def test_child_uses_the_language_of_the_visitor(served: Served, child: Child) -> None:
    """The language of the server does not matter."""
    assert os.environ["LANG"].startswith("fr")
    served.post("/runs/anna")
    wait_for_result(served, child)
    assert language_of(child.asked[0]) == "en"


def test_calendar_is_downloaded(served: Served, home: Path) -> None:
    """Without a calendar the answer is 404."""
    assert served.get("/runs/anna/planning.ics").status == 404
    (home / "anna.ics").write_text("BEGIN:VCALENDAR", encoding="utf-8")
    answer = served.get("/runs/anna/planning.ics")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text == "BEGIN:VCALENDAR"
