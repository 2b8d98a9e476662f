"""The page of notifications of the local program: a form for each service, and no secret shown again."""

import json
import re
import socketserver
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.config.configuration import Config
from scraper.runs.notify import notifier
from scraper.system.paths import settings_file
from scraper.web.pages import notifications
from scraper.web.pages.notification_addresses import build_address, describe_address, wrong_fields
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import NOTIFIED

pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # a service's own library
MAIL = {
    "to": "anna@example.org", "host": "127.0.0.1", "security": "insecure", "port": "", "user": "anna@example.org",
    "password": "canary/pass:word@%",
}  # fmt: skip


class Receiver(BaseHTTPRequestHandler):
    """A service over HTTP; its status is the answer to everything."""

    got: ClassVar[list[tuple[str, dict[str, str]]]] = []
    status: ClassVar[int] = 200

    def do_POST(self) -> None:
        """Keep the path and the message."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.got.append((self.path.partition("?")[0], body))
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class MailReceiver(socketserver.StreamRequestHandler):
    """An SMTP server with one password."""

    got: ClassVar[list[str]] = []
    password: ClassVar[str] = MAIL["password"]

    def handle(self) -> None:
        """Answer until the client ends."""
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode().strip():
            command = line[:4].upper()
            if command == "EHLO":
                answer = "250-here\r\n250 AUTH PLAIN"
            elif command == "AUTH":
                given = b64decode(line.split()[2]).decode().split("\0")
                answer = "235 in" if given[1:] == [MAIL["user"], self.password] else "535 wrong"
            elif command == "DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(lambda: self.rfile.readline().decode(), ".\r\n")
                self.got.append("".join(lines))
                answer = "250 taken"
            else:
                answer = "221 bye" if command == "QUIT" else "250 well"
            self.wfile.write(f"{answer}\r\n".encode())


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    """Run a server; yield its port."""
    with server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[int]:
    """The port of a service over HTTP."""
    Receiver.got, Receiver.status = [], 200
    with serving(HTTPServer(("127.0.0.1", 0), Receiver)) as port:
        yield port


@pytest.fixture
def mail_receiver() -> Iterator[int]:
    """The port of an SMTP server."""
    MailReceiver.got, MailReceiver.password = [], MAIL["password"]
    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), MailReceiver)) as port:
        yield port


def result_of(served: Served, path: str, **form: str) -> str:
    """Submit a form, follow the redirect, and return the sentence of the result."""
    answer = served.post(f"/notifications/{path}", account="-", **form)
    assert answer.status == 303, answer.text
    page = served.get(answer.headers["location"]).text
    assert "canary" not in page + answer.headers["location"]
    found = re.search(r'role="status"><p>([^<]+)', page)
    assert found is not None
    return found[1]


def listed_services(served: Served) -> list[str]:
    """Return the handles of the services on the page, without that of this computer."""
    found = re.findall(r'name="service" value="(\w{24})"', served.get("/notifications?account=-").text)
    return list(dict.fromkeys(found))


@pytest.mark.slow
def test_ntfy_is_added_tested_and_removed(anna: str, served: Served, receiver: int) -> None:
    """Each refusal has its sentence; other addresses stay."""
    del anna
    server = f"http://127.0.0.1:{receiver}"
    assert result_of(served, "add/ntfy", server=server, topic="canary-phone").startswith("The test was sent")
    assert [(path, body["topic"], body["title"]) for path, body in Receiver.got] == [
        ("/", "canary-phone", "Aurion: test")
    ]
    saved = [one.get_secret_value() for one in Config().settings().notify]
    assert saved == [NOTIFIED, f"ntfy://127.0.0.1:{receiver}/canary-phone?mode=private"]
    assert f"127.0.0.1:{receiver}, ca•••" in served.get("/notifications?account=-").text
    first, second = listed_services(served)
    for status, sentence in ((403, "refused"), (500, "did not accept"), (200, "was sent")):
        Receiver.status = status
        assert sentence in result_of(served, "test", service=second)
    assert "is removed" in result_of(served, "remove", service=second)
    assert listed_services(served) == [first]
    assert "no longer exists" in result_of(served, "test", service=second)
    assert "# mine" in settings_file().read_text()


@pytest.mark.slow
def test_discord_address_keeps_number_and_token_only(
    anna: str, served: Served, receiver: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test message is sent to this address."""
    del anna
    monkeypatch.setattr("apprise.plugins.discord.NotifyDiscord.notify_url", f"http://127.0.0.1:{receiver}/api/webhooks")
    webhook = f"https://discord.com/api/webhooks/{'1' * 24}/canary-{'t' * 64}"
    assert "was sent" in result_of(served, "add/discord", webhook=webhook)
    ((path, _),) = Receiver.got
    assert f"https://discord.com{path}" == webhook


