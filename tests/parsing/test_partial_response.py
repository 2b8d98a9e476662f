"""Partial responses: updates, messages, and the error of each other answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.errors import AurionError, PortalChanged, PortalUnavailable, SessionExpired, ViewExpired
from scraper.parsing.partial_response import messages, updates
from tests.cases import for_each

HEAD = "<?xml version='1.0' encoding='UTF-8'?>\n"


def response(inside: str) -> str:
    """Return a partial response in the form of Mojarra."""
    return f'{HEAD}<partial-response id="j_id1">{inside}</partial-response>'


def changes(**held: str) -> str:
    """Return a partial response with updates of these texts."""
    inside = "".join(f'<update id="{name}"><![CDATA[{text}]]></update>' for name, text in held.items())
    return response(f"<changes>{inside}</changes>")


def error_of(body: str) -> tuple[type[AurionError], str, dict[str, object]]:
    """Return the error of a body."""
    with pytest.raises(AurionError) as caught:
        updates(body)
    return type(caught.value), caught.value.reason, caught.value.facts


def test_updates_are_returned_by_id_in_order() -> None:
    """The text of an update is complete, with its markup."""
    body = changes(b='{"events" : []}', a="<div id='x'>é &amp; </div>")
    assert list(updates(body).items()) == [("b", '{"events" : []}'), ("a", "<div id='x'>é &amp; </div>")]


def test_response_without_updates_is_valid() -> None:
    """Return no updates."""
    assert updates(response("<changes></changes>")) == {}


@for_each("before", ["", "\ufeff", "\n \t", "\ufeff\r\n", "<!-- a proxy's note -->"])
def test_text_before_the_declaration_is_ignored(before: str) -> None:
    """A byte order mark, spaces or a comment may precede the XML."""
    body = before + changes(x="y").removeprefix(HEAD if before.startswith("<") else "")
    assert updates(body) == {"x": "y"}


def test_html_entities_are_resolved_outside_cdata() -> None:
    """XML's own entities stay, and CDATA is not changed."""
    body = response('<update id="x">caf&eacute; &lt;b&gt; &amp;amp; &nbsp;&#233;<![CDATA[&eacute;]]></update>')
    assert updates(body) == {"x": "café <b> &amp; \xa0é&eacute;"}


def test_characters_that_xml_forbids_are_left_out() -> None:
    """Control characters and surrogates, also as numbers."""
    body = response('<update id="x">a&#7;b<![CDATA[c\x0cd\x00\ud800e]]></update>')
    assert updates(body) == {"x": "abcde"}


def test_text_in_two_cdata_sections_is_joined() -> None:
    """An escaped end of CDATA is restored."""
    assert updates(changes(x="a]]]]><![CDATA[>b")) == {"x": "a]]>b"}


def test_unescaped_end_of_cdata_is_part_of_the_text() -> None:
    """PrimeFaces 5.3 to 13 write such titles; the update ends at its own end tag."""
    assert updates(changes(a="x ]]> y ]]> z", b="c"))["a"] == "x ]]> y ]]> z"


@for_each(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        "<!DOCTYPE partial-response SYSTEM 'http://127.0.0.1/x'>",
        "<!doctype html>",
    ],
)
def test_document_type_is_refused(declared: str) -> None:
    """No DOCTYPE or entity is ever resolved."""
    body = changes(x="y").replace("<partial", declared + "<partial")
    assert error_of(body)[:2] == (PortalChanged, "doctype")


def test_doctype_inside_an_update_is_text() -> None:
    """An update can contain a whole page."""
    assert updates(changes(x="<!DOCTYPE html><html></html>")) == {"x": "<!DOCTYPE html><html></html>"}


@for_each(
    "error",
    [
        "<error-name>class javax.faces.application.ViewExpiredException</error-name><error-message/>",
        "<error-name>class jakarta.faces.application.ViewExpiredException</error-name>",
        "<error-name>x</error-name><error-message><![CDATA[View /a could not be restored.]]></error-message>",
        "<error-name>x</error-name><error-message>La vue n'a pas pu être restaurée</error-message>",
    ],
)
def test_expired_view_is_recognized(error: str) -> None:
    """By the exception's name in either generation, or by its message."""
    assert error_of(response(f"<error>{error}</error>"))[0] is ViewExpired


