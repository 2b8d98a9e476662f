"""Access to the local page: tokens, cookies, hosts, forms."""

import re
import socket
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from scraper.system.paths import settings_file
from scraper.web.pages.auth import COOKIE_LIFETIME, TOKEN_LIFETIME, Authenticator, form_token
from scraper.web.pages.port_lock import hold_port
from scraper.web.pages.security import HEADERS, SecurityMiddleware
from tests.cases import for_each
from tests.http_requests import asked
from tests.paths import ROOT
from tests.web.conftest import read_to_end
from tests.web.pages.conftest import Served

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    now = NOON

    def __call__(self) -> datetime:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock at noon."""
    return Clock()


@pytest.fixture
def auth(tmp_path: Path, clock: Clock) -> Authenticator:
    """An authenticator with an empty state folder."""
    return Authenticator(state=tmp_path, clock=clock)


def test_token_opens_once(auth: Authenticator, tmp_path: Path) -> None:
    """Another server of the same folder refuses it as well."""
    token = auth.new_token()
    cookie = auth.exchange_token(token)
    assert cookie is not None
    assert auth.is_valid_cookie(cookie)
    assert Authenticator(state=tmp_path, clock=auth.clock).exchange_token(token) is None
    assert not auth.is_valid_cookie(token)


def test_tokens_and_cookies_expire(auth: Authenticator, clock: Clock) -> None:
    """An unused token expires as well."""
    late, used = auth.new_token(), auth.new_token()
    cookie = auth.exchange_token(used) or ""
    clock.now = NOON + TOKEN_LIFETIME
    assert auth.exchange_token(late) is None
    assert auth.is_valid_cookie(cookie)
    clock.now = NOON + COOKIE_LIFETIME
    assert not auth.is_valid_cookie(cookie)


def test_digests_of_tokens_and_cookies_only_are_stored(auth: Authenticator, tmp_path: Path) -> None:
    """The file is readable for its user only."""
    token = auth.new_token()
    cookie = auth.exchange_token(token) or ""
    other = auth.new_token()
    address = auth.secret_path
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0
        assert not any(secret in path.read_text() for secret in (token, cookie, other, address))


def test_wrong_tokens_do_not_block_the_right_one(auth: Authenticator) -> None:
    """A wrong token causes no write."""
    token = auth.new_token()
    file = auth.state / "page" / "door.json"
    before = file.stat().st_mtime_ns
    for _ in range(1000):
        assert auth.exchange_token("guess") is None
    assert file.stat().st_mtime_ns == before
    assert auth.exchange_token(token) is not None


def test_each_server_has_a_secret_path(auth: Authenticator, clock: Clock, tmp_path: Path) -> None:
    """The next server of the folder knows it as long as the cookie is valid."""
    after, other = Authenticator(state=tmp_path, clock=clock), Authenticator(state=tmp_path / "other", clock=clock)
    assert re.fullmatch(r"/[\w-]{22}", auth.secret_path)
    assert len({one.secret_path for one in (auth, after, other)}) == 3
    assert auth.is_secret_path(auth.secret_path)
    assert not after.is_secret_path(auth.secret_path), "no visitor has come in there"
    auth.exchange_token(auth.new_token())
    assert (after.is_secret_path(auth.secret_path), other.is_secret_path(auth.secret_path)) == (True, False)
    assert not any(
        after.is_secret_path(path) for path in ("/", "", "/x", auth.secret_path[:-1], f"{auth.secret_path}/", "/é")
    )
    clock.now += COOKIE_LIFETIME
    assert (auth.is_secret_path(auth.secret_path), after.is_secret_path(auth.secret_path)) == (True, False)


def test_cookie_of_an_earlier_server_is_read_only(auth: Authenticator, clock: Clock, tmp_path: Path) -> None:
    """Only the server that issued a cookie accepts changes with it."""
    cookie = auth.exchange_token(auth.new_token()) or ""
    after = Authenticator(state=tmp_path, clock=clock)
    assert (
        auth.is_cookie_of_this_server(cookie),
        after.is_valid_cookie(cookie),
        after.is_cookie_of_this_server(cookie),
    ) == (True, True, False)
    clock.now += COOKIE_LIFETIME
    assert not auth.is_cookie_of_this_server(cookie)


def test_pages_without_a_cookie_show_the_login(served: Served) -> None:
    """An unknown path is empty."""
    served.cookie = "wrong"
    for path in ("/", "/planning", "/settings", "/open?", "/open?token=wrong"):
        answer = served.get(path)
        assert (answer.status, "the command that started it" in answer.text) == (403, True)
    assert served.post("/language", language="en").status == 403
    assert served.get("/nothing-here").text == ""


def test_answers_outside_the_secret_path_do_not_reveal_it(served: Served) -> None:
    """A cookie or a token does not change that."""
    for path in ("/", "/planning", "/opened", "/nothing", "/static/page.css", "/static/nothing", "/%2e%2e/", "//x"):
        for cookie in (served.cookie, ""):
            for method in ("GET", "POST", "HEAD", "DELETE"):
                headers = {"Cookie": f"aurion={cookie}", "Content-Length": "0"}
                answer = asked(f"127.0.0.1:{served.port}", method, path, headers)
                assert served.state.authenticator.secret_path.encode() not in answer.body + str(answer.headers).encode()
                assert answer.status >= 400 or path == "/static/page.css"
    auth = asked(f"127.0.0.1:{served.port}", "GET", "/planning", {})
    assert (auth.status, "/static/page.css" in auth.text, "aurion serve" in auth.text) == (403, True, True)


def new_opening_path(served: Served) -> str:
    """Return an opening path that has not been used."""
    return f"/open?token={served.state.authenticator.new_token()}"


def test_head_request_does_not_use_the_token(served: Served) -> None:
    """Chat programs and scanners look at links first."""
    served.cookie = ""
    address = new_opening_path(served)
    assert [served.ask("HEAD", address).status for _ in range(3)] == [200, 200, 200]
    opened = served.get(address)
    assert (opened.status, opened.headers["location"]) == (303, f"{served.state.home}/opened")
    assert f"; Path={served.state.home}/;" in opened.headers["set-cookie"]
    assert (served.get(address).status, served.ask("HEAD", address).status) == (403, 403)
    assert served.get("/opened").status == 200


def test_foreign_cookie_of_the_same_name_is_ignored(served: Served) -> None:
    """Another server can set one for all paths."""
    both = {"Cookie": f"other=1; aurion={served.cookie}; aurion=theirs; aurion_language=en; aurion_language=fr"}
    answer = served.get("/help", **both)
    assert (answer.status, 'lang="en"' in answer.text) == (200, True)


@for_each("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
def test_unknown_method_gets_405(served: Served, method: str) -> None:
    """The answer lists the known methods."""
    answer = served.ask(method, "/accounts")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@for_each(
    ("headers", "status"),
    [
        ({"Host": "planning.example"}, 404),
        ({"Host": "127.0.0.1.planning.example"}, 404),
        ({"Host": "localhost:9"}, 403),
        ({"Origin": "http://planning.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Content-Length": "9999999"}, 413),
    ],
)
def test_requests_of_other_sites_are_refused(served: Served, headers: dict[str, str], status: int) -> None:
    """A foreign Host (DNS rebinding) or Origin, a request of a foreign page, an endless request."""
    own = {"Origin": served.origin}
    answer = served.ask("POST", "/language", form={"language": "en"}, headers=own | headers)
    assert answer.status == status
    assert "set-cookie" not in answer.headers


@for_each(
    ("detail", "has_secret"),
    product(
        [
            "GET {path} HTTP/1.1\r\nHost: planning.example",
            "GET {path} HTTP/1.1\r\nHost: ",
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: planning.example",
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1@planning.example",
            "GET {path} HTTP/1.1\r\nHost: 127.1",
            "GET {path} HTTP/1.1\r\nHost: 0x7f.1",
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1.nip.io",
            "GET {path} HTTP/1.1\r\nHost: planning.localhost",
            "GET http://planning.example{path} HTTP/1.1\r\nHost: planning.example",
            "GET {path} HTTP/1.0",
            "GET {path} HTTP/1.1",
        ],
        [True, False],
    ),
)
def test_foreign_host_gets_404(served: Served, detail: str, *, has_secret: bool) -> None:
    """The cookie and the path are right (DNS rebinding)."""
    path = f"{served.state.home}/help" if has_secret else "/"
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        head = f"{detail.format(path=path)}\r\nCookie: aurion={served.cookie}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        answer = read_to_end(connection)
    assert answer.split(b" ")[1] == b"404"
    assert answer.endswith(b"\r\n\r\n")


@for_each("back", ["//x.example/", "/\\x.example", "/\t/x.example", "/\r\nSet-Cookie: a=b", "x", "http://x"])
def test_redirects_of_forms_stay_on_the_page(served: Served, back: str) -> None:
    """The parameter for the next page names pages of this server only."""
    answer = served.post("/language", language="en", back=back)
    assert (answer.status, answer.headers["location"][:1], answer.headers["location"][1:2] != "/") == (303, "/", True)
    assert not re.search(r"[\\\s]", answer.headers["location"])
    assert "a=b" not in answer.headers["set-cookie"]


@for_each(
    "path", ["/static/..%2fdoor.py", "/static/%2e%2e/auth.py", "/static/../auth.py", "/static/%00", "/static/%ff",
             "/static/..\\auth.py", "/static//etc/passwd"]
)  # fmt: skip
def test_files_of_the_page_only_are_served(served: Served, path: str) -> None:
    """Below the secret path and beside it."""
    for home in (served.state.home, ""):
        answer = asked(f"127.0.0.1:{served.port}", "GET", home + path, {"Cookie": f"aurion={served.cookie}"})
        assert answer.status in {403, 404}, answer.status
        assert "Door" not in answer.text


@for_each(
    "sent", [{"form_token": ""}, {"form_token": "x" * 64}, {"form_token": "é"}, {"_method": "POST", "form_token": ""}]
)
def test_form_with_an_invalid_token_is_refused(served: Served, sent: dict[str, str]) -> None:
    """An empty token, a wrong one, one in the address; GET changes nothing."""
    token = form_token(served.cookie)
    answer = served.ask("POST", f"/settings?form_token={token}", form={"account": "-", "months": "3", **sent})
    assert answer.status == 403
    served.ask("GET", f"/settings?form_token={token}&months=3", headers={"X-HTTP-Method-Override": "POST"})
    assert not settings_file().exists()


@for_each(
    "headers",
    [
        {},
        {"content-length": "9" * 5000},
        {"content-length": "5", "transfer-encoding": "chunked"},
        {"content-length": "x"},
    ],
)
def test_body_without_a_valid_length_is_not_read(headers: dict[str, str]) -> None:
    """The length is missing, too large, or contradicted by chunks."""
    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    async def nothing(*_: object) -> Any:  # noqa: ANN401 - ASGI's own
        raise AssertionError

    reported = [(name.encode(), value.encode()) for name, value in {"host": "localhost", **headers}.items()]
    with suppress(StopIteration):
        SecurityMiddleware(nothing)(
            {"type": "http", "method": "POST", "path": "/", "headers": reported}, nothing, send
        ).__await__().send(None)
    assert answers[0]["status"] == 413


def test_tokens_tried_by_other_sites_do_not_count(served: Served) -> None:
    """Pictures and scripts are refused first."""
    for _ in range(20):
        tried = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert served.ask("GET", "/open?token=guess", headers=tried).status == 403
    assert served.get(f"/open?token={served.state.authenticator.new_token()}").status == 303


def test_form_without_a_token_changes_nothing(served: Served) -> None:
    """The answer explains it."""
    refused = served.post("/language", language="en", form_token="0" * 64)
    assert (refused.status, "set-cookie" in refused.headers) == (403, False)
    done = served.post("/language", language="en", back="//elsewhere.example/")
    assert (done.status, done.headers["location"]) == (303, "/")
    assert "SameSite=strict" in done.headers["set-cookie"]
    assert "HttpOnly" in done.headers["set-cookie"]


def test_language_form_returns_to_the_same_page(served: Served) -> None:
    """With all its parameters."""
    done = served.post("/language", language="en", back="/planning?view=list&q=é&path=x&self=y")
    assert done.headers["location"] == "/planning?view=list&q=%C3%A9&path=x&self=y"
    served.state.authenticator.new_token()
    assert 'name="back" value="/nothing?q=a%26b"' in served.get("/nothing?q=a%26b").text


def test_every_answer_has_the_security_headers(served: Served) -> None:
    """No inline script or style, no frame, no cache, no other origin; on errors as well."""
    for path in ("/nothing-here", "/static/page.css", "/static/nothing", "/open?", "/opened"):
        headers = served.get(path).headers
        assert {name: headers.get(name) for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_templates_have_no_inline_scripts_or_styles() -> None:
    """The policy would block them."""
    for template in (ROOT / "scraper" / "web" / "pages" / "templates").rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", text), template.name
        for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
            assert "form_field()" in form, template.name


def test_second_server_detects_the_first_on_its_port(tmp_path: Path) -> None:
    """Both have the same state folder. After the first has ended the port is free."""
    with hold_port(tmp_path, 8765) as first, hold_port(tmp_path, 8765) as second, hold_port(tmp_path, 0) as other:
        assert (first, second, other) == (True, False, True)
    with hold_port(tmp_path, 8765) as again:
        assert again


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"]),
    path=st.text(st.sampled_from("abc/.%?=&+0é\\:;-_~"), max_size=40),
    body=st.text(max_size=30),
)
def test_any_request_gets_an_answer_without_a_bug(served: Served, method: str, path: str, body: str) -> None:
    """No answer is the page of a bug."""
    asked = "/" + "".join(sign if sign.isascii() else "%C3%A9" for sign in path)
    assert served.ask(method, asked, form={"form_token": body, "x": body}).status < 500
