"""Requests to servers on this machine, without redirects and cookies."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response; header names are in lower case, without `Date`. `cookies` are all values of `Set-Cookie`."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()


def asked(
    place: str, method: str, path: str, headers: Mapping[str, str], body: str | None = None, *, seconds: float = 30
) -> Answer:
    """Return the response of the server at `place`, a host with a port, on a new connection."""
    with closing(HTTPConnection(place, timeout=seconds)) as connection:
        connection.request(method, path, body, headers=dict(headers))
        answer = connection.getresponse()
        reported = {name.lower(): value for name, value in answer.getheaders() if name.lower() != "date"}
        cookies = tuple(answer.headers.get_all("set-cookie") or ())
        return Answer(status=answer.status, headers=reported, body=answer.read(), cookies=cookies)
