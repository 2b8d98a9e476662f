"""A small CalDAV server with the habits of other servers, by name."""

import gzip
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from scraper.sinks.caldav.sink import CalDavSink
from scraper.sinks.retry_after import RetryBudget
from tests.handlers import AnyMethodHandler
from tests.sinks.caldav_servers import caldav_sink, serving
from tests.sinks.multistatus import HOME, calendar, error, home, multistatus, response, uid_of

PASSWORD = "dav"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SYNC_REFUSALS = {"sync-400": 400, "sync-403": 403, "sync-405": 405, "sync-500": 500, "sync-501": 501}


@dataclass(slots=True)
class Stored:
    """An event on the server."""

    body: str
    turn: int


@dataclass(slots=True, kw_only=True)
class HabitServer:
    """The server.

    - uid-412, uid-403, uid-409, uid-400: an event with a UID of `elsewhere` is refused, with no-uid-conflict where it
      is 403 or 409; uid-unique: with Cyrus's own precondition; uid-silent: it is accepted and lost.
    - An event with a UID that has another name in this calendar is refused with no-uid-conflict; here-409, here-412:
      without a reason; here-twice: it is stored.
    - end-404, end-403: an event without DTEND is refused.
    - trash: an event deleted once cannot be stored again (400); trash-delete: nor deleted a second time (403).
    - own-address: a new calendar has another address; mkcol: MKCALENDAR is missing; no-mkcalendar: both are.
    - own-name: an event gets another name, which is only listed; location: and `Location` names it.
    - no-put-etag, no-listed-etag, no-etag, plain-etag, weak-etag: where ETags are missing, without quotes, or weak;
      weak-put-etag, escaped-put-etag: the answer to a PUT alone writes them so.
    - no-if-none-match: that condition is ignored; if-match: an event is replaced under a condition alone (409).
    - sync-…: the status with which sync-collection is refused; gone-418: the status of a deleted event in its answer.
    - one-403, one-500, one-423: an event with a UID of `odd` is refused, without a reason; one-207: the same, within
      a multistatus, also where it is to be deleted.
    - empty-sync: sync-collection is answered without events and token.
    - absolute-href, escaped-href: how addresses are written; gzip, chunked: how bodies are.
    - rewrites: an event gets one more line, and the answer no ETag.
    - cut: what was stored is answered with 502.
    - busy, busy-date: every tenth request is refused with `Retry-After`.
    """

    habits: frozenset[str]
    address: str = ""
    elsewhere: set[str] = field(default_factory=set)
    odd: set[str] = field(default_factory=set)
    events: dict[str, Stored] = field(default_factory=dict)
    calendars: dict[str, str] = field(default_factory=lambda: {f"{HOME}planning/": "Planning"})
    deleted: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    turn: int = 0
    calm: int = 0

    @property
    def path(self) -> str:
        """Path of the calendar."""
        return f"{HOME}planning/"

    def sink(self, state: Path, **options: Any) -> CalDavSink:  # noqa: ANN401 - the sink's own
        """Return a sink for the calendar; no test waits."""
        budget = RetryBudget(left=10**6, sleep=self.slept.append, now=lambda: NOW)
        return caldav_sink(f"{self.address}{self.path}", "anna", state, budget=budget, **options)

    def since(self, method: str = "PUT") -> int:
        """Return how many such requests came since this was called last."""
        count = sum(asked == method for asked, _, _ in self.asked)
        self.asked.clear()
        return count

    def etag(self, name: str) -> str:
        """Return the ETag of an event, as this server writes it."""
        event = self.events[name]
        value = hashlib.sha256(f"{event.turn}{event.body}".encode()).hexdigest()[:12]
        if "no-etag" in self.habits:
            return ""
        return value if "plain-etag" in self.habits else f'W/"{value}"' if "weak-etag" in self.habits else f'"{value}"'

    def by_hand(self, name: str, body: str) -> None:
        """Change an event as its user does."""
        self.turn += 1
        self.events[name] = Stored(body, self.turn)

    def answer(self, method: str, path: str, body: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Return status, body and headers."""
        self.turn += 1
        if self.habits & {"busy", "busy-date"} and self.turn % 10 == 0 and self.calm != self.turn - 1:
            self.calm = self.turn
            later = format_datetime(NOW + timedelta(seconds=7), usegmt=True)
            return 429, "", {"Retry-After": later if "busy-date" in self.habits else "7"}
        return cast("tuple[int, str, dict[str, str]]", getattr(self, f"on_{method.lower()}")(path, body, headers))

    def on_propfind(self, path: str, _: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """The home, a calendar, and its events."""
        path = path.rstrip("/") + "/"
        if path == HOME:
            inner = response(HOME, f"<d:resourcetype><d:collection/></d:resourcetype>{home()}")
            return multistatus(inner + "".join(calendar(at, name) for at, name in self.calendars.items()))
        if path not in self.calendars:
            return 404, "", {}
        events = "".join(self._listed(name) for name in self.events) if headers.get("depth") == "1" else ""
        return multistatus(calendar(path, self.calendars[path]) + events)

    def on_report(self, _: str, body: str, __: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """sync-collection and calendar-query."""
        if "sync-collection" not in body:
            return multistatus("".join(self._listed(name, data=True) for name in self.events))
        if status := next((SYNC_REFUSALS[habit] for habit in self.habits if habit in SYNC_REFUSALS), 0):
            return status, "", {}
        if "empty-sync" in self.habits:
            return multistatus("")
        since = re.search(r"sync/(\d+)<", body)
        found = [name for name, one in self.events.items() if not since or one.turn > int(since[1])]
        lost = sorted(self.deleted - set(self.events)) if since else []
        word = "418 I'm a teapot" if "gone-418" in self.habits else "404 Not Found"
        gone = [
            f"<d:response><d:href>{self._href(name)}</d:href><d:status>HTTP/1.1 {word}</d:status></d:response>"
            for name in lost
        ]
        token = f"<d:sync-token>http://test/sync/{self.turn}</d:sync-token>"
        return multistatus("".join(map(self._listed, found)) + "".join(gone) + token)

    def on_get(self, path: str, _: str, __: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """One event."""
        name = path.removeprefix(self.path)
        return (200, self.events[name].body, self._tagged(name)) if name in self.events else (404, "", {})

    def on_put(self, path: str, body: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Store one event, or refuse it."""
        name = path.removeprefix(self.path)
        uid = uid_of(body)
        new = name not in self.events
        if not self._holds(name, headers):
            return 412, "", {}
        if not new and "if-match" in self.habits and "if-match" not in headers:
            return 409, "", {}
        if refusal := self._refusal(name, uid, body, new=new):
            return refusal
        if new and "uid-silent" in self.habits and uid in self.elsewhere:
            return 201, "", {"ETag": '"lost"'}
        if "rewrites" in self.habits:
            body = body.replace("END:VEVENT", "CLASS:PUBLIC\r\nEND:VEVENT")
        there = f"{hashlib.sha256(f'{uid} {self.turn}'.encode()).hexdigest()[:8]}.ics"
        name = there if new and self.habits & {"own-name", "location"} else name
        self.events[name] = Stored(body, self.turn)
        if "cut" in self.habits:
            return 502, "", {}
        extra = {} if self.habits & {"no-put-etag", "rewrites"} else self._tagged(name)
        if tag := extra.get("ETag"):
            weak = f"W/{tag.removeprefix('W/')}" if "weak-put-etag" in self.habits else tag
            extra = {"ETag": quote(weak) if "escaped-put-etag" in self.habits else weak}
        return 201 if new else 204, "", extra | ({"Location": self.path + name} if "location" in self.habits else {})

    def on_delete(self, path: str, _: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Delete one event, or refuse that."""
        name = path.removeprefix(self.path)
        if name not in self.events:
            return 404, "", {}
        if not self._holds(name, headers):
            return 412, "", {}
        if "trash-delete" in self.habits and name in self.deleted:
            return error(403, "<s:message>this object can not be moved into the trashbin</s:message>")
        if "one-207" in self.habits and uid_of(self.events[name].body) in self.odd:
            return self._within(name)
        self.deleted.add(name)
        del self.events[name]
        return 204, "", {}

    def on_mkcalendar(self, path: str, body: str, _: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Make a calendar, somewhere."""
        if self.habits & {"mkcol", "no-mkcalendar"}:
            return 501 if "mkcol" in self.habits else 405, "", {}
        return self._made(path, body)

    def on_mkcol(self, path: str, body: str, _: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        """Make a calendar by RFC 5689."""
        return self._made(path, body) if "mkcol" in self.habits and "c:calendar/" in body else (405, "", {})

    def _made(self, path: str, body: str) -> tuple[int, str, dict[str, str]]:
        found = re.search("displayname>([^<]*)<", body)
        at = f"{HOME}869/" if "own-address" in self.habits else path
        self.calendars[at] = found[1] if found else ""
        return 201, "", {}

    def _refusal(self, name: str, uid: str, body: str, *, new: bool) -> tuple[int, str, dict[str, str]] | None:
        other = next((at for at, one in self.events.items() if uid_of(one.body) == uid and at != name), "")
        if new and other and "here-twice" not in self.habits:
            bare = next((status for status in (409, 412) if f"here-{status}" in self.habits), 0)
            return (
                (bare, "", {})
                if bare
                else error(409, f"<c:no-uid-conflict><d:href>{self.path}{other}</d:href></c:no-uid-conflict>")
            )
        if new and uid in self.elsewhere and (refusal := self._taken(name)):
            return refusal
        if "\r\nDTEND" not in body and self.habits & {"end-404", "end-403"}:
            return 404 if "end-404" in self.habits else 403, "", {}
        if new and "trash" in self.habits and name in self.deleted:
            return error(400, "<s:message>Deleted calendar object with uid already exists</s:message>")
        return self._odd(name) if uid in self.odd else None

    def _taken(self, name: str) -> tuple[int, str, dict[str, str]] | None:
        if "uid-unique" in self.habits:
            return error(403, "<c:unique-scheduling-object-resource/>")
        status = next((status for status in (403, 409, 412, 400) if f"uid-{status}" in self.habits), 0)
        if status in {403, 409}:
            at = f"<d:href>{HOME}other/{name}</d:href>"
            return error(status, f"<c:no-uid-conflict>{at}</c:no-uid-conflict>")
        return (status, "", {}) if status else None

    def _odd(self, name: str) -> tuple[int, str, dict[str, str]] | None:
        for status in (403, 500, 423):
            if f"one-{status}" in self.habits:
                return status, "", {}
        return self._within(name) if "one-207" in self.habits else None

    def _within(self, name: str) -> tuple[int, str, dict[str, str]]:
        """Refuse within a multistatus (RFC 4918 §9.6.1)."""
        inner = f"<d:href>{self.path}{name}</d:href><d:status>HTTP/1.1 423 Locked</d:status>"
        return multistatus(f"<d:response>{inner}</d:response>")

    def _href(self, name: str) -> str:
        path = f"{self.path}{quote(name)}"
        path = path.replace("-", "%2D") if "escaped-href" in self.habits else path
        return f"{self.address}{path}" if "absolute-href" in self.habits else path

    def _holds(self, name: str, headers: dict[str, str]) -> bool:
        """Return whether the condition holds; If-Match compares strongly (RFC 9110 §13.1.1)."""
        if headers.get("if-none-match") == "*":
            return name not in self.events or "no-if-none-match" in self.habits
        wanted = headers.get("if-match")
        return not wanted or (name in self.events and "weak-etag" not in self.habits and wanted == self.etag(name))

    def _tagged(self, name: str) -> dict[str, str]:
        return {"ETag": self.etag(name)} if self.etag(name) else {}

    def _listed(self, name: str, *, data: bool = False) -> str:
        tag = f"<d:getetag>{escape(self.etag(name))}</d:getetag>" if self.etag(name) else "<d:getcontenttype/>"
        tag = "<d:getetag/>" if "no-listed-etag" in self.habits and not data else tag
        body = f"<c:calendar-data>{escape(self.events[name].body)}</c:calendar-data>" if data else ""
        return response(self._href(name), tag + body)


@contextmanager
def server_with(*habits: str) -> Iterator[HabitServer]:
    """Run a server with these habits on a port of this machine."""
    made = HabitServer(habits=frozenset(habits))

    class Handler(AnyMethodHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            path, headers = unquote(self.path), {key.lower(): value for key, value in self.headers.items()}
            if "authorization" not in headers:
                status, text, extra = 401, "", {"WWW-Authenticate": 'Basic realm="test"'}
            else:
                status, text, extra = made.answer(self.command, path, body, headers)
                made.asked.append((self.command, path, status))
            data = text.encode()
            kind = "text/calendar" if text.startswith("BEGIN") else "application/xml; charset=utf-8"
            if "gzip" in made.habits:
                data, extra = gzip.compress(data), {**extra, "Content-Encoding": "gzip"}
            length = {"Content-Length": str(len(data))}
            if "chunked" in made.habits and status not in {204, 304}:
                parts = (data[:7], data[7:], b"") if len(data) > len(b"BEGIN:V") else (data, b"") if data else (b"",)
                length = {"Transfer-Encoding": "chunked"}
                data = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
            self.send_response(status)
            for key, value in {**extra, "Content-Type": kind, **length}.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.address = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield made
