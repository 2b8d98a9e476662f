"""The responses have the recorded form: order of updates, ids, spaces and escapes."""

import json
import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from scraper.demo import Variant
from scraper.demo.event_json import encode, json_string

PROLOGUE = "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\"><changes><update id="
GROWL = (
    '<span id="form:j_idt132"></span><script id="form:j_idt132_s" type="text/javascript">$(function(){'
    "PrimeFaces.cw('Growl','widget_form_j_idt132',"
    "{id:'form:j_idt132',sticky:true,life:6000,escape:true,msgs:[]});});</script>"
)


def updates(xml: str) -> dict[str, str]:
    """Return the updates of a partial response by id, in their order."""
    tree = ET.fromstring(xml)  # noqa: S314 - the demo's own answer
    return {str(node.get("id")): node.text or "" for node in tree.iter("update")}


def test_login_page_has_the_spring_form(visit: Callable[..., Any]) -> None:
    """`formulaireSpring` posts to <context>/login, and the page opens a session."""
    reply = visit(variant=Variant(context="/webAurion")).send("/faces/Login.xhtml")
    assert reply.status == 200
    assert '<form id="formulaireSpring" name="formulaireSpring" method="post" action="/webAurion/login">' in reply.text
    assert 'id="password" name="password" type="password"' in reply.text
    assert re.fullmatch(r"JSESSIONID=[0-9A-F]{32}; Path=/webAurion; HttpOnly", reply.headers["set-cookie"])


def test_home_page_has_form_menu_and_view_state(visit: Callable[..., Any]) -> None:
    """The form posts to its own page, and has hidden fields and a view state of two numbers."""
    visitor = visit()
    visitor.log_in()
    html = visitor.look("/").text
    assert '<form id="form" name="form" method="post" action="/faces/MainMenuPage.xhtml"' in html
    assert re.search(r'name="form:idInit" value="webscolaapp\.MainMenuPage_-?\d+"', html)
    assert re.fullmatch(r"-?\d+:-?\d+", visitor.state)
    assert "<title>Page d'accueil</title>" in html
    assert "<h3>Prénom NOM</h3>" in html
    assert 'submenu_44413 null" role="menuitem" aria-haspopup="true"' in html
    assert "Mes notes" not in html


def test_lazy_submenu_is_an_update_of_the_menu(visit: Callable[..., Any]) -> None:
    """The children have positional places, and the submenu is marked as loaded."""
    visitor = visit()
    visitor.log_in()
    visitor.look("/")
    got = updates(visitor.load(44413).text)
    assert list(got) == ["form:messages", "form:sidebar", "form:j_idt46", "j_id1:javax.faces.ViewState:0"]
    assert "submenu_44413 enfants-entierement-charges" in got["form:sidebar"]
    assert "'form:sidebar_menuid':'1_2'" in got["form:sidebar"]
    assert "Planning des promotions" not in got["form:sidebar"]


def test_nested_submenu_needs_its_parent(visit: Callable[..., Any]) -> None:
    """Without the loaded parent the response is a NullPointerException in XML."""
    visitor = visit()
    visitor.log_in()
    visitor.look("/")
    assert "<error><error-name>class java.lang.NullPointerException</error-name>" in visitor.load(44431).text
    visitor.load(44413)
    assert "Planning des promotions" in visitor.load(44430).text


def test_menu_opens_the_timetable(visit: Callable[..., Any]) -> None:
    """The leaf is a 302 to Planning.xhtml, which has its schedule and hidden fields."""
    visitor = visit()
    assert visitor.open_planning() == "form:j_idt127"
    html = visitor.html
    assert "<title>Mon planning</title>" in html
    assert re.search(r'name="form:date_input" value="\d\d/\d\d/\d{4}"', html)
    assert re.search(r'name="form:week" value="\d\d-\d{4}"', html)
    assert 'name="form:j_idt127_view" autocomplete="off" value="agendaWeek"' in html


def test_timetable_without_the_menu_is_an_empty_frame(visit: Callable[..., Any]) -> None:
    """It has neither title nor schedule, except with `full`."""
    for direct, schedule in (("shell", ""), ("full", "form:j_idt127")):
        visitor = visit(variant=Variant(direct=direct))
        visitor.log_in()
        html = visitor.look("/faces/Planning.xhtml").text
        assert visitor.schedule == schedule
        assert ("page-inconnu" in html) == (direct == "shell")
        assert ("<title></title>" in html) == (direct == "shell")


