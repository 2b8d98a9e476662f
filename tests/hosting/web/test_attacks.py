"""Attacks on the web tier by other sites, other students and strangers."""

import json
import logging
import re
import socket
from collections.abc import Iterator
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.hosting.logs import JsonFormatter
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.web.browser_sessions import LIFETIME
from scraper.hosting.web.hosted_app import PAGES
from scraper.hosting.web.hosted_state import TRIES
from scraper.publishing.feeds.feed_files import AS_THE_FILE
from scraper.web.pages.security import HEADERS, MOST_BYTES
from tests.cases import for_each
from tests.hosting.web.conftest import HOST, LOGIN, NOW, PASSWORD, SCHOOL, Browser, HostedService, MovedClock
from tests.http_requests import asked
from tests.web.conftest import read_to_end
from tests.web.pages.timetable.planned import a_week

OPEN = {"/", "/sign-in", "/sign-in/wait", "/privacy", "/language", "/manifest.webmanifest", "/worker.js", "/static"}
"""What is there without a session."""
ORIGIN = f"https://{HOST}"


def routes(method: str) -> list[str]:
    """Return the paths of all routes with that method, with examples of their parameters."""
    found = {one.path for one in PAGES if method in (getattr(one, "methods", None) or ())}  # type: ignore[attr-defined]
    return sorted(re.sub(r"\{\w+\}", "1", path) for path in found)


def test_pages_and_forms_need_a_session(service: HostedService) -> None:
    """Without one each page leads to the sign-in, and no form does anything."""
    browser = service.browser()
    for path in set(routes("GET")) - OPEN:
        assert browser.get(path).status in {403, 404}, path
    for path in set(routes("POST")) - OPEN:
        assert browser.ask("POST", path, form={}).status == 403, path


@for_each("cookie", ["", "x", "a" * 43, "Ünïcode", "a" * 4000, '"', "\x7f"])
def test_invented_cookie_is_refused(service: HostedService, cookie: str) -> None:
    """It gets the answer of a visitor without a session."""
    browser = service.browser(cookies={"__Host-aurion": cookie.encode().decode("latin-1")})
    assert browser.get("/planning").status in {403, 404}


def test_session_expires_30_days_after_the_last_visit(service: HostedService, clock: MovedClock) -> None:
    """A visit in between prolongs it."""
    browser = service.log_in()
    clock.pass_by(days=LIFETIME.days - 1)
    assert browser.get("/account").status == 200
    clock.pass_by(days=LIFETIME.days - 1)
    assert browser.get("/account").status == 200
    clock.pass_by(days=LIFETIME.days)
    assert browser.get("/account").status == 403


def test_cookie_is_restricted_to_this_host_and_https(service: HostedService) -> None:
    """The prefix `__Host-` excludes cookies of other hosts and paths of the domain; no script reads it."""
    browser = service.browser()
    browser.post("/sign-in", school=SCHOOL, login=LOGIN, password=PASSWORD)
    service.accept()
    cookies = browser.get("/sign-in/wait").cookies
    assert [one.partition("=")[0] for one in cookies] == ["__Host-aurion", "__Host-aurion-known"]
    for cookie in cookies:
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "domain" not in cookie.lower()


def test_sign_in_replaces_a_planted_cookie(service: HostedService) -> None:
    """Session fixation: the token of the sign-in and the cookie of the session are both new."""
    browser = service.browser(cookies={"__Host-aurion": "planted"})
    browser.post("/sign-in", school=SCHOOL, login=LOGIN, password=PASSWORD)
    token = browser.cookies["__Host-aurion"]
    service.accept()
    browser.get("/sign-in/wait")
    session = browser.cookies["__Host-aurion"]
    assert len({"planted", token, session}) == 3
    for old in ("planted", token):
        assert service.browser(cookies={"__Host-aurion": old}).get("/account").status == 403


