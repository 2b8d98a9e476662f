"""The pages of accounts, settings, rules and help: what they change, and secrets that they never show."""

import os
import re
import time
from pathlib import Path

import pytest
from pydantic import SecretStr

from scraper.config import configuration
from scraper.config.configuration import Config
from scraper.config.settings.settings_file import read_settings_file
from scraper.config.vault.vaults import vaults
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_account
from scraper.publishing.pending import pending_changes
from scraper.runs.schedule.backends import all_timers
from scraper.system.paths import settings_file, state_folder
from scraper.system.run_history import Runs
from scraper.web.pages.auth import form_token
from tests.cases import for_each
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOON, NOTIFIED, PASSWORD, lessons, publish_run, rule, text_of

PAGES = (
    "/accounts", "/accounts/anna/remove", "/settings", "/settings?account=-", "/rules", "/notifications",
    "/schedule", "/subscribers", "/help", "/help/report", "/help/log",
)  # fmt: skip


@pytest.fixture
def canary(anna: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A part of every secret; the environment of the server has one more."""
    del anna
    monkeypatch.setenv("AURION_PASSPHRASE", "canary-passphrase")
    assert "canary" in PASSWORD
    assert "canary" in NOTIFIED
    return "canary"


def test_pages_show_no_secret(canary: str, anna: str, served: Served) -> None:
    """Forms with errors show none either."""
    answers = [served.get(path) for path in PAGES]
    answers.append(served.post("/settings", account="-", months="none", notify="canary-typed"))
    answers.append(served.post(f"/accounts/{anna}/password", password="canary-new"))
    answers.append(served.subscribe(label="\t", **{"for": "google"}))
    answers += [served.post("/settings/apply", account=anna), served.post("/schedule", show="yes", every="6h")]
    assert {answer.status for answer in answers} <= {200, 303, 422}
    for answer in answers:
        assert canary not in answer.text + str(answer.headers)


def test_every_page_answers_without_accounts(served: Served) -> None:
    """It links to a page where the user can begin."""
    for path in (*PAGES, "/help/bug", "/subscribers/one?label=x"):
        assert served.get(path).status in {200, 404, 422}, path
    assert 'href="/welcome?another=yes"' in served.get("/accounts").text
    assert 'href="/welcome"' in served.subscribe(**{"for": "other"}).text
    for path in ("/settings/apply", "/subscribers/revoke", "/accounts/anna/password", "/accounts/anna/remove"):
        assert served.post(path, account="anna", label="x", password="x").status == 422, path


@pytest.mark.slow
def test_page_reads_the_settings_file_once(anna: str, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is one read."""
    readings: list[str] = []
    monkeypatch.setattr(configuration, "read_settings_file", lambda: (readings.append(""), read_settings_file())[1])
    lessons_of = ("/planning", "/planning/exams", "/planning/hours", "/changes", "/history", "/calendars", "/runs")
    for path in (*PAGES, *lessons_of, f"/runs/{anna}", "/phone/apple", "/welcome", "/backup"):
        readings.clear()
        assert served.get(path).status in {200, 422}, path
        assert len(readings) <= 1, path


def test_new_password_is_stored_in_the_vault(anna: str, served: Served) -> None:
    """It ends a block; an empty password is refused."""
    assert served.post(f"/accounts/{anna}/password", password="").status == 422
    assert vaults().find(anna) == ("age file", SecretStr(PASSWORD))
    done = served.post(f"/accounts/{anna}/password", password="canary-new")
    assert (done.status, done.headers["location"]) == (303, "/accounts?done=password&account=anna")
    assert vaults().find(anna) == ("age file", SecretStr("canary-new"))
    assert Runs(state_folder(), anna).is_fresh()


def test_account_is_removed_after_a_confirmation(anna: str, served: Served) -> None:
    """The page lists the deleted files; the calendar is kept."""
    served.subscribe(label="Phone", **{"for": "other"})
    calendar = Path(Config().settings(anna).output or "")
    asked = text_of(served.get("/accounts/anna/remove"))
    assert f"~/{calendar.name}" in asked
    assert "Phone" in asked
    assert Config().account_names == ("anna",)
    assert served.post("/accounts/anna/remove").status == 303
    assert Config().account_names == ()
    assert vaults().find(anna) is None
    assert calendar.exists()
    assert not list((state_folder() / "ledgers").glob("*.sqlite*"))
    assert "never read" not in served.get("/subscribers").text


def test_changed_settings_only_are_written(anna: str, served: Served) -> None:
    """Comments stay, an empty field removes its key, and a secret stays unless it is replaced or cleared."""
    del anna
    fields = {"account": "-", "months": "5", "notify": "", "alarms": "10m, 2h", "visible": "true"}
    done = served.post("/settings", **fields)
    assert done.headers["location"] == "/settings?account=-&saved=yes"
    text = settings_file().read_text()
    assert "months = 5          # for all" in text
    assert "# the first" in text
    assert 'alarms = ["10m", "2h"]' in text
    assert NOTIFIED in text
    served.post("/settings", **{"account": "-", "months": "5", "alarms": "", "visible": "", "clear-notify": "on"})
    settings = Config().settings()
    assert (settings.alarms, settings.notify, settings.visible, settings.months) == ((), (), False, 5)


def test_errors_are_shown_beside_their_fields(anna: str, served: Served) -> None:
    """All of them at once, with the typed values; nothing is written."""
    before = settings_file().read_bytes()
    answer = served.post("/settings", account=anna, months="99", **{"from": "soon", "timeout": "90"})
    assert answer.status == 422
    for name, sentence in (("months", "“99” is not a number of months"), ("from", "“soon” is not a date.")):
        assert re.search(rf'id="w-{name}">{re.escape(sentence)}', answer.text)
    assert 'value="90"' in answer.text
    assert settings_file().read_bytes() == before
    both = before + b'\n[accounts.ben]\nschool = "junia"\nlogin = "ben"\noutput = "~/ben.ics"\n'
    settings_file().write_bytes(both)
    shared = served.post("/settings", account=anna, output="~/ben.ics")
    assert (shared.status, "same file as" in shared.text) == (422, True)
    assert settings_file().read_bytes() == both


def test_browser_setting_accepts_found_browsers_only(
    anna: str, served: Served, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run executes it. A path that is in the file stays."""
    found, program = home / "bin" / "chromium", home / "program"
    found.parent.mkdir()
    for file in (found, program):
        file.write_text("#!/bin/sh\n")
        file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{found.parent}:/usr/bin:/bin")
    before = settings_file().read_bytes()
    for typed in (str(program), "chromium", f"{found} ", "~/program", "/bin/sh", f"{found}/../../program", "\0"):
        answer = served.post("/settings", account="-", browser=typed)
        refused = typed.strip() != str(found)
        assert answer.status == (422 if refused else 303), typed
        assert ("The browser “" in answer.text) == refused, re.findall("w-browser.*", answer.text)
        if not refused:
            assert str(Config().settings().browser) == str(found)
            settings_file().write_bytes(before)
    assert settings_file().read_bytes() == before
    shown_page = served.get("/settings?account=-").text
    assert f'<option value="{found}">' in shown_page
    assert '<input id="f-browser"' not in shown_page
    settings_file().write_bytes(f'browser = "{program}"\n'.encode() + before)
    assert f'<option value="{program}" selected>' in served.get("/settings?account=-").text
    assert served.post("/settings", account="-", browser=str(program), timeout="90").status == 303
    assert str(Config().settings().browser) == str(program)
    del anna


@pytest.mark.parametrize("account", ["anna", "-"])
def test_output_that_is_no_calendar_is_refused(anna: str, served: Served, home: Path, account: str) -> None:
    """In both languages; existing files are unchanged."""
    (home / ".bashrc").write_text("alias ll='ls -l'\n")
    (home / "these.docx").write_bytes(b"PK\x03\x04")
    (home / "folder").mkdir()
    before = settings_file().read_bytes()
    typed = ("~/.bashrc", str(home / "these.docx"), "-", "https://dav.example/x", str(home / "folder"), "~/none/a.ics",
             "/dev/null", str(settings_file()), "~/folder/", "~nobody-here/a.ics", "a\tb.ics")  # fmt: skip
    for output in typed:
        form = {
            "account": anna if account == "anna" else "-",
            "output": output,
            "form_token": form_token(served.cookie),
        }
        for language in ("fr", "en"):
            answer = served.ask("POST", "/settings", form=form, headers={"Accept-Language": language})
            assert answer.status == 422, output
            (wrong,) = re.findall(r'<p class="wrong" id="w-output">([^<]+)</p>', answer.text)
            assert "aurion " not in wrong
    assert settings_file().read_bytes() == before
    assert (home / ".bashrc").read_text() == "alias ll='ls -l'\n"
    (home / "old.ics").write_bytes(b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert served.post("/settings", account=anna, output="~/old.ics").status == 303
    assert served.post("/settings", account=anna, output="folder/new.ics").status == 303
    assert Config().settings(anna).output == "~/folder/new.ics"


def test_variable_that_overrides_a_setting_is_named(anna: str, served: Served) -> None:
    """The page shows the value, its source, and the value without it."""
    served.state.environment = {**os.environ, "AURION_MONTHS": "9"}
    shown_text = text_of(served.get(f"/settings?account={anna}"))
    assert "Current value: 9 (variable AURION_MONTHS)." in shown_text
    assert "The environment variable AURION_MONTHS overrides" in shown_text
    served.state.environment = dict(os.environ)
    shown_text = text_of(served.get(f"/settings?account={anna}"))
    assert "Current value: 3 (settings, line 2)." in shown_text
    assert "anna.ics (settings" not in shown_text  # the field itself has it


def test_rules_are_previewed_before_they_are_saved(anna: str, served: Served) -> None:
    """Once saved they change the calendars without a run."""
    renamed = rule(subject="anglais lv1", do="rename", to="English")
    seen = text_of(served.post("/rules", account=anna, action="preview", **renamed))
    assert "Of 12 lessons: 0 hidden, 4 renamed, 0 categorised." in seen
    assert '<option value="Anglais LV1" label="4 lessons">' in served.get("/rules").text
    coloured = served.post(
        "/rules", account=anna, action="preview", **rule(course="anglais lv1", do="color", to="olive")
    )
    assert "Changes the colour of 4 lessons." in text_of(coloured)
    assert "Anglais LV1 → English 4" in seen
    assert Config().settings(anna).rules == ()
    dropped = served.post("/rules", account=anna, action="preview", **rule(teacher="OSMONT", kind="tp", do="drop"))
    assert "4 hidden" in text_of(dropped)
    assert served.post("/rules", account=anna, action="save", **renamed).status == 303
    assert [one.to for one in Config().settings(anna).rules] == ["English"]
    assert "# the first" in settings_file().read_text()
    calendar = Path(Config().settings(anna).output or "")
    assert "SUMMARY:English" not in calendar.read_text()
    assert served.post("/settings/apply", account=anna, back="rules").status == 303
    assert (calendar.read_text().count("SUMMARY:English"), calendar.read_text().count("BEGIN:VEVENT")) == (4, 12)


def test_saved_rule_is_shown_as_pending_until_it_is_applied(anna: str, served: Served) -> None:
    """The next update applies it, or a button."""
    ahead = "The next update will apply these rules"
    assert ("Your rules have changed" in served.get("/planning").text, ahead in served.get("/rules").text) == (0, 0)
    served.post("/rules", account=anna, action="save", **rule(subject="anglais lv1", do="rename", to="English"))
    for path, notice in (("/planning?view=list", "Your rules have changed"), ("/rules", ahead)):
        shown_text = served.get(path).text
        assert (notice in text_of(served.get(path)), 'action="/settings/apply"' in shown_text) == (True, True), path
    before = text_of(served.get("/planning?view=list"))
    assert ("Anglais LV1" in before, "English" in before) == (True, False)
    done = served.post("/settings/apply", account=anna, back="planning")
    assert done.headers["location"] == "/planning?account=anna"
    after = text_of(served.get("/planning?view=list"))
    assert ("Anglais LV1" in after, "English" in after, "Your rules have changed" in after) == (False, True, False)
    assert ahead not in served.get("/rules").text


def test_pending_changes_stay_pending_after_a_rendering(anna: str, served: Served) -> None:
    """New settings or a new subscriber do not publish them."""
    publish_run(anna, tuple(lessons())[:-1], hold=True)
    ledger = ledger_of_account(job_for_account(anna, Config.from_environment()).account)
    assert pending_changes(ledger, NOON)
    assert served.post("/settings/apply", account=anna).status == 303
    assert 'value="http' in served.subscribe(account=anna, **{"for": "apple"}).text
    assert pending_changes(ledger, NOON)
    calendars = [Path(Config().settings(anna).output or ""), *state_folder().rglob("apple.ics")]
    assert [body.read_text().count("STATUS:CONFIRMED") for body in calendars] == [12, 12]


def test_invalid_rule_is_reported_at_its_place(anna: str, served: Served) -> None:
    """An empty rule is ignored."""
    refused = served.post("/rules", account=anna, action="save", **rule(subject="x", do="rename"))
    assert refused.status == 422
    assert re.search(r'Rule 1.*class="wrong" role="alert">Enter the new title', refused.text, re.DOTALL)
    assert served.post("/rules", account=anna, action="save", **rule()).status == 303
    assert Config().settings(anna).rules == ()
    more = served.post("/rules", account=anna, action="add", **rule(subject="x", do="drop"))
    assert (more.status, more.text.count('name="subject"')) == (200, 2)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no zone of a process's own")
@for_each(("zone", "here"), [("Europe/Paris", ""), ("America/Montreal", "07:00")])
def test_times_of_runs_are_local_times(
    anna: str, served: Served, monkeypatch: pytest.MonkeyPatch, zone: str, here: str
) -> None:
    """Where the school has another hour, the offset is shown."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        shown_text = {path: text_of(served.get(path)) for path in ("/runs", f"/runs/{anna}", "/accounts", "/schedule")}
    time.tzset()
    shown_here = f"{here} UTC-5" if here else "13:00"
    assert f"today at {shown_here}" in shown_text["/runs"]
    assert f"today at {shown_here}" in shown_text[f"/runs/{anna}"]
    assert f"today at {shown_here}" in shown_text["/accounts"]
    assert ("the school is in another time zone" in shown_text["/schedule"]) is bool(here)
    assert f"({here})" in shown_text["/schedule"] or not here


def test_files_of_the_timer_are_previewed(anna: str, served: Served) -> None:
    """The preview leaves no file; invalid hours are refused."""
    del anna
    answer = served.post("/schedule", show="yes", mode="at", at="07:00", kind="systemd")
    assert "aurion-planning.timer" in answer.text
    assert served.post("/schedule", show="yes", mode="at", at="25:00").status == 422
    assert served.post("/schedule", show="yes", mode="at", at="").status == 422
    absent = next(timer.kind for timer in all_timers(state_folder()) if not timer.is_available())
    refused = served.post("/schedule", kind=absent, mode="every", every="6h")
    assert (refused.status, f"has no {absent} timer" in refused.text) == (422, True)
    assert served.state.background_jobs.last("schedule") is None
    page = served.get("/schedule").text
    assert "Every hour<" in page
    assert "Every 6 hours<" in page
    assert not list(Path.home().rglob("aurion-planning.timer"))


def test_error_of_a_list_field_does_not_mention_toml(anna: str, served: Served) -> None:
    """The error explains how the field is filled in."""
    del anna
    answer = served.post("/settings", account="-", alarms="10x", past="never")
    assert answer.status == 422
    shown_text = text_of(answer)
    assert "Enter at most five durations, such as 10m, 2h or 1d." in shown_text
    assert "Enter a number of days from 0 to 3650" in shown_text
    assert "alarms" not in shown_text