def test_response_with_events_has_the_recorded_order(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """Messages, schedule, messages, growl and view state follow without line breaks."""
    visitor = visit(events=[lesson()])
    visitor.open_planning()
    reply = visitor.ask()
    got = updates(reply.text)
    order = [
        "form:messages",
        "form:j_idt127",
        "form:j_idt128",
        "form:j_idt132",
        "j_id1:javax.faces.ViewState:0",
    ]
    assert list(got) == order
    assert reply.headers["content-type"] == "text/xml;charset=UTF-8"
    assert reply.text.startswith(PROLOGUE)
    assert reply.text.count("\n") == 1
    assert got["form:j_idt132"] == GROWL
    assert got["j_id1:javax.faces.ViewState:0"] == visitor.state
    assert got["form:j_idt127"] == (
        r'{"events" : [{"id": "70000002","title": "IC1_427\n\nOptique\nCOURS_TD\nMadame LEROUX",'
        '"start": "2026-03-02T08:00:00+0100","end": "2026-03-02T09:00:00+0100",'
        '"allDay":false,"editable":true,"className":"COURS_TD"}]}'
    )


def test_window_without_events_is_an_empty_list(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """The response is `{"events" : []}`."""
    visitor = visit(events=[lesson()])
    schedule = visitor.open_planning()
    assert updates(visitor.ask(0, 1).text)[schedule] == '{"events" : []}'


def test_unknown_source_gets_no_events(visit: Callable[..., Any]) -> None:
    """The response has messages, growl and view state only."""
    visitor = visit()
    visitor.open_planning()
    got = updates(visitor.script("form:j_idt999", **{"form:j_idt999_start": "0", "form:j_idt999_end": "1"}).text)
    assert list(got) == ["form:messages", "form:j_idt128", "form:j_idt132", "j_id1:javax.faces.ViewState:0"]


def test_schedule_without_its_parameter_is_rendered(visit: Callable[..., Any]) -> None:
    """The response has its HTML instead of events."""
    visitor = visit()
    name = visitor.open_planning()
    answer = visitor.script("form", **{"javax.faces.partial.render": name, f"{name}_start": "0"}).text
    assert f'<div id="{name}" class="schedule">' in updates(answer)[name]
    assert '{"events"' not in answer


def test_script_without_a_view_state_gets_no_messages(visit: Callable[..., Any]) -> None:
    """A new view has events and a view state only."""
    visitor = visit()
    name = visitor.open_planning()
    asked = {"javax.faces.partial.render": name, name: name, f"{name}_start": "0", f"{name}_end": "1"}
    got = updates(visitor.send("/faces/Planning.xhtml", {"javax.faces.partial.ajax": "true", **asked}).text)
    assert list(got) == [name, "j_id1:javax.faces.ViewState:0"]
    assert got["j_id1:javax.faces.ViewState:0"] != visitor.state


def test_details_of_an_event(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """The response has the dialog with its days in words; an unknown event is an error."""
    visitor = visit(events=[lesson(), lesson(3, className="est-epreuve", end="2026-03-04T10:30:00+0100")])
    name = visitor.open_planning()
    select = {"javax.faces.partial.render": "form:modaleDetail form:confirmerSuppression"}
    got = updates(visitor.script(name, **select, **{f"{name}_selectedEventId": "70000003"}).text)
    assert list(got)[2:4] == ["form:modaleDetail", "form:confirmerSuppression"]
    assert "<td>mardi 3 mars 2026</td>" in got["form:modaleDetail"]
    assert (
        '<td>mercredi 4 mars 2026</td><td><span class="label">à</span></td><td>10:30</td>' in got["form:modaleDetail"]
    )
    assert "Est une épreuve</label><span>Oui</span>" in got["form:modaleDetail"]
    assert "NullPointerException" in visitor.script(name, **select, **{f"{name}_selectedEventId": "1"}).text


def test_escapes_are_those_of_the_library() -> None:
    """`/` is escaped, line breaks are short, other controls and U+2000 to U+20FF are four digits."""
    assert json_string('a"b\\c/d\te\nf\x01\x7f\u200b\u2019é') == r'"a\"b\\c\/d\te\nf\u0001\u007F\u200B\u2019é"'


@given(st.text())
def test_any_title_is_decoded_unchanged(title: str) -> None:
    """A JSON parser returns the same title."""
    wire = encode([{"id": "1", "title": title}])
    assert json.loads(wire)["events"][0]["title"] == title


def test_event_has_the_offset_of_the_school() -> None:
    """Another offset is converted, in winter and in summer."""
    summer = {"start": "2026-07-01T08:00:00+0000", "end": "2026-01-01T08:00:00+0000"}
    wire = encode([summer])
    assert '"start": "2026-07-01T10:00:00+0200","end": "2026-01-01T09:00:00+0100"' in wire
