"""The answers of the feed, on a real port."""

import errno
import gzip
import os
import string
from email.utils import formatdate
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scraper.system.secret_digest import hash_secret
from tests.cases import for_each
from tests.http_requests import Answer
from tests.web.conftest import SINCE, Served, calendar, read_to_end

FIRST, SECOND = calendar("first"), calendar("second")
UNKNOWN = "/c/" + "A" * 32 + "/anna.ics"
TOKENS = st.text(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~", min_size=1, max_size=20)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=200)


def test_calendar_is_served_with_its_headers(served: Served) -> None:
    """Bytes, type, file name and caching; no header names the server."""
    answer = served.ask(served.path)
    assert (answer.status, answer.body) == (200, FIRST)
    tag = answer.headers["etag"]
    assert answer.headers == {
        "content-type": "text/calendar; charset=utf-8",
        "content-length": str(len(FIRST)),
        "content-disposition": 'attachment; filename="anna.ics"',
        "cache-control": "private, no-cache",
        "x-content-type-options": "nosniff",
        "vary": "accept-encoding",
        "etag": tag,
        "last-modified": formatdate(SINCE, usegmt=True),
    }
    assert served.ask(served.path, "HEAD") == Answer(status=200, headers=answer.headers, body=b"")


@for_each("form", ["{}", "W/{}", '"other", {}', "*"])
def test_feed_answers_304_for_a_matching_etag(served: Served, form: str) -> None:
    """The tag is that of the plain or the compressed calendar, weak or strong; another calendar is sent."""
    served.put(FIRST)
    tags = [served.ask(served.path, accept_encoding=coding).headers["etag"] for coding in ("", "gzip")]
    assert len(set(tags)) == 2
    for tag in tags:
        for method in ("GET", "HEAD"):
            answer = served.ask(served.path, method, if_none_match=form.format(tag))
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["etag"] == tags[0]
    served.put(SECOND)
    answer = served.ask(served.path, if_none_match='"other", ' + tags[0])
    assert (answer.status, answer.body) == (200, SECOND)


def test_feed_answers_304_for_a_matching_date(served: Served) -> None:
    """A change within the same second has a later date; a tag that does not match wins over the date."""
    date = served.ask(served.path).headers["last-modified"]
    assert served.ask(served.path, if_modified_since=date).status == 304
    assert served.ask(served.path, if_modified_since=formatdate(SINCE - 1, usegmt=True)).status == 200
    assert served.ask(served.path, if_modified_since=date, if_none_match='"other"').status == 200
    for nonsense in ("", "yesterday", "Mon, 99 Foo 2026 00:00:00 GMT", "Tue, 24 Nov 99999 12:00:00 GMT"):
        assert served.ask(served.path, if_modified_since=nonsense).status == 200
    served.put(SECOND, at=SINCE + 0.5)
    assert served.ask(served.path, if_modified_since=date).body == SECOND


def test_calendar_is_compressed_for_clients_that_accept_gzip(served: Served) -> None:
    """A client that refuses gzip gets the plain calendar."""
    answer = served.ask(served.path, accept_encoding="br, gzip;q=0.5")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == FIRST
    assert len(answer.body) < len(FIRST) / 5
    assert served.ask(served.path, accept_encoding="br, gzip;q=0.0").body == FIRST


def test_invalid_addresses_get_the_same_404(served: Served) -> None:
    """Unknown, revoked or incomplete secrets, other names and paths differ in no header."""
    revoked = served.subscribe("Old")
    assert served.ask(revoked).status == 200
    served.subscribers.revoke("Old")
    renewed = served.path
    _, secret = served.subscribers.renew("Phone")
    assert served.ask(f"/c/{secret}/anna.ics").status == 200
    digest = hash_secret(secret)
    paths = [
        revoked, renewed, UNKNOWN, f"/c/{secret[:-1]}/anna.ics", f"/c/{secret}/other.ics", f"/c/{secret}/anna.ics/",
        f"/c/{digest}/anna.ics", "/c//anna.ics", "/c/../etc/passwd.ics", "/c/%2e%2e/%2e%2e/feeds.ics", "/c/%00/x.ics",
        f"//c/{secret}/anna.ics", "/", "/c", "/favicon.ico", "/agenda", f"/agenda/agenda/c/{secret}/anna.ics",
        f"/c/{secret}/..%2fanna.ics", "/c/\xff/x.ics".encode("latin-1").decode("latin-1").replace("\xff", "%ff"),
    ]  # fmt: skip
    expected = Answer(status=404, headers={"content-length": "0", "cache-control": "no-store"}, body=b"")
    for path in paths:
        assert served.ask(path) == expected, path
        assert served.ask(path, "HEAD") == expected, path


@for_each("method", ["POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "TRACE", "get"])
def test_other_methods_get_404(served: Served, method: str) -> None:
    """Some clients remove a calendar after another answer; the next request is answered."""
    first, second = served.ask(served.path, method), served.ask(UNKNOWN, method)
    assert first == second
    assert (first.status, first.body) == (404, b"")
    assert served.ask(served.path).status == 200


def test_calendar_is_served_below_the_path_of_a_proxy(served: Served) -> None:
    """The proxy may remove its path or keep it."""
    assert served.ask(f"/agenda{served.path}") == served.ask(served.path)


def test_last_valid_calendar_is_served_after_damage(served: Served) -> None:
    """The file is missing, empty, truncated or invalid; a valid one replaces the copy.

    The same holds for a new feed. A subscriber that is revoked leaves no copy behind.
    """
    before = served.ask(served.path)
    for number, damaged in enumerate((b"", FIRST[:-9], b"<html>", None), 1):
        served.put(damaged or b"", at=SINCE + 120 * number)
        if damaged is None:
            served.file().unlink()
        assert served.ask(served.path) == before, damaged
        assert served.ask(served.path, if_none_match=before.headers["etag"]).status == 304
        served.feed._calendars.clear()  # as after a start
        assert served.ask(served.path) == before, damaged
        new = calendar(f"after {number}")
        served.put(new, at=SINCE + 120 * number + 60)
        before = served.ask(served.path)
        assert before.body == new
    served.subscribers.revoke("Phone")
    assert list(served.file().parent.iterdir()) == []


@for_each("damaged", [b"", b"{", b"[]", b'{"subscribers": 1}', b"[" * 100_000, None])
def test_known_subscribers_are_served_while_their_file_is_damaged(served: Served, damaged: bytes | None) -> None:
    """The file is truncated, invalid or missing."""
    assert served.ask(served.path).status == 200
    path, valid = served.subscribers.path, served.subscribers.path.read_bytes()
    path.unlink() if damaged is None else path.write_bytes(damaged)
    assert served.ask(served.path).body == FIRST
    path.write_bytes(valid)


def test_known_calendar_is_served_while_the_disk_fails(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """A calendar that was never read answers 404."""
    google = served.subscribe("Google", "google")
    before = served.ask(served.path)
    assert served.ask(google).status == 404

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "stat", fail)
    assert served.ask(served.path) == before
    monkeypatch.setattr(type(served.feed), "_version", lambda *_: 1 / 0)
    assert served.ask(served.path).status == 404


def test_subscriber_gets_the_calendar_of_its_client(served: Served) -> None:
    """Visits show the subscriber and the program."""
    google = served.subscribe("Google", "google")
    served.put(SECOND, "google")
    assert served.ask(google, user_agent="Google-Calendar\x1b[2J-Importer " + "x" * 200).body == SECOND
    served.ask(served.path, "HEAD")
    (visit,) = served.feed.visits.values()
    assert visit.agent.startswith("Google-Calendar[2J-Importer xxx")
    assert len(visit.agent) == 60
    assert visit.version in served.ask(google).headers["etag"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "BREW"]),
    parts=st.lists(st.one_of(st.just("c"), st.just("anna.ics"), st.text(max_size=8), st.just("..")), max_size=5),
    known=st.booleans(),
    headers=st.dictionaries(
        st.one_of(
            st.sampled_from(["if-none-match", "if-modified-since", "accept-encoding", "range", "user-agent", "expect"]),
            TOKENS.filter(lambda name: name.lower() not in {"content-length", "transfer-encoding", "connection"}),
        ),
        VALUES,
        max_size=6,
    ),
)
def test_any_request_gets_200_304_or_404(
    served: Served,
    method: str,
    parts: list[str],
    *,
    known: bool,
    headers: dict[str, str],
) -> None:
    """Only a calendar has a body."""
    path = served.path if known else "/" + "/".join(parts)
    target = b"".join(b"%%%02x" % byte if byte <= 32 or byte > 126 else bytes([byte]) for byte in path.encode())
    lines = [f"{name}: {value.strip()}".encode("latin-1") for name, value in headers.items()]
    request = b"\r\n".join([method.encode() + b" " + target + b" HTTP/1.1", b"host: x", *lines, b"connection: close"])
    with served.connected() as connection:
        connection.sendall(request + b"\r\n\r\n")
        reported = read_to_end(connection)
    head, _, body = reported.partition(b"\r\n\r\n")
    status = int(head.split(b" ")[1])
    assert status in {200, 304, 404}, head
    if status == 200 and method == "GET":
        assert body in {FIRST, gzip.compress(FIRST, 6, mtime=0)}
    else:
        assert body == b""
