"""Sessions and view states end as the portal's do, and are reported as the portal does."""

from collections.abc import Callable
from typing import Any

import pytest

from scraper.demo import LOGIN, PASSWORD, Variant

EXPIRED = "<error><error-name>class javax.faces.application.ViewExpiredException</error-name>"


def test_login_opens_a_new_session(visit: Callable[..., Any]) -> None:
    """Login and password, the login in any case, lead to the home page with another cookie than before."""
    visitor = visit()
    visitor.send("/faces/Login.xhtml")
    before = visitor.cookie
    reply = visitor.send("/login", {"username": LOGIN.upper(), "password": "motdepasse"})
    assert (reply.status, reply.headers["location"]) == (302, "/")
    assert visitor.cookie not in ("", before)


def test_another_login_ends_the_session_before(visit: Callable[..., Any]) -> None:
    """Who logs in again in the same browser gets another session, and the old cookie is worth nothing."""
    visitor = visit()
    visitor.log_in()
    before = visitor.cookie
    visitor.send("/login", {"username": LOGIN, "password": PASSWORD})
    assert visitor.send("/").status == 200
    visitor.cookie = before
    assert visitor.send("/").status == 302


@pytest.mark.parametrize(("login", "password"), [(LOGIN, "faux"), ("autre", "motdepasse"), ("", "")])
def test_refusal_is_the_login_page_again(visit: Callable[..., Any], login: str, password: str) -> None:
    """A wrong login is 200, the form and the portal's words; no one is in."""
    visitor = visit()
    reply = visitor.log_in(login, password)
    assert reply.status == 200
    assert "Login ou mot de passe invalide" in reply.text
    assert "formulaireSpring" in reply.text
    assert visitor.send("/").status == 302


@pytest.mark.parametrize("path", ["/", "/faces/MainMenuPage.xhtml", "/faces/Planning.xhtml", "/faces/Nope.xhtml"])
def test_a_page_without_session_leads_to_the_login(visit: Callable[..., Any], path: str) -> None:
    """Navigation without a session is a 302 to the login page."""
    reply = visit(variant=Variant(context="/webAurion")).send(path)
    assert (reply.status, reply.headers["location"]) == (302, "/webAurion/faces/Login.xhtml")


def test_expired_session_answers_a_script_with_the_login_page(visit: Callable[..., Any]) -> None:
    """A script's request without a session is 200 with the login page's HTML; other portals redirect."""
    for expired, status in (("inline", 200), ("redirect", 302)):
        visitor = visit(variant=Variant(expired=expired))
        visitor.open_planning()
        visitor.cookie = ""
        reply = visitor.ask()
        assert reply.status == status
        assert ("formulaireSpring" in reply.text) == (expired == "inline")
        assert "partial-response" not in reply.text


def test_an_idle_session_ends(visit: Callable[..., Any]) -> None:
    """A session that was idle longer than `session_minutes` is gone."""
    visitor = visit(variant=Variant(session_minutes=0))
    visitor.log_in()
    assert visitor.send("/").headers["location"] == "/faces/Login.xhtml"


def test_a_session_keeps_so_many_views(visit: Callable[..., Any]) -> None:
    """The view longest unused is forgotten first, and reported as ViewExpiredException in a 200."""
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


def test_an_unknown_view_of_a_whole_page_is_a_500(visit: Callable[..., Any]) -> None:
    """A page posted with a forgotten view state is an error page."""
    visitor = visit()
    visitor.log_in()
    reply = visitor.send("/faces/MainMenuPage.xhtml", {"form": "form", "javax.faces.ViewState": "-1:-1"})
    assert reply.status == 500
    assert "could not be restored" in reply.text


def test_state_kept_by_the_page_never_expires(visit: Callable[..., Any]) -> None:
    """With `client` state saving the page carries its state: long, and good after many other pages."""
    visitor = visit(variant=Variant(state_saving="client", views=1))
    visitor.open_planning()
    assert len(visitor.state) > 1000
    for _ in range(3):
        visitor.send("/faces/MainMenuPage.xhtml")
    assert '{"events"' in visitor.ask().text
    visitor.state = "zzz"
    assert EXPIRED in visitor.ask().text


def test_client_state_knows_the_loaded_submenus(visit: Callable[..., Any]) -> None:
    """A submenu loaded is in the state that comes back, so the nested one can be loaded with it."""
    visitor = visit(variant=Variant(state_saving="client"))
    visitor.log_in()
    visitor.look("/")
    reply = visitor.load(44413)
    assert "NullPointerException" in visitor.load(44431).text
    visitor.state = reply.text.rpartition("<![CDATA[")[2].partition("]]>")[0]
    assert "enfants-entierement-charges" in visitor.load(44430).text


def test_sessions_do_not_mix(visit: Callable[..., Any]) -> None:
    """A view state belongs to its session: another login cannot use it."""
    visitor = visit()
    visitor.open_planning()
    visitor.log_in()
    assert EXPIRED in visitor.ask().text
