"""The user's consent in a browser, with a redirect to this machine and PKCE (RFC 8252, RFC 7636).

Where the browser is on another machine, its last address is forwarded to this one, or pasted.
"""

import base64
import hashlib
import hmac
import html
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from urllib.parse import parse_qsl, urlencode, urlsplit

from scraper.errors import CredentialsMissing, SinkRefused, SinkUnavailable
from scraper.sinks.google.google_client import GoogleClient
from scraper.sinks.google.google_credentials import GoogleCredentials
from scraper.sinks.sink_service import Dialog
from scraper.system.network.localhost import LOOPBACK

SCOPE = "https://www.googleapis.com/auth/calendar.app.created"
"""Access to calendars that this program created, and to no other."""
PATIENCE = 300.0
"""Seconds that the user has for the consent."""
PAGE = "<!doctype html><meta charset=utf-8><meta name=viewport content='width=device-width'><title>Aurion</title><p>{}"
PATH = "/"
Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Redirect:
    """A server on this machine that Google's page leads back to; `answers` has the query of that address."""

    port: int
    answers: SimpleQueue[Query]

    @property
    def address(self) -> str:
        """The address that is sent to Google."""
        return f"http://127.0.0.1:{self.port}{PATH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A request for the user's consent. Google's page leads back to `redirect`, with `state` and a code or an error.

    The code is of use only with `verifier`, which never leaves this machine before.
    """

    client_id: str
    client_secret: str = field(repr=False)
    redirect: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    def address(self, page: str) -> str:
        """Return the address of Google's page that asks the user."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "client_id": self.client_id, "redirect_uri": self.redirect, "response_type": "code", "scope": SCOPE,
            "state": self.state, "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256", "access_type": "offline", "prompt": "consent",
        }  # fmt: skip
        return f"{page}?{urlencode(query)}"

    def is_for(self, state: str) -> bool:
        """Return whether an answer with this `state` is the answer to this request."""
        return hmac.compare_digest(state.encode(), self.state.encode())

    def redeem(self, client: GoogleClient, query: Query) -> GoogleCredentials:
        """Return the credentials for the query of the address that Google's page led to. Raise DeliveryError."""
        if "code" not in query or not self.is_for(query.get("state", "")):
            raise SinkRefused("google-denied", path=client.path, answer=query.get("error", "")[:100])
        form = {
            "client_id": self.client_id, "client_secret": self.client_secret, "grant_type": "authorization_code",
            "code": query["code"], "code_verifier": self.verifier, "redirect_uri": self.redirect,
        }  # fmt: skip
        tokens = client.token_answer(client.post_form(client.endpoints.token, form))
        if SCOPE not in str(tokens.get("scope", "")).split() or "refresh_token" not in tokens:
            raise SinkRefused("google-scope", path=client.path)
        return GoogleCredentials(
            client_id=self.client_id, client_secret=self.client_secret, refresh_token=str(tokens["refresh_token"])
        )  # fmt: skip


def query_in(pasted: str) -> Query:
    """Return the query of a pasted address, or of its last part."""
    return dict(parse_qsl(urlsplit(pasted.strip()).query or pasted.strip()))


def request_consent(client: GoogleClient, client_id: str, client_secret: str, dialog: Dialog) -> GoogleCredentials:
    """Ask the user for access in a browser and return the credentials. Raise DeliveryError or CredentialsMissing."""
    state = secrets.token_urlsafe(32)
    with _redirect(state, dialog.text("google.close_page")) as redirect:
        consent = Consent(client_id=client_id, client_secret=client_secret, redirect=redirect.address, state=state)
        address = consent.address(client.endpoints.consent)
        return consent.redeem(client, _wait_for_answer(address, redirect, dialog, client))


def _wait_for_answer(address: str, redirect: Redirect, dialog: Dialog, client: GoogleClient) -> Query:
    """Show the consent page, and return the query of the address that it leads to."""
    with dialog.open_page(address) as is_open:
        if is_open:
            dialog.explain("google.opened", url=address)
        elif not dialog.can_ask:
            raise CredentialsMissing("google-screen", path=client.path)
        else:
            dialog.explain("google.open_elsewhere", url=address, port=redirect.port)
            if pasted := dialog.ask("google.pasted", "-").strip().removeprefix("-"):
                return query_in(pasted)
        try:
            return redirect.answers.get(timeout=PATIENCE)
        except Empty:
            raise SinkUnavailable("google-consent", path=client.path, seconds=round(PATIENCE)) from None


@contextmanager
def _redirect(state: str, sentence: str) -> Iterator[Redirect]:
    """Run the server while the block lasts; an address with another `state` is not accepted."""
    answers: SimpleQueue[Query] = SimpleQueue()
    page = PAGE.format(html.escape(sentence)).encode()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Log nothing: the address has a code."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            is_ours = parts.path == PATH and hmac.compare_digest(query.get("state", ""), state)
            self.send_response(200 if is_ours else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page) if is_ours else 0))
            self.end_headers()
            if is_ours:
                self.wfile.write(page)
                answers.put(query)

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield Redirect(server.server_port, answers)
    finally:
        server.shutdown()
        server.server_close()
