"""The pages of students: timetable, addresses, updates, account."""

import json
import re
from contextlib import closing
from io import BytesIO
from zipfile import ZipFile

from sqlalchemy import literal, select, text

from scraper.errors import PortalUnavailable, WrongCredentials
from scraper.hosting.database.service_tables import metadata, subscription, turn
from scraper.hosting.fetch_log import FetchLog
from scraper.hosting.housekeeping import Housekeeping
from scraper.hosting.student_addresses import MOST
from scraper.hosting.student_calendars import calendar_from_row
from scraper.hosting.turns import ReadingResult
from scraper.publishing.ledger.tables import events
from tests.hosting.web.conftest import LOGIN, SCHOOL, Browser, HostedService, MovedClock
from tests.web.pages.timetable.planned import a_week

PAGES = ("/planning", "/planning?view=month", "/planning?view=today", "/planning/exams", "/planning/hours", "/changes",
         "/rules", "/notifications", "/subscribers", "/updates", "/account", "/welcome", "/privacy",
         "/manifest.webmanifest")  # fmt: skip

EVENTS = f"ledger_{events.name}"


def create_address(browser: Browser, **fields: str) -> str:
    """Create an address; return its id."""
    answer = browser.post("/subscribers", **{"for": "google", **fields})
    assert answer.status == 303, answer.text
    return answer.headers["location"].rpartition("=")[2]


def find_secret_address(browser: Browser, number: str) -> str:
    """Return the secret address that the page of an id shows."""
    found = re.search(r'id="secret-address"[^>]* value="([^"]+)"', browser.get(f"/subscribers/one?id={number}").text)
    assert found
    return found[1]


def feed_files(service: HostedService) -> list[str]:
    """Return the secrets of the calendars that nginx serves."""
    return [path.parent.name for path in service.state.settings.feeds.rglob("planning.ics")]


