"""A small Google on a port of this machine: consent, tokens, and the Calendar API as its description has it.

What the description leaves open is cited at its place.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit
from zoneinfo import ZoneInfo

from tests.handlers import AnyMethodHandler
from tests.sinks.caldav_servers import serving
from tests.sinks.google.discovery_document import (
    SCOPE,
    ApiMethod,
    Json,
    check_answer,
    check_request,
    document,
    find_method,
)

CLIENT, CLIENT_SECRET = "123-abc.apps.googleusercontent.com", "GOCSPX-a-client's-secret"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MOST_IN_BATCH = 50
"""https://developers.google.com/workspace/calendar/api/guides/batch allows 1000, other Google services 50."""
MOST_IN_PAGE = 2500
MOST_PRIVATE = (44, 1024)
"""https://developers.google.com/workspace/calendar/api/guides/extended-properties: characters of a key, of a value."""
REASONS = {
    400: "invalid", 401: "authError", 403: "forbidden", 404: "notFound", 409: "duplicate", 410: "fullSyncRequired",
    412: "conditionNotMet", 429: "rateLimitExceeded", 500: "backendError", 503: "backendError",
}  # fmt: skip
"""https://developers.google.com/workspace/calendar/api/guides/errors."""
Fault = Callable[[str, str], "int | tuple[int, str] | None"]
"""The status, or status and reason, of an answer to a method (`calendar.events.insert`) for an event's id, if any."""


class Refusal(Exception):
    """An answer with an error."""

    def __init__(self, status: int, reason: str = "", message: str = "") -> None:
        self.status, self.reason = status, reason or REASONS.get(status, "unknown")
        self.message = message or self.reason
        super().__init__(status)

    @property
    def body(self) -> Json:
        """Return the error in Google's form."""
        detail = {"domain": "global", "reason": self.reason, "message": self.message}
        return {"error": {"errors": [detail], "code": self.status, "message": self.message}}


