"""The variants of installations: ids, context, single sign-on, limits, English, extras of the home page."""

from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from scraper.demo import LOGIN, PASSWORD, DemoUser, Rubrique, Variant
from tests.cases import for_each

DAY = 86_400_000
MARCH_2 = 1_772_406_000_000  # midnight of 2 March 2026 in Paris


@for_each(
    ("variant", "expected"),
    [
        (Variant(), "form:j_idt127"),
        (Variant(home_padding=55, planning_padding=140), "form:j_idt212"),
        (Variant(nesting=2), "form:j_idt127:j_idt128:j_idt129"),
    ],
)
def test_elements_before_the_schedule_change_its_id(visit: Callable[..., Any], variant: Variant, expected: str) -> None:
    """The generated id changes, and events are still sent."""
    visitor = visit(variant=variant)
    assert visitor.open_planning() == expected
    assert f'<update id="{expected}"><![CDATA[{{"events" : [' in visitor.ask().text


def test_context_is_part_of_every_address(visit: Callable[..., Any]) -> None:
    """The root redirects to itself with a slash; other addresses do not exist."""
    visitor = visit(variant=Variant(context="/webAurion"))
    root = visitor.send("")
    assert (root.status, root.headers["location"]) == (302, "/webAurion/")
    assert visitor.open_planning() == "form:j_idt127"
    assert 'src="/webAurion/faces/javax.faces.resource/primefaces.js' in visitor.html
    connection = HTTPConnection(urlsplit(visitor.demo.url).netloc, timeout=10)
    connection.request("GET", "/faces/Login.xhtml")
    assert connection.getresponse().status == 404
    connection.close()


