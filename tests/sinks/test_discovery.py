"""A user's calendars are found from the server's address, at that host alone, and none is taken unasked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import SinkRefused
from scraper.sinks.caldav.client import CalDavClient, open_client
from scraper.sinks.caldav.discovery import Discovery, create_calendar, discover_calendars
from tests.sinks.caldav_servers import PASSWORD, USER, Answer, Radicale, Xandikos, radicale_in, saying
from tests.sinks.calendars import calendar

MULTISTATUS = (
    '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>/</d:href><d:propstat>'
    "<d:prop>{detail}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Radicale]:
    """One with two calendars, of which one has a name, and a list of tasks."""
    with radicale_in(tmp_path) as made:
        made.collection("personal")
        made.ask("MKCALENDAR", f"/{USER}/cours/", new("Mes cours é&amp;", "VEVENT"))
        made.ask("MKCALENDAR", f"/{USER}/tasks/", new("Tasks", "VTODO"))
        made.asked.clear()
        yield made


def new(name: str, kind: str) -> bytes:
    """What makes a calendar of that name, for that kind of thing."""
    return (
        '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
        f"<d:displayname>{name}</d:displayname><c:supported-calendar-component-set>"
        f'<c:comp name="{kind}"/></c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>'
    ).encode()


@contextmanager
def at(server: Radicale, path: str = "/", password: str = PASSWORD) -> Iterator[CalDavClient]:
    """A connection with that place of it."""
    with open_client(f"{server.address}{path}", USER, password) as there:
        yield there


def found_at(server: Radicale, path: str = "/") -> Discovery:
    """What is found from there."""
    with at(server, path) as there:
        return discover_calendars(there)


def instead(
    answers: Mapping[str, Callable[[Mapping[str, Any]], Answer]],
) -> Callable[[Mapping[str, Any]], Answer | None]:
    """These answers to what is asked at these paths."""
    return lambda asked: answers[asked["PATH_INFO"]](asked) if asked["PATH_INFO"] in answers else None


@pytest.mark.parametrize("path", ["/", f"/{USER}/"])
def test_the_calendars_of_a_user(server: Radicale, path: str) -> None:
    """By the name that the user knows, with their addresses; what takes no events is none of them."""
    found = found_at(server, path)
    home = f"{server.address}/{USER}/"
    assert (found.home, {one.address for one in found.calendars}) == (home, {f"{home}cours/", f"{home}personal/"})
    assert [one.address for one in found.named("MES COURS É&")] == [f"{home}cours/"]
    assert [one.address for one in found.named("personal")] == [f"{home}personal/"]
    assert found.named("Tasks") == ()


def test_a_calendar_is_itself(server: Radicale) -> None:
    """One request, and no other calendar is offered."""
    found = found_at(server, f"/{USER}/cours/")
    assert (found.home, [one.address for one in found.calendars]) == ("", [f"{server.address}/{USER}/cours/"])
    assert server.since()[-1:] == ["PROPFIND"]


def test_a_server_that_leads_on(server: Radicale) -> None:
    """By the well-known address (RFC 6764), on the same host; else where Nextcloud and Baïkal are."""
    nothing = saying("405 Method Not Allowed")
    leading = saying("301 Moved Permanently", ("Location", f"/{USER}/"))
    for path in ("/.well-known/caldav", "/cloud/remote.php/dav/", "/cloud/dav.php/"):
        everywhere = dict.fromkeys(
            ("/cloud/", "/.well-known/caldav", "/cloud/remote.php/dav/", "/cloud/dav.php/"), nothing
        )
        server.instead = instead({**everywhere, path: leading})
        assert found_at(server, "/cloud/").named("cours")


@pytest.mark.parametrize(
    "detail",
    [
        "<c:calendar-home-set><d:href>{to}/1/calendars/</d:href></c:calendar-home-set>",
        "<d:current-user-principal><d:href>{to}/1/calendars/</d:href></d:current-user-principal>",
        None,
    ],
)
def test_another_host_is_not_asked(server: Radicale, tmp_path: Path, detail: str | None) -> None:
    """Whether it is a redirect or is in an answer: its place is reported, and it gets no password."""
    (tmp_path / "other").mkdir()
    with radicale_in(tmp_path / "other") as other:
        to = f"{other.address}/1/calendars/"
        body = MULTISTATUS.format(detail=(detail or "").format(to=other.address)).encode()
        status = "207 Multi-Status" if detail else "302 Found"
        server.instead = saying(status, ("Location", f"{to}?secret"), ("Content-Type", "application/xml"), body=body)
        with pytest.raises(SinkRefused) as caught:
            found_at(server)
        assert (caught.value.reason, caught.value.facts["to"]) == ("caldav-redirect", to)
        assert other.asked == []


def test_what_has_no_calendars(server: Radicale) -> None:
    """A wrong password is reported at once, and what is no calendar server after the places where one could be."""
    with at(server, password="wrong") as there, pytest.raises(SinkRefused) as caught:
        discover_calendars(there)
    assert caught.value.reason == "caldav-password"
    server.instead = saying("200 OK", body=b"<html>")
    server.asked.clear()
    with pytest.raises(SinkRefused) as caught:
        found_at(server)
    assert (caught.value.reason, len(server.asked)) == ("caldav-none", 4)
    server.instead = saying("302 Found", ("Location", "/"))
    with pytest.raises(SinkRefused) as caught:
        found_at(server)
    assert caught.value.reason == "caldav-none"


def test_a_new_calendar(server: Radicale, tmp_path: Path) -> None:
    """It has the name that was wanted and an address of its own, and takes the planning."""
    with at(server) as there:
        found = discover_calendars(there)
        made = [create_calendar(there, found, name) for name in ("Cours", "Émploi <du> temps")]
    assert [one.last for one in made] == ["cours-2", "emploi-du-temps"]
    assert found_at(server).named("Émploi <du> temps")[0].address == made[1].address
    sink = server.sink_at(made[1].address, state=tmp_path / "state")
    assert (sink.deliver(calendar(range(3))), len(server.events(sink))) == (True, 3)


@pytest.mark.parametrize("path", ["/", f"/{USER}/", f"/{USER}/calendars/"])
def test_another_server(xandikos: Xandikos, tmp_path: Path, path: str) -> None:
    """Xandikos is asked in the same words: it has one calendar, and a new one takes the planning."""
    title = f"Émploi du temps {path.count('/')}"
    with at(xandikos, path) as there:
        found = discover_calendars(there)
        made = create_calendar(there, found, title)
    assert f"{xandikos.address}{xandikos.home}calendar/" in [one.address for one in found.calendars]
    assert found_at(xandikos).named(title)[0].address == made.address
    sink = xandikos.sink_at(made.address, state=tmp_path / "state")
    assert (sink.deliver(calendar(range(3))), len(xandikos.events(sink))) == (True, 3)


def test_a_server_that_makes_none(server: Radicale) -> None:
    """The message says what to do instead."""
    with at(server) as there:
        found = discover_calendars(there)
        server.instead = saying("403 Forbidden")
        with pytest.raises(SinkRefused) as caught:
            create_calendar(there, found, "Cours")
    assert caught.value.reason == "caldav-make"
