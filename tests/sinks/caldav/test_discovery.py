"""Discovery of calendars: they are found from the server's address, at that host alone."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scraper.errors import SinkRefused
from scraper.sinks.caldav.client import CalDavClient, open_client
from scraper.sinks.caldav.discovery import Discovery, create_calendar, discover_calendars
from tests.cases import for_each
from tests.sinks.caldav_servers import PASSWORD, USER, Answer, Radicale, Xandikos, radicale_in, saying
from tests.sinks.calendars import calendar

MULTISTATUS = (
    '<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response><d:href>/</d:href><d:propstat>'
    "<d:prop>{detail}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Radicale]:
    """A server with two calendars, of which one has a name, and a list of tasks."""
    with radicale_in(tmp_path) as made:
        made.collection("personal")
        made.ask("MKCALENDAR", f"/{USER}/cours/", new("Mes cours é&amp;", "VEVENT"))
        made.ask("MKCALENDAR", f"/{USER}/tasks/", new("Tasks", "VTODO"))
        made.asked.clear()
        yield made


def new(name: str, kind: str) -> bytes:
    """Return the body of a MKCALENDAR with this name and kind of component."""
    return (
        '<c:mkcalendar xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:set><d:prop>'
        f"<d:displayname>{name}</d:displayname><c:supported-calendar-component-set>"
        f'<c:comp name="{kind}"/></c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>'
    ).encode()


@contextmanager
def at(server: Radicale, path: str = "/", password: str = PASSWORD) -> Iterator[CalDavClient]:
    """Open a connection with this path of the server."""
    with open_client(f"{server.address}{path}", USER, password) as there:
        yield there


def found_at(server: Radicale, path: str = "/") -> Discovery:
    """Return the calendars that are found from this path."""
    with at(server, path) as there:
        return discover_calendars(there)


def instead(
    answers: Mapping[str, Callable[[Mapping[str, Any]], Answer]],
) -> Callable[[Mapping[str, Any]], Answer | None]:
    """Answer requests for these paths."""
    return lambda asked: answers[asked["PATH_INFO"]](asked) if asked["PATH_INFO"] in answers else None


@for_each("path", ["/", f"/{USER}/"])
def test_calendars_of_a_user_are_found_by_name(server: Radicale, path: str) -> None:
    """A list of tasks is not among them."""
    found = found_at(server, path)
    home = f"{server.address}/{USER}/"
    assert (found.home, {one.address for one in found.calendars}) == (home, {f"{home}cours/", f"{home}personal/"})
    assert [one.address for one in found.find_by_name("MES COURS É&")] == [f"{home}cours/"]
    assert [one.address for one in found.find_by_name("personal")] == [f"{home}personal/"]
    assert found.find_by_name("Tasks") == ()


def test_address_of_a_calendar_finds_that_calendar_alone(server: Radicale) -> None:
    """One request is enough."""
    found = found_at(server, f"/{USER}/cours/")
    assert (found.home, [one.address for one in found.calendars]) == ("", [f"{server.address}/{USER}/cours/"])
    assert server.since()[-1:] == ["PROPFIND"]


def test_redirect_on_the_same_host_is_followed(server: Radicale) -> None:
    """From the well-known address (RFC 6764), or from the usual ones of Nextcloud and Baïkal."""
    nothing = saying("405 Method Not Allowed")
    leading = saying("301 Moved Permanently", ("Location", f"/{USER}/"))
    for path in ("/.well-known/caldav", "/cloud/remote.php/dav/", "/cloud/dav.php/"):
        everywhere = dict.fromkeys(
            ("/cloud/", "/.well-known/caldav", "/cloud/remote.php/dav/", "/cloud/dav.php/"), nothing
        )
        server.instead = instead({**everywhere, path: leading})
        assert found_at(server, "/cloud/").find_by_name("cours")


@for_each(
    "detail",
    [
        "<c:calendar-home-set><d:href>{to}/1/calendars/</d:href></c:calendar-home-set>",
        "<d:current-user-principal><d:href>{to}/1/calendars/</d:href></d:current-user-principal>",
        None,
    ],
)
def test_other_host_is_reported_and_gets_no_request(server: Radicale, xandikos: Xandikos, detail: str | None) -> None:
    """The other host is in a redirect or in an answer."""
    to = f"{xandikos.address}/1/calendars/"
    body = MULTISTATUS.format(detail=(detail or "").format(to=xandikos.address)).encode()
    status = "207 Multi-Status" if detail else "302 Found"
    server.instead = saying(status, ("Location", f"{to}?secret"), ("Content-Type", "application/xml"), body=body)
    with pytest.raises(SinkRefused) as caught:
        found_at(server)
    assert (caught.value.reason, caught.value.facts["to"]) == ("caldav-redirect", to)
    assert xandikos.asked == []


def test_wrong_password_is_reported(server: Radicale) -> None:
    """No other address is tried."""
    with at(server, password="wrong") as there, pytest.raises(SinkRefused) as caught:
        discover_calendars(there)
    assert caught.value.reason == "caldav-password"


def test_server_without_calendars_is_reported(server: Radicale) -> None:
    """The usual addresses are tried before."""
    server.instead = saying("200 OK", body=b"<html>")
    server.asked.clear()
    with pytest.raises(SinkRefused) as caught:
        found_at(server)
    assert (caught.value.reason, len(server.asked)) == ("caldav-none", 4)
    server.instead = saying("302 Found", ("Location", "/"))
    with pytest.raises(SinkRefused) as caught:
        found_at(server)
    assert caught.value.reason == "caldav-none"


def test_created_calendar_has_its_name_and_an_address_of_its_own(server: Radicale, tmp_path: Path) -> None:
    """The planning can be pushed to the calendar."""
    with at(server) as there:
        found = discover_calendars(there)
        made = [create_calendar(there, found, name) for name in ("Cours", "Émploi <du> temps")]
    assert [one.last for one in made] == ["cours-2", "emploi-du-temps"]
    assert found_at(server).find_by_name("Émploi <du> temps")[0].address == made[1].address
    sink = server.sink_at(made[1].address, state=tmp_path / "state")
    assert (sink.deliver(calendar(range(3))), len(server.events(sink))) == (True, 3)


@pytest.mark.slow
@for_each("path", ["/", f"/{USER}/", f"/{USER}/calendars/"])
def test_calendar_is_created_at_another_server(xandikos: Xandikos, tmp_path: Path, path: str) -> None:
    """Xandikos has one calendar already, and the planning can be pushed to the new one."""
    title = f"Émploi du temps {path.count('/')}"
    with at(xandikos, path) as there:
        found = discover_calendars(there)
        made = create_calendar(there, found, title)
    assert f"{xandikos.address}{xandikos.home}calendar/" in [one.address for one in found.calendars]
    assert found_at(xandikos).find_by_name(title)[0].address == made.address
    sink = xandikos.sink_at(made.address, state=tmp_path / "state")
    assert (sink.deliver(calendar(range(3))), len(xandikos.events(sink))) == (True, 3)


def test_refusal_to_create_a_calendar_is_reported(server: Radicale) -> None:
    """The reason has its own message."""
    with at(server) as there:
        found = discover_calendars(there)
        server.instead = saying("403 Forbidden")
        with pytest.raises(SinkRefused) as caught:
            create_calendar(there, found, "Cours")
    assert caught.value.reason == "caldav-make"