@pytest.mark.slow
def test_mail_password_with_special_characters_is_accepted(anna: str, served: Served, mail_receiver: int) -> None:
    """A wrong password and a server that is down have different sentences."""
    del anna
    assert "was sent" in result_of(served, "add/mail", **{**MAIL, "port": f"{mail_receiver}"})
    (mail,) = MailReceiver.got
    assert "To: anna@example.org" in mail
    assert "Subject: Aurion: test" in mail
    handle = listed_services(served)[-1]
    MailReceiver.password = "another"
    assert "The service refused the test" in result_of(served, "test", service=handle)
    assert "did not answer" in result_of(served, "add/mail", **{**MAIL, "port": "9"})


def test_invalid_field_is_marked_and_nothing_is_saved(anna: str, served: Served) -> None:
    """The other fields keep their values, except secrets."""
    del anna
    form = {**MAIL, "to": "nowhere", "host": "smtp.example.org"}
    answer = served.post("/notifications/add/mail", account="-", **form)
    assert answer.status == 422
    assert 'id="w-mail-to">Enter one email address' in answer.text
    assert 'value="smtp.example.org"' in answer.text
    assert "canary" not in answer.text
    assert len(Config().settings().notify) == 1
    answer = served.post("/notifications/add/mail", account="-", **{**MAIL, "host": "smtp.example.org"})
    assert "without encryption others could read" in answer.text


def test_missing_desktop_or_library_is_reported(anna: str, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the visitor's language."""
    del anna
    monkeypatch.setattr(notifications, "show_notification", lambda *_: False)
    assert "cannot show" in result_of(served, "test", service="computer")
    monkeypatch.setattr(notifications, "show_notification", lambda *_: True)
    assert "is shown" in result_of(served, "test", service="computer")
    monkeypatch.setattr(notifications, "send_to_address", lambda *_: "missing")
    assert "extra “notify”" in result_of(served, "test", service=listed_services(served)[0])
    page = served.get("/notifications?result=sent", Accept_Language="fr").text
    assert "essai est envoyé" in page
    assert served.get("/notifications?result=nonsense").status == 200
    assert served.post("/notifications/add/nonsense", account="-").status == 200


def test_account_has_services_beside_the_general_ones(
    anna: str, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The general services stay."""
    monkeypatch.setattr(notifications, "send_to_address", lambda *_: "sent")
    served.post("/notifications/add/ntfy", account=anna, server="https://ntfy.sh", topic="canary")
    assert len(Config().settings(anna).notify) == 2
    assert len(Config().settings().notify) == 1


@given(st.text(min_size=1).filter(lambda text: "\n" not in text and "\r" not in text), st.text())
def test_description_of_an_address_has_no_secret(password: str, topic: str) -> None:
    """Any password or topic gives an address that the settings accept."""
    form = {**MAIL, "host": "smtp.example.org", "security": "ssl", "password": password}
    if not wrong_fields("mail", form):
        address = build_address("mail", form)
        assert re.fullmatch(r"mailtos://\S+", address)
        assert describe_address(address) == ("mail", "smtp.example.org")
    form = {"server": "https://ntfy.example.org/", "topic": topic}
    if not wrong_fields("ntfy", form):
        assert describe_address(build_address("ntfy", form)) == ("ntfy", f"ntfy.example.org, {topic[:2]}•••")


def test_description_of_a_foreign_address_has_no_secret() -> None:
    """No form of the page builds such an address."""
    described = {
        "ntfy://canary": ("ntfy", "ntfy.sh, ca•••"),
        "ntfys://me:canary@ntfy.example/canary": ("ntfy", "ntfy.example, ca•••"),
        "mailto://me:canary@gmail.com": ("mail", "gmail.com"),
        "tgram://canary/1": ("tgram", ""),
    }
    assert {address: describe_address(address) for address in described} == described
    assert notifier.REFUSED.search("Failed to send: Forbidden, error=403.")
