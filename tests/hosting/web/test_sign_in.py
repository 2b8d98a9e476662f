"""Signing up and in: both are one log-in at the portal, with limits, and known logins are not revealed."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, Table, event, func, select, text

from scraper.errors import WrongCredentials
from scraper.hosting.database.service_tables import sign_in, sign_in_try, student, web_session
from scraper.hosting.portal_visits import Visits
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.web.attempts import KEPT, Attempts, attempts_key, known_browser_cookie, network_of
from scraper.hosting.web.hosted_state import LOGIN_TRIES, TRIES, TRIES_PERIOD
from tests.cases import for_each
from tests.hosting.hosted import waits_for_a_lock
from tests.hosting.web.conftest import LOGIN, NOW, PASSWORD, SCHOOL, Browser, HostedService, MovedClock
from tests.http_requests import Answer
from tests.waiting import wait_until

KEY = bytes(range(32))


def count(service: HostedService, table: Table) -> int:
    """Return the number of rows of a table."""
    with service.state.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def send(browser: Browser, login: str = LOGIN, password: str = PASSWORD, **fields: str) -> Answer:
    """Fill the form in and submit it."""
    return browser.post("/sign-in", **{"school": SCHOOL, "login": login, "password": password, **fields})


def test_sign_up_waits_for_the_portal_then_logs_in(service: HostedService) -> None:
    """The waiting page shows the state of the sign-in."""
    browser = service.browser()
    sent = send(browser)
    assert (sent.status, sent.headers["location"]) == (303, "/sign-in/wait")
    assert "Your turn comes next" in browser.get("/sign-in/wait").text
    service.end_sign_in(state="working")
    assert "The portal is checking" in browser.get("/sign-in/wait").text
    service.accept()
    done = browser.get("/sign-in/wait")
    assert (done.status, done.headers["location"]) == (303, "/welcome")
    assert (browser.get("/").headers["location"], browser.get("/welcome").status) == ("/planning", 200)
    assert (count(service, sign_in), count(service, web_session)) == (0, 1)


def test_job_of_a_sign_in_contains_no_secret(service: HostedService) -> None:
    """It names the row, which has the password sealed only."""
    send(service.browser())
    with service.state.engine.connect() as connection:
        jobs = connection.execute(text("SELECT args::text FROM procrastinate_jobs")).scalars().all()
        row = connection.execute(select(sign_in)).one()
    assert [set(re.findall(r'"(\w+)":', job)) for job in jobs] == [{"sign_in_id"}]
    assert str(row.id) in jobs[0]
    assert not any(secret in str(tuple(row)) for secret in (LOGIN, PASSWORD))


def test_waiting_page_shows_the_position(service: HostedService, clock: MovedClock) -> None:
    """The third visitor has two others before."""
    browsers = []
    for number in range(3):
        clock.pass_by(seconds=1)
        browsers.append(service.browser(address=f"198.51.100.{number}"))
        send(browsers[-1], f"student{number}")
    assert "comes next" in browsers[0].get("/sign-in/wait").text
    assert "2 sign-ins are before yours" in browsers[2].get("/sign-in/wait").text


def test_refused_password_shows_the_form_again(service: HostedService) -> None:
    """It has the portal's reason, and no password."""
    browser = service.browser()
    send(browser)
    service.end_sign_in(state="failed", error=WrongCredentials(school="Junia"))
    page = browser.get("/sign-in/wait").text
    assert 'role="alert"' in page
    assert 'name="password"' in page
    assert PASSWORD not in page
    assert (count(service, student), count(service, web_session)) == (0, 0)


def test_student_signs_in_with_a_second_browser(service: HostedService) -> None:
    """Both browsers stay logged in to the same account."""
    first = service.log_in()
    second = service.browser()
    send(second)
    service.accept()
    second.get("/sign-in/wait")
    assert (count(service, student), count(service, web_session)) == (1, 2)
    assert {one.get("/account").status for one in (first, second)} == {200}


def test_sign_in_is_claimed_once_by_its_own_browser(service: HostedService) -> None:
    """Neither the id of the row, which jobs and logs contain, nor a used token opens it."""
    browser, thief = service.browser(), service.browser()
    send(browser)
    token = browser.cookies[browser.name]
    with service.state.engine.connect() as connection:
        number = connection.scalar(select(sign_in.c.id))
    service.accept()
    for guess in (str(number), number.hex if number else "", "", "x"):
        thief.cookies = {thief.name: guess}
        assert thief.get("/sign-in/wait").headers["location"] == "/sign-in"
    assert browser.get("/sign-in/wait").headers["location"] == "/welcome"
    thief.cookies = {thief.name: token}
    assert thief.get("/sign-in/wait").headers["location"] == "/sign-in"
    assert thief.get("/account").status == 403


