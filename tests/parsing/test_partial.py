"""A partial response taken apart, and each thing that may come in its place reported by its own error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import AurionError, PortalChanged, PortalUnavailable, SessionExpired, ViewExpired
from scraper.parsing.partial_response import messages, updates
from tests.cases import for_each

HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n"


def response(inside: str) -> str:
    """A partial response as Mojarra writes it."""
    return f'{HEAD}<partial-response id="j_id1">{inside}</partial-response>'


def changes(**held: str) -> str:
    """A partial response with updates of these texts."""
    inside = "".join(f'<update id="{name}"><![CDATA[{text}]]></update>' for name, text in held.items())
    return response(f"<changes>{inside}</changes>")


def failing(body: str) -> tuple[type[AurionError], str, dict[str, object]]:
    """The error that a body is."""
    with pytest.raises(AurionError) as caught:
        updates(body)
    return type(caught.value), caught.value.reason, caught.value.facts


def test_updates_by_id_in_order() -> None:
    """Each update's text is whole, markup and all, in the order sent."""
    body = changes(b='{"events" : []}', a="<div id='x'>é &amp; </div>")
    assert list(updates(body).items()) == [("b", '{"events" : []}'), ("a", "<div id='x'>é &amp; </div>")]


def test_no_update_at_all() -> None:
    """An answer that changes nothing is an answer."""
    assert updates(response("<changes></changes>")) == {}


@for_each("before", ["", "\ufeff", "\n \t", "\ufeff\r\n", "<!-- a proxy's note -->"])
def test_what_is_before_the_declaration(before: str) -> None:
    """A byte order mark, blanks or a comment before the XML do not matter."""
    body = before + changes(x="y").removeprefix(HEAD if before.startswith("<") else "")
    assert updates(body) == {"x": "y"}


def test_entities_that_only_html_knows() -> None:
    """Outside CDATA an HTML entity is its character, XML's own stay; inside CDATA nothing is touched."""
    body = response('<update id="x">caf&eacute; &lt;b&gt; &amp;amp; &nbsp;&#233;<![CDATA[&eacute;]]></update>')
    assert updates(body) == {"x": "café <b> &amp; \xa0é&eacute;"}


def test_characters_that_xml_forbids() -> None:
    """Control characters and halves of characters, as they are or by number, are left out."""
    body = response('<update id="x">a&#7;b<![CDATA[c\x0cd\x00\ud800e]]></update>')
    assert updates(body) == {"x": "abcde"}


def test_an_end_of_cdata_inside_the_text() -> None:
    """A text split over two CDATA sections is one."""
    assert updates(changes(x="a]]]]><![CDATA[>b")) == {"x": "a]]>b"}


def test_an_end_of_cdata_that_no_one_escaped() -> None:
    """PrimeFaces 5.3 to 13 write a title that holds it as it is; the update goes on to its own end."""
    assert updates(changes(a="x ]]> y ]]> z", b="c"))["a"] == "x ]]> y ]]> z"


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        "<!DOCTYPE partial-response SYSTEM 'http://127.0.0.1/x'>",
        "<!doctype html>",
    ],
)
def test_a_declaration_is_refused(declared: str) -> None:
    """No DOCTYPE or entity is ever resolved."""
    body = changes(x="y").replace("<partial", declared + "<partial")
    assert failing(body)[:2] == (PortalChanged, "doctype")


def test_a_doctype_inside_an_update_is_text() -> None:
    """An update may hold a whole page."""
    assert updates(changes(x="<!DOCTYPE html><html></html>")) == {"x": "<!DOCTYPE html><html></html>"}


@pytest.mark.parametrize(
    "error",
    [
        "<error-name>class javax.faces.application.ViewExpiredException</error-name><error-message/>",
        "<error-name>class jakarta.faces.application.ViewExpiredException</error-name>",
        "<error-name>x</error-name><error-message><![CDATA[View /a could not be restored.]]></error-message>",
        "<error-name>x</error-name><error-message>La vue n'a pas pu être restaurée</error-message>",
    ],
)
def test_a_view_that_the_server_forgot(error: str) -> None:
    """By the exception's name in either generation, or by what its message says."""
    assert failing(response(f"<error>{error}</error>"))[0] is ViewExpired


def test_another_error_of_the_server() -> None:
    """Its message is shown; where there is none, its name."""
    name = "<error-name>class java.lang.NullPointerException</error-name>"
    stated = "<error-message><![CDATA[Menu  fermé]]></error-message>"
    assert failing(response(f"<error>{name}{stated}</error>")) == (
        PortalChanged,
        "server-error",
        {"detail": "Menu fermé"},
    )
    assert failing(response(f"<error>{name}</error>"))[2] == {"detail": "class java.lang.NullPointerException"}


