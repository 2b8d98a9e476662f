"""Calls of Google's Calendar API and their answers, alone and in batches."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlencode

from scraper.domain.printable import escape_invisible
from scraper.domain.sink_kinds import GOOGLE_CALENDARS
from scraper.errors import DeliveryError, SinkRefused, SinkUnavailable
from scraper.sinks.sink_service import GONE

READ_TIMEOUT = 30.0
"""The time limit in seconds without any data from Google."""
IN_BATCH = 50
"""The most calls in a batch."""
LONGEST_ANSWER = 300
"""The most characters of an answer in an error."""
RATES = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"})
"""Reasons of a 403 that passes."""
BOUNDARY = "aurion-batch"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The answer to a request, not parsed."""

    status: int
    headers: Mapping[str, str] | Message
    content: bytes = field(repr=False)

    def parse(self) -> "Answer":
        """Return the answer to a call; without a body if that is not a JSON object."""
        found: object = None
        with suppress(ValueError, RecursionError):
            found = json.loads(self.content)
        return Answer(self.status, found if isinstance(found, dict) else {}, str(self.headers.get("Retry-After", "")))


HttpRequest = Callable[[str, str, Mapping[str, str], bytes], HttpAnswer]
"""Send a request: method, address, headers, body. It raises TimeoutError or ConnectionError without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call: `path` is relative to the API, `etag` the version of the event that it may change."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    etag: str = ""

    @property
    def target(self) -> str:
        """The path with the query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path

    @property
    def headers(self) -> dict[str, str]:
        """The call's own headers."""
        return {
            **({"Content-Type": "application/json"} if self.body is not None else {}),
            **({"If-Match": self.etag} if self.etag else {}),
        }

    @property
    def content(self) -> str:
        """The body as JSON; ASCII only."""
        return "" if self.body is None else json.dumps(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a call; `retry_after` is the header of that name, if there is one."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the call was done."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES

    @property
    def is_busy(self) -> bool:
        """Whether the same call may succeed later."""
        is_limit = self.status == HTTPStatus.FORBIDDEN and self.reason in RATES
        return (
            is_limit or self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )

    @property
    def reason(self) -> str:
        """Google's key for the error."""
        with suppress(LookupError, TypeError):
            return str(self.body["error"]["errors"][0]["reason"])
        return ""

    @property
    def message(self) -> str:
        """Google's sentence for the error."""
        with suppress(LookupError, TypeError):
            return escape_invisible(str(self.body["error"]["message"]))[:LONGEST_ANSWER]
        return ""

    def to_error(self, path: str) -> DeliveryError:
        """Return the error for a call that concerns the whole calendar."""
        if self.is_busy:
            return SinkUnavailable("google-busy", path=path, status=self.status)
        if self.status in GONE:
            return SinkRefused("google-gone", path=path)
        if self.status == HTTPStatus.UNAUTHORIZED:
            return SinkRefused("google-expired", path=path)
        return SinkRefused("google-status", path=path, status=self.status, answer=self.message)


def calendar_id(address: str) -> str:
    """Return the id in a calendar's address."""
    return address.removeprefix(GOOGLE_CALENDARS).rstrip("/")


def event_path(calendar: str, event: str = "") -> str:
    """Return the path of a calendar's events, or of one of them."""
    return f"calendars/{calendar}/events{'/' if event else ''}{event}"


def join_batch(calls: Sequence[Call], base: str) -> tuple[dict[str, str], bytes]:
    """Return the headers and the content of a batch; `base` is the path of the API.

    https://developers.google.com/workspace/calendar/api/guides/batch
    """
    parts = (
        f"--{BOUNDARY}\r\nContent-Type: application/http\r\nContent-ID: <{number}>\r\n\r\n"
        f"{call.method} {base}{call.target} HTTP/1.1\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in call.headers.items())
        + f"\r\n{call.content}\r\n"
        for number, call in enumerate(calls)
    )
    return {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}, f"{''.join(parts)}--{BOUNDARY}--".encode()


def split_batch(kind: str, content: bytes) -> Iterator[tuple[int, Answer]]:
    """Yield the number and the answer of each call; Google may answer in any order."""
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
    for part in list(whole.walk())[1:]:
        number = re.search(r"response-(\d+)", part.get("Content-ID", ""))
        answer = cast("bytes", part.get_payload(decode=True))
        status = re.match(rb"HTTP/[\d.]+ (\d{3})", answer)
        if number and status:
            head, _, body = answer.partition(b"\r\n\r\n")
            headers = message_from_bytes(head.partition(b"\r\n")[2])
            yield int(number[1]), HttpAnswer(int(status[1]), headers, body).parse()