def test_unclaimed_sign_in_expires_after_a_day(service: HostedService, clock: MovedClock) -> None:
    """The next sign-in deletes the row."""
    browser = service.browser()
    send(browser)
    service.accept()
    clock.pass_by(days=1)
    assert browser.get("/sign-in/wait").headers["location"] == "/sign-in"
    send(service.browser(), "another")
    assert count(service, sign_in) == 1


def record_statements(service: HostedService, login: str) -> tuple[list[str], Answer]:
    """Sign in; return the statements that the database gets, and the answer."""
    found: list[str] = []
    browser = service.browser(address=f"203.0.113.{len(login)}")
    browser.get("/sign-in")

    @event.listens_for(service.state.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        found.append(statement)

    answer = send(browser, login)
    event.remove(service.state.engine, "before_cursor_execute", note)
    return found, answer


def test_known_and_unknown_logins_get_the_same_answer(service: HostedService) -> None:
    """Statements, status, headers and body are the same."""
    service.add_student("known.one")
    known, unknown = record_statements(service, "known.one"), record_statements(service, "unknown.one")
    assert known[0] == unknown[0]
    assert not any("FROM student " in statement and "login_digest" in statement for statement in known[0])
    answers = [
        (answer.status, answer.body, {name: value for name, value in answer.headers.items() if name != "set-cookie"})
        for _, answer in (known, unknown)
    ]
    assert answers[0] == answers[1]


def test_five_tries_are_allowed_in_a_minute_from_one_address(service: HostedService, clock: MovedClock) -> None:
    """Another address, or the next minute, has tries of its own."""
    here = [send(service.browser(), f"student{number}").status for number in range(TRIES + 1)]
    assert here == [303] * TRIES + [429]
    assert "Too many" in send(service.browser()).text
    assert send(service.browser(address="198.51.100.8"), "other").status == 303
    clock.pass_by(minutes=1)
    assert send(service.browser(), "again").status == 303


def test_invalid_forms_count_as_tries(service: HostedService) -> None:
    """Invitations cannot be guessed."""
    browser = service.browser()
    assert [send(browser, "").status for _ in range(TRIES + 1)] == [422] * TRIES + [429]


def test_tries_of_a_login_are_limited_over_all_addresses(service: HostedService, clock: MovedClock) -> None:
    """The school would lock the account otherwise; other logins are not affected."""
    tries = [send(service.browser(address=f"192.0.2.{number}")).status for number in range(LOGIN_TRIES + 1)]
    assert tries == [303] * LOGIN_TRIES + [429]
    assert send(service.browser(address="192.0.2.99"), "other").status == 303
    clock.pass_by(hours=1)
    assert send(service.browser(address="192.0.2.99")).status == 303


def test_known_browser_has_tries_of_its_own(service: HostedService, clock: MovedClock) -> None:
    """A stranger cannot lock the student out; logging out does not change that."""
    own, other = service.browser(), service.browser()
    for browser, login in ((own, LOGIN), (other, "another.student")):
        send(browser, login)
        service.accept(login)
        browser.get("/sign-in/wait")
        browser.post("/log-out", page="/account")
    clock.pass_by(hours=1)
    for number in range(LOGIN_TRIES + 2):
        refused = send(service.browser(address=f"192.0.2.{number}"))
    assert refused.status == 429
    assert send(other).status == 429
    clock.pass_by(minutes=2)
    tries = []
    for _ in range(LOGIN_TRIES + 1):
        clock.pass_by(minutes=1)
        tries.append(send(own).status)
    assert tries == [303] * LOGIN_TRIES + [429]


@for_each("cookie", ["", "x", "00.00", "é.é", f"{'0' * 32}.{'0' * 64}"])
def test_invented_cookie_does_not_make_a_known_browser(service: HostedService, cookie: str) -> None:
    """Its tries count for the login."""
    keys, login = service.state.keys, service.state.keys.login_digest(SCHOOL, LOGIN)
    assert attempts_key(keys, login, cookie) == login
    mine = known_browser_cookie(keys, login)
    assert attempts_key(keys, login, mine) != login
    assert attempts_key(keys, keys.login_digest(SCHOOL, "other"), mine) == keys.login_digest(SCHOOL, "other")


@for_each(
    ("changed", "field"),
    [
        ({"school": "lise"}, "school"), ({"school": "../junia"}, "school"), ({"login": " "}, "login"),
        ({"login": "x" * 201}, "login"), ({"login": "a\x00b"}, "login"), ({"password": ""}, "password"),
        ({"password": "x" * 201}, "password"),
    ],
)  # fmt: skip
def test_invalid_field_is_reported_and_not_stored(
    service: HostedService, clock: MovedClock, changed: dict[str, str], field: str
) -> None:
    """The error is beside its field."""
    clock.pass_by(minutes=1)  # tries are limited
    answer = send(service.browser(), **changed)
    assert (answer.status, f'id="wrong-{field}"' in answer.text) == (422, True)
    assert PASSWORD not in answer.text
    assert count(service, sign_in) == 0


class TestRestricted:
    """A service for members with an invitation and a mail address of the school."""

    @pytest.fixture
    def hosting_settings(self, hosting_settings: HostingSettings) -> HostingSettings:
        """Domains, codes, and a school with single sign-on."""
        limits = {"mail_domains": ("student.junia.com",), "invitations": ("été-2026", "automne")}
        return hosting_settings.model_copy(update={**limits, "schools": (SCHOOL, "lise")})

    @for_each(
        ("login", "code", "status"),
        [
            ("jeanne@student.junia.com", "été-2026", 303), ("jeanne@STUDENT.junia.com", "automne", 303),
            ("jeanne@junia.com", "automne", 422), ("jeanne@student.junia.com.evil.example", "automne", 422),
            ("@student.junia.com", "automne", 422), ("jeanne", "automne", 422),
            ("jeanne@student.junia.com", "ete-2026", 422), ("jeanne@student.junia.com", "", 422),
        ],
    )  # fmt: skip
    def test_domain_and_invitation_are_required(
        self, service: HostedService, clock: MovedClock, login: str, code: str, status: int
    ) -> None:
        """A sign-in without both of them is not stored."""
        clock.pass_by(minutes=1)  # tries are limited
        before = count(service, sign_in)
        assert send(service.browser(), login, invitation=code).status == status
        assert count(service, sign_in) == before + (status == 303)

    def test_link_may_contain_the_invitation(self, service: HostedService) -> None:
        """The association can send such a link to its members."""
        assert 'value="automne"' in service.browser().get("/sign-in?invitation=automne").text

    def test_school_with_single_sign_on_is_explained_not_listed(self, service: HostedService) -> None:
        """The page names the program for the student's own computer."""
        page = service.browser().get("/sign-in").text
        assert "single sign-on" in page
        assert 'value="lise"' not in page


def test_addresses_of_one_network_count_together() -> None:
    """An IPv6 subscriber has many addresses; a zone or a mapped address is the same network."""
    assert network_of("2001:db8:1:2:a::1") == network_of("2001:db8:1:2:b::9") != network_of("2001:db8:1:3::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("fe80::1%eth0") == network_of("fe80::1")
    assert network_of("a unix socket") == "a unix socket"


def test_sign_in_does_not_wait_for_a_visit_with_the_same_login(engine: Engine) -> None:
    """It would show that the login is known, and a few such forms would occupy all connections to the database."""
    visits = Visits(engine=engine, limits=None, opener=None, portal=None)  # type: ignore[arg-type]
    attempts = Attempts(engine=engine, most=TRIES, period=TRIES_PERIOD)
    with ThreadPoolExecutor(1) as thread, visits._hold_login("junia", KEY):
        allowing = thread.submit(attempts.allow, KEY, NOW)
        wait_until(lambda: allowing.done() or waits_for_a_lock(engine))
        assert allowing.done()


def test_web_processes_share_the_limits(engine: Engine) -> None:
    """Old tries are deleted after an hour."""
    processes = [Attempts(engine=engine, most=TRIES, period=TRIES_PERIOD) for _ in range(2)]
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda number: processes[number % 2].allow(KEY, NOW), range(20)))
    assert sum(allowed) == TRIES
    assert processes[0].allow(bytes(32), NOW)
    assert processes[1].allow(KEY, NOW + KEPT)
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(sign_in_try)) == 1