def test_every_page_answers_before_and_after_the_first_reading(service: HostedService) -> None:
    """Before it the timetable explains what comes next."""
    owner, browser = service.add_student(), service.log_in()
    assert "has not been read yet" in browser.get("/planning").text
    assert {path: browser.get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
    service.publish(owner, a_week())
    assert {path: browser.get(path).status for path in PAGES} == dict.fromkeys(PAGES, 200)
    shown = browser.get("/planning?view=week").text
    assert all(word in shown for word in ("Analyse numérique", "/planning/event/", 'href="/account"'))
    assert "aurion serve" not in shown


def test_every_link_and_form_has_a_page(service: HostedService) -> None:
    """Templates of the local page link to no page that only the local program has."""
    service.publish(service.add_student(), a_week())
    browser = service.log_in()
    create_address(browser)
    seen, waiting = set[str](), ["/planning"]
    while waiting:
        path = waiting.pop()
        answer = browser.get(path)
        assert answer.status in {200, 303}, path
        page = answer.body.decode(errors="replace")
        forms = set(re.findall(r'<form[^>]*method="post" action="([^"?]+)', page))
        assert not {one for one in forms if browser.ask("POST", one, form={}).status == 404}, path
        for link in re.findall(r'(?:href|src)="(/[^"#]*)', page):
            plain = link.replace("&amp;", "&")
            known = re.sub(r"day=[\d-]+", "day", re.sub(r"event/[^?.]+", "event", plain))
            if known not in seen:
                seen.add(known)
                waiting.append(plain)
    assert len(seen) > 20


def test_address_has_its_calendar_at_once(service: HostedService) -> None:
    """The page can show the address again."""
    service.publish(service.add_student(), a_week())
    browser = service.log_in()
    number = create_address(browser, label="Phone")
    address = find_secret_address(browser, number)
    assert address.startswith("https://agenda.bde.example/c/")
    assert address.split("/")[-2:] == [feed_files(service)[0], "planning.ics"]
    assert b"BEGIN:VEVENT" in next(service.state.settings.feeds.rglob("planning.ics")).read_bytes()
    assert find_secret_address(browser, number) == address


def test_address_without_a_reading_gets_its_file_later(service: HostedService) -> None:
    """A calendar program can already subscribe; the file follows the first reading."""
    owner, browser = service.add_student(), service.log_in()
    address = find_secret_address(browser, create_address(browser))
    assert feed_files(service) == []
    service.publish(owner, a_week())
    assert feed_files(service) == [address.split("/")[-2]]


def test_renewal_and_revocation_remove_the_old_file(service: HostedService) -> None:
    """The file is removed before the page answers."""
    service.publish(service.add_student(), a_week())
    browser = service.log_in()
    number = create_address(browser)
    before, page = find_secret_address(browser, number), f"/subscribers/one?id={number}"
    browser.post("/subscribers/renew", page=page, id=number)
    after = find_secret_address(browser, number)
    assert before != after
    assert feed_files(service) == [after.split("/")[-2]]
    assert browser.post("/subscribers/revoke", page=page, id=number).status == 303
    assert feed_files(service) == []
    assert browser.get(page).status == 404


def test_shared_content_and_last_day_are_stored(service: HostedService) -> None:
    """An invalid choice is refused."""
    browser = service.log_in()
    create_address(browser, content="exams", until="2027-06-30")
    with service.state.engine.connect() as connection:
        row = connection.execute(select(subscription)).one()
    assert (calendar_from_row(row.calendar).sharing.content, str(row.until)) == ("exams", "2027-06-30")
    for wrong in ({"content": "grades"}, {"until": "yesterday"}, {"for": "../x"}, {"label": "a\x07"}):
        assert browser.post("/subscribers", **{"for": "google", **wrong}).status == 422


def test_number_of_addresses_is_limited(service: HostedService) -> None:
    """Equal labels are numbered."""
    browser = service.log_in()
    for _ in range(MOST):
        create_address(browser, label="Phone")
    answer = browser.post("/subscribers", **{"for": "google"})
    assert (answer.status, "which is the limit" in answer.text) == (422, True)
    assert f"Phone {MOST}" in answer.text


def test_rules_change_page_and_calendar_at_once(service: HostedService) -> None:
    """A dropped course is neither on the page nor in the feed."""
    service.publish(service.add_student(), a_week())
    browser = service.log_in()
    create_address(browser)
    file = next(service.state.settings.feeds.rglob("planning.ics"))
    assert b"Anglais" in file.read_bytes()
    empty = dict.fromkeys(("to", "subject", "kind", "teacher", "room", "exam"), "")
    saved = browser.post("/rules", action="save", do="drop", course="Anglais S1", **empty)
    assert (saved.status, "saved=yes" in saved.headers["location"]) == (303, True)
    assert b"Anglais" not in file.read_bytes()
    assert "Anglais S1" not in browser.get("/planning?view=week").text
    assert "Saved" in browser.get("/rules?saved=yes").text


def test_update_button_makes_the_turn_due(service: HostedService) -> None:
    """The page shows how the last reading failed."""
    owner, browser = service.add_student(), service.log_in()
    turns = service.state.turns
    turns.add(owner, SCHOOL)
    assert browser.post("/updates").headers["location"] == "/updates?done=asked"
    with service.state.engine.connect() as connection:
        assert connection.scalar(select(turn.c.due_at)) is not None
    turns.finish(owner, ReadingResult.from_error(PortalUnavailable("timeout", seconds=60)))
    assert 'class="notice bad"' in browser.get("/updates").text


def test_new_password_is_entered_after_a_refusal(service: HostedService) -> None:
    """The page leads to the form, although the student is logged in."""
    owner, browser = service.add_student(), service.log_in()
    service.state.turns.add(owner, SCHOOL)
    service.state.turns.finish(owner, ReadingResult.from_error(WrongCredentials(school="Junia")))
    page = browser.get("/updates").text
    assert 'href="/sign-in?again=yes"' in page
    assert 'name="password"' in browser.get("/sign-in?again=yes").text
    assert browser.post("/sign-in", page="/sign-in?again=yes", school=SCHOOL, login=LOGIN, password="new").status == 303
    service.accept()
    assert browser.get("/sign-in/wait").headers["location"] == "/welcome"


def test_language_of_calendars_is_stored_with_the_student(service: HostedService) -> None:
    """The language of the page is a cookie."""
    owner, browser = service.add_student(), service.log_in()
    assert browser.post("/account/language", page="/account", language="en").status == 303
    student = service.state.students.get(owner)
    assert student
    assert student.language == "en"
    browser.post("/language", page="/account", language="fr", back="/account")
    assert 'lang="fr"' in browser.get("/account").text


def test_download_has_calendar_and_rows_of_all_tables(service: HostedService) -> None:
    """It contains no sealed or binary value."""
    service.publish(service.add_student(), a_week())
    browser = service.log_in()
    create_address(browser, label="Phone")
    answer = browser.get("/account/download")
    found = unpack(answer.body)
    assert answer.headers["content-disposition"] == 'attachment; filename="aurion.zip"'
    assert {"student", "subscription", "web_session", "turn", EVENTS} <= {name.removesuffix(".json") for name in found}
    assert json.loads(found["subscription.json"])[0]["label"] == "Phone"
    assert len(json.loads(found[f"{EVENTS}.json"])) > 5
    assert found["planning.ics"].count(b"BEGIN:VEVENT") > 5
    assert b"sealed" not in b"".join(found.values())
    other = service.log_in("another")
    assert not {f"{EVENTS}.json", "planning.ics"} & unpack(other.get("/account/download").body).keys()


def unpack(body: bytes) -> dict[str, bytes]:
    """Return the files in an archive."""
    with ZipFile(BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def find_tables_with(service: HostedService, needle: str) -> list[str]:
    """Return the tables, of all schemas, with a row that contains the text."""
    with service.state.engine.connect() as connection:
        connection.execute(text("SELECT set_config('aurion.account', :one, true)"), {"one": needle})
        return [
            table.fullname
            for table in metadata.sorted_tables
            if any(needle in str(tuple(row)) for row in connection.execute(select(table)))
        ]


def test_deletion_leaves_no_row_file_session_or_cache(service: HostedService) -> None:
    """Another student keeps everything."""
    owner, other = service.add_student(), service.add_student("another")
    browser, second = service.log_in(), service.log_in("another")
    for student, one in ((owner, browser), (other, second)):
        service.publish(student, a_week())
        create_address(one)
        assert one.get("/planning").status == 200
    assert {"student", "subscription", "web_session"} <= set(find_tables_with(service, str(owner)))
    assert browser.post("/account/delete", page="/account").headers["location"] == "/account"
    done = browser.post("/account/delete", page="/account", sure="yes")
    assert (done.status, "Your account is deleted" in done.text) == (200, True)
    assert done.headers["clear-site-data"] == '"cache", "storage"'
    assert find_tables_with(service, str(owner)) == []
    assert owner not in service.state.ledger_cache._snapshots
    assert len(feed_files(service)) == 1
    assert (browser.get("/planning").status, second.get("/planning").status) == (403, 200)


def test_unused_accounts_are_deleted_after_180_days(service: HostedService, clock: MovedClock) -> None:
    """A visit in between keeps the account."""
    unused, visitor = service.add_student("unused"), service.add_student("visitor")
    for student, login in ((unused, "unused"), (visitor, "visitor")):
        service.publish(student, a_week())
        create_address(service.log_in(login))
    clock.pass_by(days=100)
    service.log_in("visitor")
    clock.pass_by(days=81)
    state = service.state
    fetches = FetchLog(engine=state.engine, keys=state.keys, path=state.settings.fetch_log)
    fetches.path.touch()
    housekeeping = Housekeeping(state.engine, state.feeds, fetches, lambda: literal(clock()))
    with closing(fetches):
        assert housekeeping.clean() == (unused,)
    assert [service.state.students.get(one) is None for one in (unused, visitor)] == [True, False]
    assert len(feed_files(service)) == 1


def test_logging_out_ends_one_session_or_all(service: HostedService) -> None:
    """Sessions of other students go on."""
    first, second, third, other = (service.log_in(), service.log_in(), service.log_in(), service.log_in("another"))
    cookies = dict(first.cookies)
    assert first.post("/log-out", page="/account").headers["clear-site-data"]
    first.cookies = cookies
    assert [one.get("/account").status for one in (first, second, third)] == [403, 200, 200]
    second.post("/log-out", page="/account", all="yes")
    assert [one.get("/account").status for one in (second, third, other)] == [403, 403, 200]


def test_privacy_notice_has_the_required_parts(service: HostedService) -> None:
    """In both languages, without a session."""
    browser = service.browser()
    for language, words in (("en", ("180 days", "consent", "CNIL")), ("fr", ("180 jours", "consentement", "CNIL"))):
        page = browser.get("/privacy", Accept_Language=language).text
        assert all(word in page for word in (*words, "BDE Exemple", "mailto:agenda@bde.example"))


def test_paragraphs_of_the_association_are_escaped(service: HostedService) -> None:
    """They are text, not HTML."""
    service.state.settings.privacy.update(en="Hosting: <b>Lille</b>\n\nOfficer: Max")
    page = service.browser().get("/privacy").text
    assert "<p>Hosting: &lt;b&gt;Lille&lt;/b&gt;</p>" in page
    assert "<p>Officer: Max</p>" in page
