"""Calls of Google's Calendar API, alone or in batches, with a token; repeated while Google is busy.

`google_http` sends them. It is imported on first use: its library is an extra, and slow to import.
"""

import random
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

import stamina

from scraper.domain.printable import escape_invisible
from scraper.domain.sink_kinds import GOOGLE, GOOGLE_CALENDARS
from scraper.errors import SinkRefused, SinkUnavailable
from scraper.sinks.google.google_calls import (
    LONGEST_ANSWER,
    READ_TIMEOUT,
    Answer,
    Call,
    HttpAnswer,
    HttpRequest,
    join_batch,
    split_batch,
)
from scraper.sinks.google.google_credentials import GoogleCredentials
from scraper.sinks.retry_after import longest_pause
from scraper.sinks.sink_service import library_errors
from scraper.system.network.access import Access
from scraper.system.network.gate import Gate, open_needed_gate

ATTEMPTS, LONGEST_WAIT = 8, 32.0
"""How often a call is sent while Google is busy, and the longest pause between two attempts in seconds."""
HTTPS = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Google's addresses; tests have their own."""

    api: str = GOOGLE_CALENDARS.removesuffix("calendars/")
    batch: str = "https://www.googleapis.com/batch/calendar/v3"
    consent: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    revoke: str = "https://oauth2.googleapis.com/revoke"

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts that this program contacts itself."""
        return frozenset(urlsplit(one).hostname or "" for one in (self.api, self.token))


class _Busy(Exception):
    """Some calls have to be repeated, after `pause` seconds if Google asks for that."""

    def __init__(self, pause: float | None) -> None:
        self.pause = pause
        super().__init__(pause)


@dataclass(slots=True, kw_only=True)
class GoogleClient:
    """A connection to Google, created by `open_client`. Its errors name `path`; it ends at `deadline` (monotonic)."""

    path: str
    http: HttpRequest = field(repr=False)
    endpoints: Endpoints
    deadline: float
    gate: Gate | None = field(default=None, repr=False)
    credentials: GoogleCredentials | None = field(default=None, repr=False)
    access_token: str = field(default="", repr=False)

    def call(self, call: Call, allowed: Container[int] = ()) -> Answer:
        """Send one call. Raise DeliveryError unless it is done, or the answer's status is in `allowed`."""
        answer = self.send([call])[0]
        if not answer.is_success and answer.status not in allowed:
            raise answer.to_error(self.path)
        return answer

    def send(self, calls: Sequence[Call]) -> list[Answer]:
        """Send at most `IN_BATCH` calls and return their answers; those for which Google is busy are repeated."""
        answers: dict[int, Answer] = {}
        left = list(range(len(calls)))
        with suppress(_Busy):
            for attempt in stamina.retry_context(
                on=self._pause, attempts=ATTEMPTS, timeout=max(self.deadline - monotonic(), 1), wait_max=LONGEST_WAIT,
                wait_initial=1, wait_jitter=1,
            ):  # fmt: skip
                with attempt:
                    found = self._send_with_token([calls[number] for number in left])
                    answers |= dict(zip(left, found, strict=True))
                    left = [number for number in left if answers[number].is_busy]
                    if left:
                        raise _Busy(longest_pause(answers[number].retry_after for number in left))
        return [answers[number] for number in range(len(calls))]

    def _pause(self, error: Exception) -> float | bool:
        """Return the seconds before the next attempt; True for a growing pause, False if it would be too late."""
        if not isinstance(error, _Busy):
            return False
        if error.pause is None:
            return True
        return monotonic() + error.pause < self.deadline and error.pause + random.random()  # noqa: S311 - jitter

    def _send_with_token(self, calls: Sequence[Call]) -> list[Answer]:
        """Send calls once; where the access token is not valid any more, once again with a new one."""
        is_new = not self.access_token
        if is_new and (refused := self._refresh()):
            return [refused] * len(calls)
        answers = self._send_once(calls)
        expired = [number for number, one in enumerate(answers) if one.status == HTTPStatus.UNAUTHORIZED]
        if expired and not is_new:
            refused = self._refresh()
            again = [refused] * len(expired) if refused else self._send_once([calls[number] for number in expired])
            for number, answer in zip(expired, again, strict=True):
                answers[number] = answer
        if any(one.status == HTTPStatus.UNAUTHORIZED for one in answers):
            raise SinkRefused("google-expired", path=self.path)
        return answers

    def _send_once(self, calls: Sequence[Call]) -> list[Answer]:
        token = {"Authorization": f"Bearer {self.access_token}"}
        if len(calls) == 1:
            call = calls[0]
            url = f"{self.endpoints.api}{call.target}"
            return [self.request(call.method, url, {**token, **call.headers}, call.content.encode()).parse()]
        headers, content = join_batch(calls, urlsplit(self.endpoints.api).path)
        answer = self.request("POST", self.endpoints.batch, {**token, **headers}, content)
        if not (whole := answer.parse()).is_success:
            return [whole] * len(calls)
        found = dict(split_batch(str(answer.headers.get("Content-Type", "")), answer.content))
        return [found.get(number) or Answer(HTTPStatus.BAD_GATEWAY) for number in range(len(calls))]

    def _refresh(self) -> Answer | None:
        """Get an access token; return the answer if Google is busy. Raise SinkRefused."""
        if self.credentials is None:
            raise SinkRefused("google-expired", path=self.path)
        answer = self.post_form(self.endpoints.token, self.credentials.refresh_form)
        if answer.is_busy:
            return answer
        self.access_token = str(self.token_answer(answer)["access_token"])
        return None

    def token_answer(self, answer: Answer) -> Mapping[str, Any]:
        """Return the tokens in an answer. Raise DeliveryError for any other answer."""
        if answer.is_success and "access_token" in answer.body:
            return answer.body
        if answer.is_busy:
            raise answer.to_error(self.path)
        reason = "google-expired" if answer.body.get("error") == "invalid_grant" else "google-client"
        raise SinkRefused(
            reason, path=self.path, answer=escape_invisible(str(answer.body.get("error", "")))[:LONGEST_ANSWER]
        )

    def post_form(self, url: str, form: Mapping[str, str]) -> Answer:
        """Post a form to one of the addresses for tokens."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", url, headers, urlencode(form).encode()).parse()

    def request(self, method: str, url: str, headers: Mapping[str, str], content: bytes) -> HttpAnswer:
        """Send a request. Raise SinkUnavailable where there is no answer."""
        try:
            return self.http(method, url, headers, content)
        except (TimeoutError, ConnectionError) as error:
            raise self._connection_error(error, urlsplit(url).hostname or "") from None

    def _connection_error(self, error: OSError, host: str) -> SinkUnavailable:
        cause = self.gate.errors.get(host) if self.gate else None
        if cause is not None and "proxy" in cause.facts:
            return SinkUnavailable("google-proxy", path=self.path, proxy=cause.facts["proxy"])
        if isinstance(error, TimeoutError):
            return SinkUnavailable("google-timeout", path=self.path, seconds=round(READ_TIMEOUT))
        return SinkUnavailable("google-connection", path=self.path, host=host)


@contextmanager
def open_client(
    path: str,
    access: Access,
    endpoints: Endpoints,
    *,
    credentials: GoogleCredentials | None = None,
    deadline: float | None = None,
) -> Iterator[GoogleClient]:
    """Yield a client. Raise SinkRefused("google-extra") if the library is not installed."""
    with library_errors(GOOGLE, path):
        from scraper.sinks.google.google_http import open_http  # noqa: PLC0415 - slow to import
    stamina.instrumentation.set_on_retry_hooks(())  # a repeated call is no news
    with (
        open_needed_gate(access, endpoints.hosts, HTTPS) as gate,
        open_http(access.trust, gate.port if gate else None) as http,
    ):
        yield GoogleClient(
            path=path, http=http, endpoints=endpoints, credentials=credentials, gate=gate,
            deadline=monotonic() + READ_TIMEOUT if deadline is None else deadline,
        )  # fmt: skip
