"""The help page: checks with their next steps, the report, background jobs."""

import json
import os
import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from threading import Event, Thread

import pytest
from pydantic import SecretStr

from scraper.config.account_passwords import store_password
from scraper.config.configuration import Config
from scraper.config.vault.vaults import vaults
from scraper.publishing.job import job_for_account
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Run, Runs
from scraper.web.pages.background_jobs import BackgroundJob, BackgroundJobs, child_environment
from scraper.web.pages.doctor_results import parse_checks
from tests.cases import for_each
from tests.paths import ROOT
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, PASSWORD, text_of


@pytest.mark.browser
def test_checks_are_started_and_shown(anna: str, served: Served) -> None:
    """The page shows that they run, then their results."""
    store_password(anna, SecretStr(PASSWORD), vaults().age, state_folder())
    settings_file().write_text('[accounts.anna]\nurl = "http://127.0.0.1:9"\nlogin = "anna"\n')
    Runs(state_folder(), anna).add(Run(at=NOON, exit_code=3, error="WrongCredentials"))
    assert served.post("/help/check").status == 303
    assert "data-waiting" in served.get("/help").text
    until = time.monotonic() + 60
    while "data-waiting" in (page := served.get("/help")).text and time.monotonic() < until:
        time.sleep(0.1)
    assert re.search(r"\d+ errors?, \d+ warnings?\.", text_of(page))
    assert "127.0.0.1" in text_of(page)
    assert 'href="/runs/anna"' in page.text
    assert not re.search(r"aurion (account|export)", text_of(page))


@for_each(
    ("seen", "place", "hint"),
    [
        (("password", "absent", "warning"), "/accounts", ""), (("run", "blocked", "error"), "/runs/anna", ""),
        (("account", "none", "warning"), "/welcome", ""), (("output", "no-folder", "error"), "/settings", ""),
        (("run", "well", "ok"), "", "Try: aurion x."), (("browser", "none", "error"), "", "Try: aurion x."),
    ],
)  # fmt: skip
def test_hint_of_a_check_links_to_the_page_that_helps(seen: tuple[str, str, str], place: str, hint: str) -> None:
    """Commands of the terminal stay where no page helps."""
    check = {**dict(zip(("name", "reason", "state"), seen, strict=True)), "account": "anna", "message": "anna: so."}
    (reported,) = parse_checks(json.dumps({"checks": [{**check, "hint": "Try: aurion x."}]}), ["anna"])
    assert (reported["place"], reported["hint"], reported["message"]) == (place, hint, "so.")
    (reported,) = parse_checks(json.dumps({"checks": [{**check, "hint": "Make room."}]}), ["anna"])
    assert reported["hint"] == "Make room."
    assert parse_checks('{"checks": [{}]}', []) == []


@for_each(("code", "is_offered"), [(3, False), (7, False), (5, False), (6, True), (9, True), (0, False)])
def test_report_is_offered_after_failures_that_it_can_repair(
    anna: str, served: Served, code: int, *, is_offered: bool
) -> None:
    """The help page has it in any case."""
    failure = job_for_account(anna, Config.from_environment()).account.failure
    failure.with_name(f"{failure.name}.json").write_text("{}")
    Runs(state_folder(), anna).add(Run(at=NOON, exit_code=code, error="Some" if code else ""))
    text = served.get("/help").text
    assert ('class="button" href="/help/report?account=anna"' in text) is is_offered
    assert ("a report would not help" in text) is (not is_offered and code != 0)
    assert ('<li><a href="/help/report">' in text) is not is_offered


@pytest.mark.slow
def test_report_is_previewed_and_downloaded(anna: str, served: Served) -> None:
    """Without a failure there is none; a hidden word is masked."""
    assert served.get("/help/report").status == 422
    failure = job_for_account(anna, Config.from_environment()).account.failure
    recording = ROOT / "fixtures" / "recordings" / "junia"
    failure.with_name(f"{failure.name}.json").write_bytes(next(iter(sorted(recording.glob("*.json")))).read_bytes())
    assert "Contents of the report:" in text_of(served.get("/help/report"))
    assert 'name="account" value="anna"' in served.get("/help/report?account=anna").text
    assert served.get("/help/report?account=ben").status == 422
    given = served.post("/help/report", download="yes", hide="Planning")
    assert given.headers["content-disposition"] == 'attachment; filename="aurion-report.json"'
    assert "anna@student.junia.com" not in given.text
    assert given.text.startswith("{")


@pytest.mark.slow
def test_background_job_runs_once_and_ends_with_the_server(home: Path) -> None:
    """A second start does nothing and keeps the first options."""
    del home
    over = Event()
    jobs = BackgroundJobs(over=over)
    environment = child_environment({**os.environ, "AURION_PASSWORD": PASSWORD}, "en")
    assert PASSWORD not in environment.values()
    jobs.start("demo", ["demo"], environment, seconds=60)
    first = jobs.last("demo")
    jobs.start("demo", ["--version"], environment, seconds=60)
    assert jobs.last("demo") is first
    jobs.start("other", ["nothing"], environment, seconds=60)
    assert wait_for_job(jobs, "other").code == 2
    assert "nothing" in wait_for_job(jobs, "other").messages
    over.set()
    assert wait_for_job(jobs, "demo").code in {0, None}


@pytest.mark.parametrize("has_thread", [True, False])
def test_background_job_that_has_ended_may_be_started_again(
    monkeypatch: pytest.MonkeyPatch, *, has_thread: bool
) -> None:
    """Also where a program that it left behind writes later, or where the system gave no thread for it."""
    lines = list[Callable[[str], object]]()

    def run(*_: object, on_line: Callable[[str], object], **_values: object) -> tuple[int, str]:
        lines.append(on_line)
        return 0, ""

    def refuse(_: Thread) -> None:
        raise RuntimeError

    monkeypatch.setattr("scraper.web.pages.background_jobs.run_command", run)
    jobs = BackgroundJobs(over=Event())
    with monkeypatch.context() as without_threads, nullcontext() if has_thread else pytest.raises(RuntimeError):
        if not has_thread:
            without_threads.setattr(Thread, "start", refuse)
        jobs.start("demo", [], {}, seconds=1)
    if has_thread:
        wait_for_job(jobs, "demo")
        lines[0]("late")
    jobs.start("demo", [], {}, seconds=1)
    wait_for_job(jobs, "demo")


def wait_for_job(jobs: BackgroundJobs, kind: str) -> BackgroundJob:
    """Return the job once it has ended."""
    until = time.monotonic() + 60
    while not (found := jobs.last(kind)) or not found.is_over:
        assert time.monotonic() < until
        time.sleep(0.05)
    return found