@for_each(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Origin": f"https://x.{HOST}"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403), ({}, 403),
        ({"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)  # fmt: skip
def test_form_of_another_site_is_refused(service: HostedService, headers: dict[str, str], status: int) -> None:
    """By its origin or, where a browser sends none, because it lacks the token."""
    browser = service.log_in()
    for path in routes("POST"):
        answer = browser.ask("POST", path, form={"sure": "yes", "for": "google"}, headers=headers)
        assert (answer.status, path) == (status, path)
    assert browser.get("/account").status == 200


def test_form_token_of_another_session_is_refused(service: HostedService) -> None:
    """A student cannot submit a form in the name of another student."""
    own, other = service.log_in(), service.log_in("another")
    token = re.search(r'name="form_token" value="([^"]+)"', other.get("/account").text)
    assert token
    assert own.ask("POST", "/account/delete", form={"form_token": token[1], "sure": "yes"}).status == 403
    assert own.get("/account").status == 200


@for_each("host", ["evil.example", f"{HOST}.evil.example", f"evil.example:443@{HOST}", "", "192.0.2.1"])
def test_request_for_another_host_is_refused(service: HostedService, host: str) -> None:
    """No page shows an address of the request's host."""
    assert service.log_in().get("/account", Host=host).status in {400, 404}


def test_shown_addresses_come_from_the_settings(service: HostedService) -> None:
    """A request with another accepted name does not change them."""
    browser = service.log_in()
    number = browser.post("/subscribers", **{"for": "google"}).headers["location"].rpartition("=")[2]
    page = browser.get(f"/subscribers/one?id={number}", Host="127.0.0.1", X_Forwarded_Host="evil.example").text
    assert f'value="{ORIGIN}/c/' in page
    assert "evil" not in page


def test_every_answer_has_the_security_headers(service: HostedService) -> None:
    """Pages, files, redirects and errors."""
    browser = service.log_in()
    for path in ("/account", "/nothing", "/static/page.css", "/sign-in/wait", "/privacy", "/admin"):
        answer = browser.get(path)
        expected = {**HEADERS, "strict-transport-security": "max-age=31536000"}
        assert {name: answer.headers.get(name) for name in expected} == expected, path


@for_each("back", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "\r\nX: 1"])
def test_redirect_stays_on_the_service(service: HostedService, back: str) -> None:
    """The form of the language is the only one that names the next page."""
    location = service.log_in().post("/language", page="/account", language="fr", back=back).headers["location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))


def test_long_form_is_refused_unread(service: HostedService) -> None:
    """So is a form without a length."""
    for headers in ({"Content-Length": str(MOST_BYTES + 1)}, {"Transfer-Encoding": "chunked"}):
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
            lines = (f"{name}: {value}" for name, value in {"Host": HOST, **headers}.items())
            connection.sendall("\r\n".join(["POST /sign-in HTTP/1.1", *lines, "", ""]).encode())
            connection.shutdown(socket.SHUT_WR)
            assert read_to_end(connection).split(b" ", 2)[1] in {b"413", b"404"}


def test_address_of_a_visitor_comes_from_the_declared_proxy(service: HostedService) -> None:
    """An address that the visitor writes into the header comes before that of the proxy, and does not count."""
    forged = [
        service.browser(address=f"203.0.113.{number}, 198.51.100.7").post("/sign-in", school=SCHOOL, login=f"s{number}")
        for number in range(TRIES + 1)
    ]
    assert forged[-1].status == 429


class TestBehindAnotherProxy:
    """A service with a proxy on another machine."""

    @pytest.fixture
    def hosting_settings(self, hosting_settings: HostingSettings) -> HostingSettings:
        """The address of the proxy."""
        return hosting_settings.model_copy(update={"proxies": ("192.0.2.80",)})

    def test_addresses_of_an_undeclared_proxy_do_not_count(self, service: HostedService) -> None:
        """Each request names another visitor; the sixth is refused nevertheless."""
        answers = [
            service.browser(address=f"203.0.113.{number}").post("/sign-in", school=SCHOOL, login=f"s{number}").status
            for number in range(TRIES + 1)
        ]
        assert answers[-1] == 429


@pytest.fixture
def two_students(service: HostedService) -> tuple[Browser, UUID, str]:
    """A browser of one student, and the id and the label of another one's address."""
    victim = service.add_student("victim")
    service.publish(victim, a_week())
    added = Subscriptions(service.state.engine).add(victim, "Secret label", AS_THE_FILE, None, NOW)
    service.state.feeds.update(victim)
    return service.log_in("attacker"), added.id, added.label


def test_address_of_another_student_answers_404(
    service: HostedService, two_students: tuple[Browser, UUID, str]
) -> None:
    """Its id shows, renews and revokes nothing, like an id that does not exist."""
    browser, number, label = two_students
    for guess in (str(number), number.hex, f"{{{number}}}", f"urn:uuid:{number}", str(uuid4())):
        shown = browser.get(f"/subscribers/one?id={guess}")
        assert (shown.status, label in shown.text) == (404, False)
        for action in ("renew", "revoke"):
            assert browser.post(f"/subscribers/{action}", page="/account", id=guess).status == 404
    [kept] = Subscriptions(service.state.engine).of_student(
        service.state.students.find_by_digest(service.state.keys.login_digest(SCHOOL, "victim")).id  # type: ignore[union-attr]
    )
    assert (kept.id, kept.generation) == (number, 1)


def test_lessons_and_rules_of_another_student_are_not_shown(
    service: HostedService, two_students: tuple[Browser, UUID, str]
) -> None:
    """The session alone chooses the student: no parameter does."""
    browser, _, _ = two_students
    victim = service.log_in("victim")
    found = re.search(r"/planning/event/([^\"?]+)", victim.get("/planning?view=week").text)
    assert found
    owner = service.state.sessions.find_student(victim.cookies[victim.name], NOW)
    for guess in ("victim", str(owner), "-", "..", ""):
        for path in (f"/planning?account={guess}", f"/rules?account={guess}&output=0", f"/changes?account={guess}",
                     f"/planning/event/{found[1]}?account={guess}", f"/planning/event/{found[1]}.ics?account={guess}",
                     f"/planning/hours.csv?account={guess}"):  # fmt: skip
            assert "Anglais S1" not in browser.get(path).text, path
    empty = dict.fromkeys(("to", "subject", "kind", "teacher", "room", "exam"), "")
    browser.post("/rules", action="save", do="drop", course="Anglais S1", account=str(owner), **empty)
    assert "Anglais S1" in victim.get("/planning?view=week").text


NAMES = st.sampled_from(
    ["id", "account", "output", "q", "day", "view", "for", "label", "uid", "student", "until", "done"]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(routes("GET")), query=st.dictionaries(NAMES, st.text(max_size=12), max_size=3))
def test_any_query_gets_a_page_a_redirect_or_404(service: HostedService, path: str, query: dict[str, str]) -> None:
    """Redirects stay on the service."""
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    answer = service.log_in().get(f"{path}?{text}")
    assert answer.status in {200, 303, 404, 422}
    assert answer.headers.get("location", "/").startswith("/")


def test_administrators_page_is_for_administrators(service: HostedService) -> None:
    """Others see no such page and no link."""
    student, admin = service.log_in(), service.log_in("chef.exemple")
    assert (student.get("/admin").status, admin.get("/admin").status) == (404, 200)
    assert ("/admin" in student.get("/account").text, "/admin" in admin.get("/account").text) == (False, True)


def test_administrator_is_known_by_school_and_login(service: HostedService) -> None:
    """Two schools may give the same login to two people."""
    state = service.state
    assert state.keys.login_digest(SCHOOL, "chef.exemple") in state.admins
    assert state.keys.login_digest("lise", "chef.exemple") not in state.admins


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """The lines that the service logs."""
    lines: list[str] = []

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonFormatter().format(record))

    logger, handler = logging.getLogger("scraper.hosting"), Lines()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lines
    logger.removeHandler(handler)
    logger.setLevel(before)


def test_log_contains_no_personal_data_or_secrets(service: HostedService, log_lines: list[str]) -> None:
    """Login, password, cookie, address, id of a lesson, query and network address."""
    service.publish(service.add_student(), a_week())
    browser = service.log_in()
    browser.post("/subscribers", **{"for": "google", "label": "Canary label"})
    browser.post("/notifications/add/ntfy", page="/notifications", server="https://ntfy.sh", topic="canary-topic")
    event = re.search(r"/planning/event/([^\"?]+)", browser.get("/planning?view=week&q=Anglais").text)
    uid = event[1] if event else "missing"
    browser.get(f"/planning/event/{uid}")
    browser.post("/sign-in", page="/sign-in?again=yes", school=SCHOOL, login=LOGIN, password=PASSWORD)
    browser.get("/nothing-canary?x=canary")
    for line in log_lines:
        found = json.loads(line)
        assert {"at", "level", "logger", "message"} <= found.keys()
    text = "\n".join(log_lines)
    assert '"route": "/planning/event/{uid}"' in text
    secrets = (LOGIN, PASSWORD, uid, "canary", "Canary", "Anglais", *browser.cookies.values(), browser.address)
    assert not [one for one in secrets if one in text]


def test_metrics_are_for_this_machine_only(service: HostedService) -> None:
    """Through the proxy, or with the public name, they answer 404."""
    direct = asked(f"127.0.0.1:{service.port}", "GET", "/metrics", {"Host": "127.0.0.1"})
    assert (direct.status, b"aurion_web_requests_total" in direct.body) == (200, True)
    for headers in ({"Host": HOST}, {"Host": "127.0.0.1", "X-Forwarded-For": "198.51.100.7"}):
        assert asked(f"127.0.0.1:{service.port}", "GET", "/metrics", headers).status == 404
    assert service.log_in("chef.exemple").get("/metrics").status == 404
