"""Sessions and view states: they end, and their end is reported, like those of the real portal."""

from collections.abc import Callable
from typing import Any

from scraper.demo import LOGIN, PASSWORD, Variant
from tests.cases import for_each

EXPIRED = "<error><error-name>class javax.faces.application.ViewExpiredException</error-name>"


def test_login_opens_a_new_session(visit: Callable[..., Any]) -> None:
    """The login is accepted in any case, and the home page has another cookie."""
    visitor = visit()
    visitor.send("/faces/Login.xhtml")
    before = visitor.cookie
    reply = visitor.send("/login", {"username": LOGIN.upper(), "password": "motdepasse"})
    assert (reply.status, reply.headers["location"]) == (302, "/")
    assert visitor.cookie not in ("", before)


def test_another_login_ends_the_session(visit: Callable[..., Any]) -> None:
    """The old cookie is not accepted after a second login."""
    visitor = visit()
    visitor.log_in()
    before = visitor.cookie
    visitor.send("/login", {"username": LOGIN, "password": PASSWORD})
    assert visitor.send("/").status == 200
    visitor.cookie = before
    assert visitor.send("/").status == 302


@for_each(("login", "password"), [(LOGIN, "faux"), ("autre", "motdepasse"), ("", "")])
def test_refused_login_returns_the_login_page(visit: Callable[..., Any], login: str, password: str) -> None:
    """The response is 200 with the form and the message, without a session."""
    visitor = visit()
    reply = visitor.log_in(login, password)
    assert reply.status == 200
    assert "Login ou mot de passe invalide" in reply.text
    assert "formulaireSpring" in reply.text
    assert visitor.send("/").status == 302


@for_each("path", ["/", "/faces/MainMenuPage.xhtml", "/faces/Planning.xhtml", "/faces/Nope.xhtml"])
def test_page_without_a_session_redirects_to_the_login(visit: Callable[..., Any], path: str) -> None:
    """The response is a 302 to the login page."""
    reply = visit(variant=Variant(context="/webAurion")).send(path)
    assert (reply.status, reply.headers["location"]) == (302, "/webAurion/faces/Login.xhtml")


def test_script_without_a_session_gets_the_login_page(visit: Callable[..., Any]) -> None:
    """The response is 200 with the login page; other portals redirect."""
    for expired, status in (("inline", 200), ("redirect", 302)):
        visitor = visit(variant=Variant(expired=expired))
        visitor.open_planning()
        visitor.cookie = ""
        reply = visitor.ask()
        assert reply.status == status
        assert ("formulaireSpring" in reply.text) == (expired == "inline")
        assert "partial-response" not in reply.text


def test_idle_session_ends(visit: Callable[..., Any]) -> None:
    """A session ends after `session_minutes`."""
    visitor = visit(variant=Variant(session_minutes=0))
    visitor.log_in()
    assert visitor.send("/").headers["location"] == "/faces/Login.xhtml"


def test_session_has_a_maximum_of_views(visit: Callable[..., Any]) -> None:
    """The view that was not used for longest expires first, with a ViewExpiredException."""
    visitor = visit(variant=Variant(views=2))
    visitor.open_planning()
    visitor.send("/faces/MainMenuPage.xhtml")
    assert '{"events"' in visitor.ask().text
    visitor.send("/faces/MainMenuPage.xhtml")
    assert '{"events"' in visitor.ask().text
    visitor.send("/faces/MainMenuPage.xhtml")
    visitor.send("/faces/MainMenuPage.xhtml")
    reply = visitor.ask()
    assert reply.status == 200
    assert EXPIRED in reply.text
    assert "events" not in reply.text


def test_page_with_an_unknown_view_is_a_500(visit: Callable[..., Any]) -> None:
    """A page posted with an expired view state is an error page."""
    visitor = visit()
    visitor.log_in()
    reply = visitor.send("/faces/MainMenuPage.xhtml", {"form": "form", "javax.faces.ViewState": "-1:-1"})
    assert reply.status == 500
    assert "could not be restored" in reply.text


def test_client_state_does_not_expire(visit: Callable[..., Any]) -> None:
    """The page contains its state, which is valid after many other pages."""
    visitor = visit(variant=Variant(state_saving="client", views=1))
    visitor.open_planning()
    assert len(visitor.state) > 1000
    for _ in range(3):
        visitor.send("/faces/MainMenuPage.xhtml")
    assert '{"events"' in visitor.ask().text
    visitor.state = "zzz"
    assert EXPIRED in visitor.ask().text


def test_client_state_contains_the_loaded_submenus(visit: Callable[..., Any]) -> None:
    """A nested submenu can be loaded with the returned state."""
    visitor = visit(variant=Variant(state_saving="client"))
    visitor.log_in()
    visitor.look("/")
    reply = visitor.load(44413)
    assert "NullPointerException" in visitor.load(44431).text
    visitor.state = reply.text.rpartition("<![CDATA[")[2].partition("]]>")[0]
    assert "enfants-entierement-charges" in visitor.load(44430).text


def test_view_state_belongs_to_one_session(visit: Callable[..., Any]) -> None:
    """It is not accepted after another login."""
    visitor = visit()
    visitor.open_planning()
    visitor.log_in()
    assert EXPIRED in visitor.ask().text
