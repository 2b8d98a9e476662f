"""Accounts, settings, rules, subscribers and help as requests: what they do, and what they never tell."""

import json
import os
import re
import time
from html import unescape
from pathlib import Path
from threading import Event

import pytest
from pydantic import SecretStr

from scraper.account import ledger_of
from scraper.accounts import keep_password
from scraper.held import waiting
from scraper.meant import job_named
from scraper.runs import Run, Runs
from scraper.schedule.kinds import timers
from scraper.settings.file import settings_file, state_folder
from scraper.settings.loading import account_names, load_settings
from scraper.vault import vaults
from scraper.web.page.checks import checks_told
from scraper.web.page.chores import Chore, Chores, environment_for
from scraper.web.subscribers import Subscribers
from tests.asking import Answer
from tests.web.page.conftest import Served
from tests.web.page.manage.conftest import NOON, NOTIFIED, PASSWORD, lessons, ran, rule

PAGES = (
    "/accounts", "/accounts/anna/remove", "/settings", "/settings?account=-", "/rules", "/schedule", "/subscribers",
    "/help", "/help/report", "/help/log",
)  # fmt: skip


@pytest.fixture
def canary(anna: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A part of every secret that there is; one more stands in the server's own environment."""
    del anna
    monkeypatch.setenv("AURION_PASSPHRASE", "canary-passphrase")
    assert "canary" in PASSWORD
    assert "canary" in NOTIFIED
    return "canary"


def shown(answer: Answer) -> str:
    """The text of a page, one blank between words."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def test_no_page_tells_a_secret(canary: str, anna: str, served: Served) -> None:
    """Password, addresses of notifications and passphrase stand in none of them, nor where a form was wrong."""
    answers = [served.get(path) for path in PAGES]
    answers.append(served.post("/settings", account="-", months="none", notify="canary-typed"))
    answers.append(served.post(f"/accounts/{anna}/password", password="canary-new"))
    answers.append(served.subscribe(label="\t", **{"for": "google"}))
    answers += [served.post("/settings/apply", account=anna), served.post("/schedule", show="yes", every="6h")]
    assert {answer.status for answer in answers} <= {200, 303, 422}
    for answer in answers:
        assert canary not in answer.text + str(answer.headers)


def test_every_page_can_be_asked_for_before_there_is_anything(served: Served) -> None:
    """Without account, planning, log or failure each answers, with a way on where nothing can be done yet."""
    for path in (*PAGES, "/help/bug", "/subscribers/one?label=x"):
        assert served.get(path).status in {200, 404, 422}, path
    assert 'href="/welcome"' in served.get("/accounts").text
    assert 'href="/welcome"' in served.subscribe(**{"for": "other"}).text
    for path in ("/settings/apply", "/subscribers/revoke", "/accounts/anna/password", "/accounts/anna/remove"):
        assert served.post(path, account="anna", label="x", password="x").status == 422, path


def test_a_password_anew_goes_to_the_vault(anna: str, served: Served) -> None:
    """It is kept, a block ends; an empty one is refused, and the old one stays."""
    assert served.post(f"/accounts/{anna}/password", password="").status == 422
    assert vaults().find(anna) == ("age file", SecretStr(PASSWORD))
    done = served.post(f"/accounts/{anna}/password", password="canary-new")
    assert (done.status, done.headers["location"]) == (303, "/accounts?done=password&account=anna")
    assert vaults().find(anna) == ("age file", SecretStr("canary-new"))
    assert Runs(state_folder(), anna).is_fresh()


def test_an_account_is_removed_after_a_question(anna: str, served: Served) -> None:
    """The page says what goes and what stays; then all is gone but the calendar."""
    served.subscribe(label="Phone", **{"for": "other"})
    calendar = Path(load_settings({}, {}, anna).output or "")
    asked = shown(served.get("/accounts/anna/remove"))
    assert str(calendar) in asked
    assert "Phone" in asked
    assert account_names() == ("anna",)
    assert served.post("/accounts/anna/remove").status == 303
    assert account_names() == ()
    assert vaults().find(anna) is None
    assert calendar.exists()
    assert not list((state_folder() / "ledgers").glob("*.sqlite*"))
    assert "never came" not in served.get("/subscribers").text


def test_only_what_was_changed_is_written(anna: str, served: Served) -> None:
    """Comments stay, an empty field takes its key out; a secret stays unless another is typed, or its box ticked."""
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
    settings = load_settings({}, {})
    assert (settings.alarms, settings.notify, settings.visible, settings.months) == ((), (), False, 5)


def test_what_is_wrong_is_said_beside_its_field(anna: str, served: Served) -> None:
    """With the command's sentence, all of it at once; nothing is written, and what was typed is there to mend."""
    before = settings_file().read_bytes()
    answer = served.post("/settings", account=anna, months="99", **{"from": "soon", "timeout": "90"})
    assert answer.status == 422
    for name, sentence in (("months", "“99” is no number of months"), ("from", "“soon” is no date.")):
        assert re.search(rf'id="w-{name}">{re.escape(sentence)}', answer.text)
    assert 'value="90"' in answer.text
    assert settings_file().read_bytes() == before
    both = before + b'\n[accounts.ben]\nschool = "junia"\nlogin = "ben"\noutput = "~/ben.ics"\n'
    settings_file().write_bytes(both)
    shared = served.post("/settings", account=anna, output="~/ben.ics")
    assert (shared.status, "same file as" in shared.text) == (422, True)
    assert settings_file().read_bytes() == both


def test_a_variable_wins_and_is_named(anna: str, served: Served) -> None:
    """The page says the value that counts, where it comes from, and what it would be otherwise."""
    served.desk.environment = {**os.environ, "AURION_MONTHS": "9"}
    told = shown(served.get(f"/settings?account={anna}"))
    assert "Now: 9 (variable AURION_MONTHS)." in told
    assert "The variable AURION_MONTHS wins" in told
    assert re.search(r"Now: \S+/anna.ics \(settings, line 8 \[accounts.anna\]\)", told)


def test_rules_are_seen_before_they_are_kept(anna: str, served: Served) -> None:
    """What they hide and rename, how often, while the file is as it was; kept, they make calendars without a run."""
    renamed = rule(subject="anglais lv1", do="rename", to="English")
    seen = shown(served.post("/rules", account=anna, action="preview", **renamed))
    assert "Of 12 lessons known: 0 hidden, 4 renamed, 0 filed." in seen
    assert "Anglais LV1 → English 4" in seen
    assert load_settings({}, {}, anna).rules == ()
    dropped = served.post("/rules", account=anna, action="preview", **rule(teacher="OSMONT", kind="tp", do="drop"))
    assert "4 hidden" in shown(dropped)
    assert served.post("/rules", account=anna, action="save", **renamed).status == 303
    assert [one.to for one in load_settings({}, {}, anna).rules] == ["English"]
    assert "# the first" in settings_file().read_text()
    calendar = Path(load_settings({}, {}, anna).output or "")
    assert "SUMMARY:English" not in calendar.read_text()
    assert served.post("/settings/apply", account=anna, back="rules").status == 303
    assert (calendar.read_text().count("SUMMARY:English"), calendar.read_text().count("BEGIN:VEVENT")) == (4, 12)


def test_the_planning_is_as_the_calendar_has_it(anna: str, served: Served) -> None:
    """A rule that was saved is told as one that comes with the next update, or now: then both follow it."""
    ahead = "are not in the calendar yet"
    assert ("Your rules have changed" in served.get("/planning").text, ahead in served.get("/rules").text) == (0, 0)
    served.post("/rules", account=anna, action="save", **rule(subject="anglais lv1", do="rename", to="English"))
    for path, said in (("/planning?view=list", "Your rules have changed"), ("/rules", ahead)):
        told = served.get(path).text
        assert (said in shown(served.get(path)), 'action="/settings/apply"' in told) == (True, True), path
    before = shown(served.get("/planning?view=list"))
    assert ("Anglais LV1" in before, "English" in before) == (True, False)
    done = served.post("/settings/apply", account=anna, back="planning")
    assert done.headers["location"] == "/planning?account=anna"
    after = shown(served.get("/planning?view=list"))
    assert ("Anglais LV1" in after, "English" in after, "Your rules have changed" in after) == (False, True, False)
    assert ahead not in served.get("/rules").text


def test_what_waits_for_a_word_waits_on(anna: str, served: Served) -> None:
    """Calendars made anew, or for one more subscriber, have what was published, not what was kept back."""
    ran(anna, tuple(lessons())[:-1], hold=True)
    ledger = ledger_of(job_named(anna, os.environ).account)
    assert waiting(ledger, NOON)
    assert served.post("/settings/apply", account=anna).status == 303
    assert 'value="http' in served.subscribe(account=anna, **{"for": "google"}).text
    assert waiting(ledger, NOON)
    calendars = [Path(load_settings({}, {}, anna).output or ""), *state_folder().rglob("google.ics")]
    assert [body.read_text().count("STATUS:CONFIRMED") for body in calendars] == [12, 12]


def test_a_rule_that_is_wrong_is_told_at_its_place(anna: str, served: Served) -> None:
    """One that renames to nothing is not kept; one that says nothing at all is no rule."""
    refused = served.post("/rules", account=anna, action="save", **rule(subject="x", do="rename"))
    assert refused.status == 422
    assert re.search(r'Rule 1.*class="wrong" role="alert">Renaming and filing need', refused.text, re.DOTALL)
    assert served.post("/rules", account=anna, action="save", **rule()).status == 303
    assert load_settings({}, {}, anna).rules == ()
    more = served.post("/rules", account=anna, action="add", **rule(subject="x", do="drop"))
    assert (more.status, more.text.count('name="subject"')) == (200, 2)


def test_a_calendar_that_is_not_there_leads_to_an_update(begun: str, served: Served) -> None:
    """Nobody is subscribed to nothing."""
    answer = served.subscribe(account=begun, **{"for": "google"})
    assert (answer.status, 'href="/runs"' in answer.text) == (422, True)
    assert "never came" not in served.get("/subscribers").text


@pytest.mark.parametrize("client", ["google", "apple", "outlook", "other"])
def test_each_choice_has_its_own_calendar(anna: str, served: Served, client: str) -> None:
    """Whatever it is for, it is made of what is known; its address answers, and is said this once."""
    answer = served.subscribe(account=anna, **{"for": client})
    address = re.search(r'value="(http://127\.0\.0\.1[^"]+\.ics)"', answer.text)
    assert address
    path = "/" + address[1].split("/", 3)[3]
    assert served.get(path).text.count("BEGIN:VEVENT") == 12
    secret = path.split("/")[2]
    assert ("webcal://" in answer.text) == (client == "apple")
    for page in ("/subscribers", "/help/log", "/accounts"):
        assert secret not in served.get(page).text
    kept = [file for file in state_folder().rglob("*") if file.is_file()]
    assert not any(secret.encode() in file.read_bytes() for file in kept)


def test_the_history_is_of_the_account_s_own_calendars(anna: str, served: Served) -> None:
    """What is made for a subscriber is none of them; each of its own can be had again."""
    served.subscribe(account=anna, **{"for": "google"})
    told = shown(served.get("/history"))
    assert (told.count("Download"), "anna.ics" in told, "google.ics" in told) == (1, True, False)
    assert 'href="/history/1.ics"' in served.get("/history").text


def test_a_page_with_an_address_loaded_again_changes_nothing(anna: str, served: Served) -> None:
    """Whether it was made or renewed: its form counts once. A form of another run of the server counts no more."""
    sent = {"account": anna, "label": "Phone", "for": "google"}
    for path in ("/subscribers", "/subscribers/renew"):
        once = served.once()
        address = re.search(r'value="(http://[^"]+\.ics)"', served.post(path, **sent, once=once).text)
        assert address is not None
        for number in (once, "", "forged"):
            again = served.post(path, **sent, once=number)
            assert (again.status, again.headers["location"]) == (303, "/subscribers?done=before")
        assert [one.label for one in Subscribers(state_folder()).all()] == ["Phone"]
        assert served.get("/" + address[1].split("/", 3)[3]).status == 200
    assert "had been sent before" in shown(served.get("/subscribers?done=before"))


def test_where_an_address_reaches_is_told(anna: str, served: Served) -> None:
    """Google is warned of where it cannot come; an address that is given is remembered, a wrong one is not."""
    here = shown(served.subscribe(account=anna, label="One", **{"for": "google"}))
    assert "Google cannot come there" in here
    assert served.post("/subscribers/address", address="ftp://x").status == 422
    assert served.post("/subscribers/address", address="https://calendar.example.org/a/").status == 303
    there = served.subscribe(account=anna, label="Two", **{"for": "google"})
    assert 'value="https://calendar.example.org/a/c/' in there.text
    assert "cannot come there" not in shown(there)


@pytest.mark.parametrize(
    ("client", "address", "steps", "ways"),
    [
        ("google", "", "", "To do first"), ("google", "http://192.168.1.9:8765", "", "To do first"),
        ("google", "https://a.example.org", "Copy the address, then open Google", ""),
        ("apple", "", "On this Mac", "For a phone, first"), ("apple", "http://192.168.1.9:8765", "On an iPhone", ""),
        ("outlook", "", "", "To do first"), ("other", "", "Copy the address.", "For a phone, first"),
    ],
)  # fmt: skip
def test_steps_are_told_where_they_lead_anywhere(
    anna: str, served: Served, client: str, address: str, *, steps: str, ways: str
) -> None:
    """Where a calendar cannot come to the address, what to do before that is told instead, with the way there."""
    served.post("/subscribers/address", address=address)
    page = served.subscribe(account=anna, label="One", **{"for": client})
    text = shown(page)
    assert ("What to do now" in text, steps in text) == (bool(steps), True)
    assert ("On an iPhone" in text) is (steps == "On an iPhone")
    told = ("For a phone, first" in text, "To do first" in text)
    assert told == (ways == "For a phone, first", ways == "To do first")
    assert ('href="/subscribers#reach"' in page.text, 'href="/subscribers/one?label=One"' in page.text) == (
        bool(ways), bool(ways),
    )  # fmt: skip


def test_the_checks_run_beside_the_page(anna: str, served: Served) -> None:
    """They begin by a button, the page tells that they go on, then what they found."""
    keep_password(anna, SecretStr(PASSWORD), vaults().age)
    settings_file().write_text('[accounts.anna]\nurl = "http://127.0.0.1:9"\nlogin = "anna"\n')
    Runs(state_folder(), anna).add(Run(at=NOON, exit_code=3, error="WrongCredentials"))
    assert served.post("/help/check").status == 303
    assert "data-waiting" in served.get("/help").text
    until = time.monotonic() + 60
    while "data-waiting" in (page := served.get("/help")).text and time.monotonic() < until:
        time.sleep(0.1)
    assert "error(s)" in shown(page)
    assert "127.0.0.1" in shown(page)
    assert 'href="/runs/anna"' in page.text
    assert not re.search(r"aurion (account|export)", shown(page))


@pytest.mark.parametrize(
    ("seen", "place", "hint"),
    [
        (("password", "absent", "warning"), "/accounts", ""), (("run", "blocked", "error"), "/runs/anna", ""),
        (("account", "none", "warning"), "/welcome", ""), (("output", "no-folder", "error"), "/settings", ""),
        (("run", "well", "ok"), "", "Try: aurion x."), (("browser", "none", "error"), "", "Try: aurion x."),
    ],
)  # fmt: skip
def test_a_check_leads_to_a_page_where_there_is_one(seen: tuple[str, str, str], place: str, hint: str) -> None:
    """Instead of a command of the terminal, that stays where the page can do nothing; any other hint stays."""
    check = {**dict(zip(("name", "reason", "state"), seen, strict=True)), "account": "anna", "message": "anna: so."}
    (told,) = checks_told(json.dumps({"checks": [{**check, "hint": "Try: aurion x."}]}), ["anna"])
    assert (told["place"], told["hint"], told["message"]) == (place, hint, "so.")
    (told,) = checks_told(json.dumps({"checks": [{**check, "hint": "Make room."}]}), ["anna"])
    assert told["hint"] == "Make room."
    assert checks_told('{"checks": [{}]}', []) == []


@pytest.mark.parametrize(("code", "is_offered"), [(3, False), (7, False), (5, False), (6, True), (9, True), (0, False)])
def test_a_report_is_offered_where_it_helps(anna: str, served: Served, code: int, *, is_offered: bool) -> None:
    """Not of a refused password or a portal that is away, which lead to the update; it can be had all the same."""
    failure = job_named(anna, os.environ).account.failure
    failure.with_name(f"{failure.name}.json").write_text("{}")
    Runs(state_folder(), anna).add(Run(at=NOON, exit_code=code, error="Some" if code else ""))
    text = served.get("/help").text
    assert ('class="button" href="/help/report?account=anna"' in text) is is_offered
    assert ("a report would mend nothing" in text) is (not is_offered and code != 0)
    assert ('<li><a href="/help/report">' in text) is not is_offered


def test_a_report_is_shown_then_given(anna: str, served: Served) -> None:
    """Without a failure it says so; with one its lines are seen, a word is hidden, and it comes as a file."""
    assert served.get("/help/report").status == 422
    failure = job_named(anna, os.environ).account.failure
    recording = Path(__file__).parents[4] / "fixtures" / "recordings" / "junia"
    failure.with_name(f"{failure.name}.json").write_bytes(next(iter(sorted(recording.glob("*.json")))).read_bytes())
    assert "What the report holds:" in shown(served.get("/help/report"))
    assert 'name="account" value="anna"' in served.get("/help/report?account=anna").text
    assert served.get("/help/report?account=ben").status == 422
    given = served.post("/help/report", download="yes", hide="Planning")
    assert given.headers["content-disposition"] == 'attachment; filename="aurion-report.json"'
    assert "anna@student.junia.com" not in given.text
    assert given.text.startswith("{")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no zone of a process's own")
@pytest.mark.parametrize(("zone", "here"), [("Europe/Paris", ""), ("America/Montreal", "07:00")])
def test_times_of_an_account_are_the_school_s(
    anna: str, served: Served, monkeypatch: pytest.MonkeyPatch, zone: str, here: str
) -> None:
    """As its planning's, wherever the computer is; a timer goes by the computer's clock, and that is told."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        told = {path: shown(served.get(path)) for path in ("/runs", f"/runs/{anna}", "/accounts", "/schedule")}
    time.tzset()
    assert "today at 13:00" in told["/runs"]
    assert "today at 13:00" in told[f"/runs/{anna}"]
    assert "2026-11-24 13:00" in told["/accounts"]
    assert ("the school has another hour" in told["/schedule"]) is bool(here)
    assert f"it is {here};" in told["/schedule"] or not here


def test_what_would_be_written_is_shown(anna: str, served: Served) -> None:
    """The timer's own texts, and nothing of it stands afterwards; hours that are none are refused."""
    del anna
    answer = served.post("/schedule", show="yes", mode="at", at="07:00", kind="systemd")
    assert "aurion-planning.timer" in answer.text
    assert served.post("/schedule", show="yes", mode="at", at="25:00").status == 422
    assert served.post("/schedule", show="yes", mode="at", at="").status == 422
    absent = next(timer.kind for timer in timers(state_folder()) if not timer.is_here())
    refused = served.post("/schedule", kind=absent, mode="every", every="6h")
    assert (refused.status, f"of the kind {absent}" in refused.text) == (422, True)
    assert served.desk.chores.last("schedule") is None
    assert not list(Path.home().rglob("aurion-planning.timer"))


def test_a_chore_is_one_of_its_kind_and_ends_with_the_server(home: Path) -> None:
    """While one goes on a second is not begun; what it was told to be is kept; it is ended, not left behind."""
    del home
    over = Event()
    chores = Chores(clock=lambda: NOON, over=over)
    environment = environment_for({**os.environ, "AURION_PASSWORD": PASSWORD}, "en")
    assert PASSWORD not in environment.values()
    chores.begin("demo", ["demo"], environment, seconds=60)
    first = chores.last("demo")
    chores.begin("demo", ["--version"], environment, seconds=60)
    assert chores.last("demo") is first
    chores.begin("other", ["nothing"], environment, seconds=60)
    assert ended(chores, "other").code == 2
    assert "nothing" in ended(chores, "other").said
    over.set()
    assert ended(chores, "demo").code in {0, None}


def ended(chores: Chores, kind: str) -> Chore:
    """The chore, once it is over."""
    until = time.monotonic() + 60
    while not (found := chores.last(kind)) or not found.is_over:
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(("address", "has_code"), [("https://agenda.example.org", True), ("http://127.0.0.1:9", False)])
def test_a_code_is_drawn_where_a_phone_could_come(
    served: Served, anna: object, address: str, *, has_code: bool
) -> None:
    """Of an address that only this machine reaches it would lead a phone nowhere."""
    assert anna
    assert served.post("/subscribers/address", address=address).status == 303
    text = served.subscribe(label="Phone", **{"for": "other"}).text
    assert f"{address}/c/" in text
    assert ('class="qr"' in text) is has_code


def test_an_address_that_is_none_is_not_kept(served: Served) -> None:
    """It is told, and the page is there as before."""
    for wrong in ("https://[bad", "https://a:99999", "agenda"):
        assert served.post("/subscribers/address", address=wrong).status == 422
        assert served.get("/subscribers").status == 200