@dataclass(slots=True)
class StoredCalendar:
    """A calendar: its properties, its events by id, and the turn of each one's last change."""

    properties: dict[str, Json]
    look: dict[str, Json] = field(default_factory=dict)
    events: dict[str, dict[str, Json]] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class FakeGoogle:
    """The service. `asked` are the methods called, `http` the requests that brought them, `violations` must be empty.

    `fault` decides of each call, `page` is the largest page, `expired` are sync tokens that are no more valid up to
    that turn, `lost` makes a connection end after the call was done. `pause` is the header `Retry-After` of each
    refusal.
    """

    address: str = ""
    calendars: dict[str, StoredCalendar] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    access_tokens: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    http: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=lambda: [SCOPE])
    fault: Fault = lambda _, __: None
    token_fault: tuple[int, str] | None = None
    lost: Callable[[str], bool] = lambda _: False
    pause: str = ""
    page: int = MOST_IN_PAGE
    turn: int = 0
    expired: int = -1
    lock: threading.RLock = field(default_factory=threading.RLock)

    def grant(self) -> str:
        """Return a new refresh token."""
        token = f"1//{secrets.token_urlsafe(24)}"
        self.refresh_tokens.add(token)
        return token

    def revoke_all(self) -> None:
        """Revoke every token, as the user can on the page of the Google account."""
        self.refresh_tokens.clear()
        self.access_tokens.clear()

    def since(self) -> Counter[str]:
        """Return how often each method was called since the last time."""
        found = Counter(self.asked)
        self.asked.clear()
        self.http.clear()
        return found

    def live(self, calendar: str) -> dict[str, dict[str, Json]]:
        """Return the events that are not deleted, by id."""
        return {key: one for key, one in self.calendars[calendar].events.items() if one["status"] != "cancelled"}

    def edit(self, calendar: str, event: str, **changes: Json) -> None:
        """Change an event as its user does on the page; a new time raises the sequence."""
        one = self.calendars[calendar].events[event]
        moved = {"start", "end"} & changes.keys()
        self._write(calendar, {**one, **changes, "sequence": one["sequence"] + bool(moved)})

    def remove(self, calendar: str, event: str) -> None:
        """Delete an event as its user does on the page."""
        self.edit(calendar, event, status="cancelled")

    # The consent: https://developers.google.com/identity/protocols/oauth2/native-app

    def consent_page(self, query: Mapping[str, str]) -> tuple[int, str]:
        """Return the page that asks the user."""
        needed = {"client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
                  "code_challenge_method", "access_type", "prompt"}  # fmt: skip
        if set(query) != needed or query["client_id"] != CLIENT:
            self.violations.append(f"consent: {sorted(query)}")
            return 400, "<p>Error 400: invalid_request</p>"
        exact = (query["response_type"], query["scope"], query["code_challenge_method"], query["access_type"])
        if exact != ("code", SCOPE, "S256", "offline") or not query["redirect_uri"].startswith("http://127.0.0.1:"):
            self.violations.append(f"consent: {exact}")
        code = secrets.token_urlsafe(16)
        self.codes[code] = dict(query)
        return 200, f"<form method='post'><input type='hidden' name='code' value='{code}'><button>Allow</button></form>"

    def decide(self, address: str, *, allowed: bool = True) -> str:
        """Return the address that the browser is sent to after the user's decision."""
        query = dict(parse_qsl(urlsplit(address).query))
        status, page = self.consent_page(query)
        assert status == 200, page
        code = page.split("value='")[1].split("'")[0]
        return self.address_after(code, allowed=allowed)

    def address_after(self, code: str, *, allowed: bool = True) -> str:
        """Return the address that the form of the consent page leads to."""
        query = self.codes[code]
        answer = {"code": code, "scope": " ".join(self.granted)} if allowed else {"error": "access_denied"}
        return f"{query['redirect_uri']}?{urlencode({'state': query['state'], **answer})}"

    def token(self, form: Mapping[str, str]) -> tuple[int, Json]:
        """Answer a request for a token."""
        if self.token_fault:
            return self.token_fault[0], {"error": self.token_fault[1]}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, CLIENT_SECRET):
            return 401, {"error": "invalid_client", "error_description": "The OAuth client was not found."}
        new: dict[str, str] = {}
        if form.get("grant_type") == "authorization_code":
            asked = self.codes.pop(form.get("code", ""), None)
            challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
            if not asked or asked["code_challenge"] != challenge.decode().rstrip("="):
                return 400, {"error": "invalid_grant", "error_description": "Invalid code verifier."}
            if asked["redirect_uri"] != form.get("redirect_uri"):
                return 400, {"error": "redirect_uri_mismatch"}
            new["refresh_token"] = self.grant()
        elif form.get("grant_type") != "refresh_token" or form.get("refresh_token") not in self.refresh_tokens:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        access = f"ya29.{secrets.token_urlsafe(24)}"
        self.access_tokens.add(access)
        scope = " ".join(self.granted)
        return 200, {"access_token": access, "expires_in": 3599, "scope": scope, "token_type": "Bearer", **new}

    def revoke(self, form: Mapping[str, str]) -> tuple[int, Json]:
        """Revoke a token."""
        if form.get("token") not in self.refresh_tokens:
            return 400, {"error": "invalid_token"}
        self.refresh_tokens.discard(form["token"])
        self.access_tokens.clear()
        return 200, {}

    # The Calendar API

    def call(self, verb: str, target: str, headers: Mapping[str, str], data: bytes) -> tuple[int, Json]:
        """Answer one call; check it, and the answer, against the description."""
        parts = urlsplit(target)
        try:
            method = find_method(verb, parts.path.removeprefix(document()["basePath"]))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            body = json.loads(data) if data else None
            check_request(method, query, body)
            self.asked.append(method.name.removeprefix("calendar."))
            answer = self._answered(method, query, headers, body)
            check_answer(method, answer)
        except Refusal as refused:
            return refused.status, refused.body
        except (AssertionError, ValueError, KeyError) as error:
            self.violations.append(f"{verb} {target}: {error!r}")
            return 400, Refusal(400, "badRequest", str(error)).body
        return (204 if answer is None else 200), answer

    def _answered(self, method: ApiMethod, query: Mapping[str, str], headers: Mapping[str, str], body: Json) -> Json:
        if headers.get("authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            raise Refusal(401, message="Invalid Credentials")
        event = method.path.get("eventId") or (body or {}).get("id", "")
        if fault := self.fault(method.name.removeprefix("calendar."), event):
            raise Refusal(*(fault if isinstance(fault, tuple) else (fault,)))
        _, kind, name = method.name.split(".")
        if method.name == "calendar.calendars.insert":
            return self.new_calendar(body)
        if (calendar := method.path["calendarId"]) not in self.calendars:
            raise Refusal(404, message="Not Found")
        at: Any = getattr(self, f"_{kind}_{name}".lower())
        return at(calendar, event, query, headers, body)

    def new_calendar(self, body: Json) -> Json:
        """Create a calendar and return it."""
        name = f"{secrets.token_hex(16)}@group.calendar.google.com"
        self.turn += 1
        kept = {"timeZone": "UTC", **body, "kind": "calendar#calendar", "etag": f'"c{self.turn}"', "id": name}
        self.calendars[name] = StoredCalendar(kept)
        return kept

    def _calendars_get(self, calendar: str, *_: object) -> Json:
        return self.calendars[calendar].properties

    def _calendars_delete(self, calendar: str, *_: object) -> None:
        del self.calendars[calendar]

    def _calendarlist_patch(self, calendar: str, _: str, __: object, ___: object, body: Json) -> Json:
        kept = self.calendars[calendar]
        kept.look |= body
        return {
            "kind": "calendar#calendarListEntry",
            "id": calendar,
            "summary": kept.properties["summary"],
            **kept.look,
        }

    def _events_list(self, calendar: str, _: str, query: Mapping[str, str], *__: object) -> Json:
        """List the events, changed ones and deleted ones after a sync token.

        https://developers.google.com/workspace/calendar/api/guides/sync
        """
        kept = self.calendars[calendar]
        since = int(query["syncToken"].removeprefix("sync-")) if "syncToken" in query else -1
        if "syncToken" in query and since <= self.expired:
            raise Refusal(410, message="Sync token is no longer valid, a full sync is required.")
        found = [key for key, turn in kept.turns.items() if turn > since]
        if since < 0 and query.get("showDeleted") != "true":
            found = [key for key in found if kept.events[key]["status"] != "cancelled"]
        first, until = map(int, query["pageToken"].split("-")) if "pageToken" in query else (0, self.turn)
        size = min(int(query.get("maxResults", "250")), self.page)
        last = first + size >= len(found)
        more = {"nextSyncToken": f"sync-{until}"} if last else {"nextPageToken": f"{first + size}-{until}"}
        # Only the id of a deleted event is certain: the description of `status`.
        items = [
            one if one["status"] != "cancelled" else {name: one[name] for name in ("kind", "id", "etag", "status")}
            for one in (kept.events[key] for key in found[first : first + size])
        ]
        return {"kind": "calendar#events", "items": items, "timeZone": kept.properties["timeZone"], **more}

    def _events_get(self, calendar: str, event: str, *_: object) -> Json:
        return self._found(calendar, event)

    def _events_insert(self, calendar: str, event: str, _: object, __: object, body: Json) -> Json:
        """Create an event. The id of a deleted one is taken: https://stackoverflow.com/questions/27542721."""
        if event in self.calendars[calendar].events:
            raise Refusal(409, message="The requested identifier already exists.")
        return self._write(calendar, {"sequence": 0, "id": event or secrets.token_hex(13), **body})

    def _events_update(self, calendar: str, event: str, _: object, headers: Mapping[str, str], body: Json) -> Json:
        """Replace an event, also a deleted one, which is there again (the same source as for `_events_insert`).

        A sequence below the present one is refused: coderwall.com/p/m6ozfg.
        """
        old = self._found(calendar, event, headers)
        if body.get("sequence", old["sequence"]) < old["sequence"]:
            message = "Invalid sequence value. The specified sequence number is below the current sequence number."
            raise Refusal(400, message=message)
        return self._write(calendar, {"sequence": old["sequence"], **body, "id": event})

    def _events_delete(self, calendar: str, event: str, _: object, headers: Mapping[str, str], __: object) -> None:
        """Delete an event; one that is deleted already is gone: 410, "deleted" (the guide to errors)."""
        old = self._found(calendar, event, headers)
        if old["status"] == "cancelled":
            raise Refusal(410, "deleted", "Resource has been deleted")
        self._write(calendar, {**old, "status": "cancelled"})

    def _found(self, calendar: str, event: str, headers: Mapping[str, str] | None = None) -> dict[str, Json]:
        """Return an event, in the version of `If-Match`.

        https://developers.google.com/workspace/calendar/api/guides/version-resources
        """
        if (found := self.calendars[calendar].events.get(event)) is None:
            raise Refusal(404, message="Not Found")
        if (wanted := (headers or {}).get("if-match")) and wanted != found["etag"]:
            raise Refusal(412, message="Precondition Failed")
        return found

    def _write(self, calendar: str, body: Mapping[str, Json]) -> dict[str, Json]:
        """Store an event as Google writes it: times with their offset, defaults left out."""
        self.turn += 1
        kept, key = self.calendars[calendar], body["id"]
        for name, value in body.get("extendedProperties", {}).get("private", {}).items():
            if len(name) > MOST_PRIVATE[0] or len(value) > MOST_PRIVATE[1]:
                raise Refusal(400, message=f"{name} is too long")
        start, end = (_written(body[name]) for name in ("start", "end"))
        if _order(end) < _order(start) or (end.keys() & {"date"}) != (start.keys() & {"date"}):
            raise Refusal(400, "timeRangeEmpty", "The specified time range is empty.")
        at = (NOW + timedelta(seconds=self.turn)).isoformat().replace("+00:00", "Z")
        one = {
            "status": "confirmed", "iCalUID": f"{key}@google.com", "eventType": "default", **body,
            "kind": "calendar#event", "etag": f'"{self.turn}"', "id": key, "updated": at, "start": start, "end": end,
            "htmlLink": f"https://www.google.com/calendar/event?eid={key}",
            "created": kept.events.get(key, {}).get("created", at),
            "creator": {"email": "anna@example.org"}, "organizer": {"email": calendar, "self": True},
        }  # fmt: skip
        one = {
            name: value for name, value in one.items() if value != "" and (name, value) != ("transparency", "opaque")
        }
        kept.events[key], kept.turns[key] = one, self.turn
        return one

    def batch(self, headers: Mapping[str, str], data: bytes) -> tuple[str, bytes]:
        """Answer a batch: https://developers.google.com/workspace/calendar/api/guides/batch."""
        whole = message_from_bytes(b"Content-Type: " + headers["content-type"].encode() + b"\r\n\r\n" + data)
        parts = whole.get_payload()
        assert isinstance(parts, list)
        if len(parts) > MOST_IN_BATCH:
            self.violations.append(f"{len(parts)} calls in a batch")
        answers = []
        for part in parts:
            if part.get_content_type() != "application/http":
                self.violations.append(f"part of {part.get_content_type()}")
            head, _, body = part.get_payload(decode=True).partition(b"\r\n\r\n")
            first, _, rest = head.partition(b"\r\n")
            verb, target = first.decode().split(" ")[:2]
            inner = {key.lower(): value for key, value in message_from_bytes(rest + b"\r\n\r\n").items()}
            status, answer = self.call(verb, target, {**headers, **inner}, body)
            text = json.dumps(answer) if answer is not None else ""
            number = part["Content-ID"].strip("<>")
            pause = f"Retry-After: {self.pause}\r\n" if self.pause and status >= 400 else ""
            answers.append(
                f"--answers\r\nContent-Type: application/http\r\nContent-ID: <response-{number}>\r\n\r\n"
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{pause}\r\n{text}\r\n"
            )
        # "The server may perform your calls in any order": so the answers come in another one.
        return "multipart/mixed; boundary=answers", "".join([*reversed(answers), "--answers--"]).encode()


def _written(at: Mapping[str, str]) -> dict[str, str]:
    if "date" in at:
        return {"date": at["date"]}
    moment, zone = datetime.fromisoformat(at["dateTime"]), at.get("timeZone", "UTC")
    moment = moment.replace(tzinfo=ZoneInfo(zone)) if moment.tzinfo is None else moment.astimezone(ZoneInfo(zone))
    return {"dateTime": moment.isoformat(), "timeZone": zone}


def _order(at: Mapping[str, str]) -> datetime:
    found = datetime.fromisoformat(at.get("dateTime") or at["date"])
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def google_running() -> Iterator[FakeGoogle]:
    """Run one; nothing that its description does not allow may have happened at the end."""
    made = FakeGoogle()

    class Handler(AnyMethodHandler):
        def answer(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key.lower(): value for key, value in self.headers.items()}
            path = urlsplit(self.path).path
            kind = "application/json; charset=UTF-8"
            with made.lock:
                made.http.append(f"{self.command} {path}")
                form = {name: values[0] for name, values in parse_qs(data.decode("latin-1")).items()}
                if path == "/auth" and self.command == "POST":
                    status, body = 303, b""
                elif path == "/auth":
                    status, text = made.consent_page(dict(parse_qsl(urlsplit(self.path).query)))
                    kind, body = "text/html", text.encode()
                elif path == f"/{document()['batchPath']}":
                    status, (kind, body) = 200, made.batch(headers, data)
                else:
                    answers = {"/token": made.token, "/revoke": made.revoke}
                    found = (
                        answers[path](form) if path in answers else made.call(self.command, self.path, headers, data)
                    )
                    status, body = found[0], b"" if found[1] is None else json.dumps(found[1]).encode()
                is_lost = made.lost(path)
            if is_lost:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status == 303:
                self.send_header("Location", made.address_after(form["code"]))
            if made.pause and status >= 400:
                self.send_header("Retry-After", made.pause)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.address = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield made
    assert made.violations == []