def test_server_error_is_reported() -> None:
    """The detail is its message, or its name if there is none."""
    name = "<error-name>class java.lang.NullPointerException</error-name>"
    stated = "<error-message><![CDATA[Menu  fermé]]></error-message>"
    assert error_of(response(f"<error>{name}{stated}</error>")) == (
        PortalChanged,
        "server-error",
        {"detail": "Menu fermé"},
    )
    assert error_of(response(f"<error>{name}</error>"))[2] == {"detail": "class java.lang.NullPointerException"}


def test_redirect_is_an_expired_session() -> None:
    """The address has no session and no query."""
    body = response('<redirect url="https://aurion.test/faces/Login.xhtml;jsessionid=AB12?ticket=ST-1&amp;x=2#f"/>')
    assert error_of(body) == (SessionExpired, "redirect", {"address": "/faces/Login.xhtml"})


LOGIN = """<!DOCTYPE html><html><head><title>Connexion</title></head><body>
<form action="/login"><input name=u><input id='p' type={kind}></form>{more}</body></html>"""


@for_each("kind", ["password", '"password"', "'PASSWORD'"])
@for_each("more", ["", "<p>Maintenance dimanche soir</p>"])
def test_login_page_is_an_expired_session(kind: str, more: str) -> None:
    """Aurion answers an XHR so; a notice of maintenance on the page changes nothing."""
    assert error_of(LOGIN.format(kind=kind, more=more)) == (SessionExpired, "login-page", {})


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
def test_maintenance_page_is_an_unavailable_portal(detail: str) -> None:
    """The portal has not changed and will work again."""
    assert error_of(f"<html><body><h1>{detail}</h1></body></html>")[:2] == (PortalUnavailable, "maintenance")


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
def test_other_body_is_a_changed_portal(body: str) -> None:
    """Never return an empty planning."""
    assert error_of(body)[:2] == (PortalChanged, "not-partial")


GROWL = (
    "<span></span><script>$(function(){PrimeFaces.cw('Growl','w',{id:'g',msgs:[%s]});});</script>"
    "<!-- as PrimeFaces 5.3 writes it -->"
)


def test_messages_of_a_growl_are_read() -> None:
    """Summary and detail, once where they are the same; both kinds of quotes, escapes resolved."""
    growl = GROWL % (
        r"""{summary:"Planning \"ferm\u00e9\"",detail:"Jusqu\'\u00e0 lundi",severity:'info'},"""
        r"""{summary:'Dit "une" fois',detail:'Dit "une" fois',severity:'warn'}"""
    )
    assert messages({"g": growl}) == ('Planning "fermé" Jusqu\'à lundi', 'Dit "une" fois')


def test_visible_messages_are_read_once() -> None:
    """Entities are resolved and spaces folded, across updates."""
    one = (
        '<div class="ui-messages ui-widget"><ul><li><span class="ui-messages-error-summary">'
        "Acc&egrave;s\n refus&eacute;</span>"
        '<span class="ui-messages-error-detail">Voir la scolarité</span></li></ul></div>'
    )
    alone = '<span class="ui-message-error-detail">Champ vide</span>'
    assert messages({"a": one, "b": alone, "c": one}) == ("Accès refusé Voir la scolarité", "Champ vide")


def test_other_updates_have_no_messages() -> None:
    """Empty messages, other dialogs and events have none."""
    held = {
        "a": '<div id="a" class="ui-messages ui-widget" aria-live="polite"></div>',
        "g": GROWL % "",
        "d": '<div class="ui-dialog modale-detail"><label class="label">Statut</label></div>',
        "s": '{"events" : []}',
    }
    assert messages(held) == ()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\ufffe\uffff"))


@given(st.dictionaries(st.from_regex(r"[a-z:_0-9]{1,8}", fullmatch=True), TEXT.filter(lambda t: "]]>" not in t)))
def test_every_text_is_read_unchanged(held: dict[str, str]) -> None:
    """Any text within CDATA."""
    assert updates(changes(**held)) == held


@given(st.text())
def test_any_body_gives_updates_or_an_error(body: str) -> None:
    """Any body raises an AurionError at most."""
    for text in (body, response(body), changes(x=body), f"<html>{body}"):
        try:
            updates(text)
        except AurionError as error:
            assert error.reason  # noqa: PT017 - any of them