def test_limit_of_days_shortens_the_window(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """The response covers so many days from the start of the window, without a message."""
    visitor = visit(variant=Variant(max_window_days=3), events=[lesson(day) for day in range(2, 12)])
    visitor.open_planning()
    assert visitor.ask(MARCH_2, MARCH_2 + 9 * DAY).text.count('"id": ') == 3
    assert visitor.ask(MARCH_2 + 3 * DAY, MARCH_2 + 4 * DAY).text.count('"id": ') == 1


def test_limit_of_events_keeps_the_first(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """The response has so many events."""
    visitor = visit(variant=Variant(max_events=2), events=[lesson(day) for day in range(2, 12)])
    visitor.open_planning()
    answer = visitor.ask().text
    assert '"70000003"' in answer
    assert '"70000004"' not in answer


@for_each(
    ("start", "end", "found"),
    [
        (7 * 3600_000, 8 * 3600_000, 0),
        (7 * 3600_000, 8 * 3600_000 + 1, 1),
        (9 * 3600_000, 10 * 3600_000, 0),
        (9 * 3600_000 - 1, 10 * 3600_000, 1),
    ],
)
def test_window_contains_overlapping_lessons(
    visit: Callable[..., Any], lesson: Callable[..., Any], start: int, end: int, found: int
) -> None:
    """A lesson from 8 to 9 is in a window that ends after 8 and starts before 9."""
    visitor = visit(events=[lesson()])
    visitor.open_planning()
    assert visitor.ask(MARCH_2 + start, MARCH_2 + end).text.count('"id": ') == found


def test_event_without_length_at_the_start_of_the_window(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """An event that starts and ends at the start of the window is part of it."""
    visitor = visit(events=[lesson(end="2026-03-02T08:00:00+0100")])
    visitor.open_planning()
    assert visitor.ask(MARCH_2 + 8 * 3600_000, MARCH_2 + DAY).text.count('"id": ') == 1


def test_invalid_time_is_sent_unchanged(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """It is in every response, so that its reader reports it."""
    visitor = visit(events=[lesson(start="demain")])
    visitor.open_planning()
    assert '"start": "demain"' in visitor.ask(0, 1).text


def test_single_sign_on_is_at_another_host(visit: Callable[..., Any]) -> None:
    """The form at `localhost` leads back with a code that is valid once."""
    visitor = visit(variant=Variant(login="sso"))
    port = urlsplit(visitor.demo.url).port
    away = visitor.send("/").headers["location"]
    assert away == f"http://localhost:{port}/sso/realms/isen?client_id=aurion"
    form = visitor.send(away.partition(str(port))[2])
    assert "action='/sso/authenticate'" in form.text
    assert "invalide" not in form.text
    wrong = visitor.send("/sso/authenticate", {"username": LOGIN, "password": "faux"})
    assert (wrong.status, "Nom d'utilisateur ou mot de passe invalide." in wrong.text) == (200, True)
    back = visitor.send("/sso/authenticate", {"username": LOGIN, "password": PASSWORD}).headers["location"]
    assert back.startswith(f"http://127.0.0.1:{port}/sso/callback?code=")
    callback = back.partition(str(port))[2]
    assert visitor.send(callback).headers["location"] == "/"
    assert "Page d'accueil" in visitor.send("/").text
    assert visitor.send(callback).status == 400


def test_form_exists_beside_a_single_sign_on(visit: Callable[..., Any]) -> None:
    """With `sso-only` the portal has no form of its own."""
    visitor = visit(variant=Variant(login="sso"))
    visitor.log_in()
    assert visitor.send("/").status == 200
    only = visit(variant=Variant(login="sso-only"))
    assert only.send("/faces/Login.xhtml").headers["location"].startswith("http://localhost:")


def test_english_pages_have_no_rooms(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """A browser that prefers English gets English labels, and titles without the room."""
    visitor = visit(events=[lesson()])
    visitor.headers = {"Accept-Language": "en-GB,en;q=0.9,fr;q=0.5"}
    assert '<html xmlns="http://www.w3.org/1999/xhtml" lang="en">' in visitor.send("/faces/Login.xhtml").text
    visitor.open_planning()
    assert "<title>My schedule</title>" in visitor.html
    assert ">My Schedule</span>" in visitor.html
    assert r'"title": "\n\nOptique\nCOURS_TD\nMadame LEROUX"' in visitor.ask().text
    visitor.headers = {"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}
    assert r'"title": "IC1_427\n\nOptique' in visitor.ask().text


def test_home_page_with_a_link_and_a_schedule(visit: Callable[..., Any]) -> None:
    """The link opens the timetable; the second schedule is `basicDay` of the home page."""
    link = Rubrique(label="Planning", id=5, opens="planning")
    visitor = visit(variant=Variant(dashboard_schedule=True, home_links=(link,)))
    visitor.log_in()
    visitor.look("/")
    assert visitor.schedule == "form:j_idt48:j_idt49"
    assert 'defaultView:"basicDay"' in visitor.html
    assert '{"events" : [' in visitor.ask(path="/faces/MainMenuPage.xhtml").text
    clicked = {"form": "form", "form:j_idt46": "form:j_idt46", "javax.faces.ViewState": visitor.state}
    reply = visitor.send("/faces/MainMenuPage.xhtml", clicked)
    assert (reply.status, reply.headers["location"]) == (302, "/faces/Planning.xhtml")


def test_account_has_its_own_events(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """Two accounts have different timetables."""
    users = {LOGIN: DemoUser(password=PASSWORD), "b": DemoUser(password="b", name="B", events=(lesson(9),))}
    visitor = visit(variant=Variant(users=users), events=[lesson(2)])
    visitor.open_planning()
    assert '"70000002"' in visitor.ask().text
    visitor.log_in("b", "b")
    visitor.look("/")
    leaf = {"form:sidebar_menuid": "0", "javax.faces.ViewState": visitor.state}
    visitor.send("/faces/MainMenuPage.xhtml", leaf)
    visitor.look("/faces/Planning.xhtml")
    answer = visitor.ask().text
    assert '"70000009"' in answer
    assert '"70000002"' not in answer


def test_each_leaf_opens_its_own_page(visit: Callable[..., Any]) -> None:
    """A place that the page does not show is an error."""
    visitor = visit()
    visitor.log_in()
    visitor.look("/")
    hidden = {"form:sidebar_menuid": "1_0", "javax.faces.ViewState": visitor.state}
    assert visitor.send("/faces/MainMenuPage.xhtml", hidden).status == 500
    visitor.load(44413)
    assert visitor.send("/faces/MainMenuPage.xhtml", hidden).headers["location"] == "/faces/Other.xhtml"


def test_repr_of_a_variant_has_no_password() -> None:
    """The repr of a variant has no password in it."""
    assert PASSWORD not in repr(Variant())


def test_posted_fields_are_decoded(visit: Callable[..., Any]) -> None:
    """A password may have signs that need an encoding."""
    odd = 'é&=+% "<'
    visitor = visit(variant=Variant(users={"x": DemoUser(password=odd)}))
    assert urlencode({"p": odd}) != f"p={odd}"
    assert visitor.log_in("x", odd).status == 302