def test_a_redirect_is_a_session_gone() -> None:
    """The address is reported without session and query."""
    body = response('<redirect url="https://aurion.test/faces/Login.xhtml;jsessionid=AB12?ticket=ST-1&amp;x=2#f"/>')
    assert failing(body) == (SessionExpired, "redirect", {"address": "/faces/Login.xhtml"})


LOGIN = """<!DOCTYPE html><html><head><title>Connexion</title></head><body>
<form action="/login"><input name=u><input id='p' type={kind}></form>{more}</body></html>"""


@for_each("kind", ["password", '"password"', "'PASSWORD'"])
@for_each("more", ["", "<p>Maintenance dimanche soir</p>"])
def test_a_login_page_with_status_200(kind: str, more: str) -> None:
    """Aurion answers an XHR so when the session is gone; a line about maintenance on it changes nothing."""
    assert failing(LOGIN.format(kind=kind, more=more)) == (SessionExpired, "login-page", {})


@for_each(
    "detail",
    [
        "Le service est en maintenance",
        "Service momentanément interrompu",
        "Le serveur est en surcharge. Veuillez réessayer ultérieurement.",
        "Portail indisponible",
        "503 Service Unavailable",
        "502 Bad Gateway",
    ],
)
def test_a_page_that_says_that_the_portal_is_not_available(detail: str) -> None:
    """Such a page is no change of the portal: later it works again."""
    assert failing(f"<html><body><h1>{detail}</h1></body></html>")[:2] == (PortalUnavailable, "maintenance")


@for_each(
    "body",
    [
        "",
        "   ",
        '{"events" : []}',
        "null",
        changes(x="<div>maintenance</div>")[:-20],
        "<html><body><p>Mon planning</p></body></html>",
        # What Aurion's own frame carries on every page.
        "<html><head><script>alert('Le serveur est en surcharge')</script></head><body>Accueil</body></html>",
        "<html><body><script>var t='<partial-response><changes/></partial-response>'</script></body></html>",
        f"<html><body><pre>{changes(x='y')}</pre></body></html>",
        "<other><partial-response/></other>",
        "<partial-responses/>",
    ],
)
def test_anything_else_is_a_portal_that_changed(body: str) -> None:
    """Never an empty planning."""
    assert failing(body)[:2] == (PortalChanged, "not-partial")


GROWL = (
    "<span></span><script>$(function(){PrimeFaces.cw('Growl','w',{id:'g',msgs:[%s]});});</script>"
    "<!-- as PrimeFaces 5.3 writes it -->"
)


def test_what_a_growl_says() -> None:
    """Summary and detail, once where they are the same; both kinds of quotes, escapes resolved."""
    growl = GROWL % (
        r"""{summary:"Planning \"ferm\u00e9\"",detail:"Jusqu\'\u00e0 lundi",severity:'info'},"""
        r"""{summary:'Dit "une" fois',detail:'Dit "une" fois',severity:'warn'}"""
    )
    assert messages({"g": growl}) == ('Planning "fermé" Jusqu\'à lundi', 'Dit "une" fois')


def test_what_messages_say() -> None:
    """The visible messages, each once, across updates; entities resolved, blanks folded."""
    one = (
        '<div class="ui-messages ui-widget"><ul><li><span class="ui-messages-error-summary">'
        "Acc&egrave;s\n refus&eacute;</span>"
        '<span class="ui-messages-error-detail">Voir la scolarité</span></li></ul></div>'
    )
    alone = '<span class="ui-message-error-detail">Champ vide</span>'
    assert messages({"a": one, "b": alone, "c": one}) == ("Accès refusé Voir la scolarité", "Champ vide")


def test_nothing_given() -> None:
    """Empty messages, other dialogs and the events themselves say nothing."""
    held = {
        "a": '<div id="a" class="ui-messages ui-widget" aria-live="polite"></div>',
        "g": GROWL % "",
        "d": '<div class="ui-dialog modale-detail"><label class="label">Statut</label></div>',
        "s": '{"events" : []}',
    }
    assert messages(held) == ()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"))


@given(st.dictionaries(st.from_regex(r"[a-z:_0-9]{1,8}", fullmatch=True), TEXT.filter(lambda t: "]]>" not in t)))
def test_every_text_comes_through(held: dict[str, str]) -> None:
    """What an update holds is what is read."""
    assert updates(changes(**held)) == held


@given(st.text())
def test_no_body_breaks_it(body: str) -> None:
    """Whatever comes, it is updates or one of our errors."""
    for text in (body, response(body), changes(x=body), f"<html>{body}"):
        try:
            updates(text)
        except AurionError as error:
            assert error.reason  # noqa: PT017 - any of them
