"""The demo's answers have the recorded shapes: order of updates, ids, spacing, escapes."""

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
    """The updates of a partial response by id, in order."""
    tree = ET.fromstring(xml)  # noqa: S314 - the demo's own answer
    return {str(node.get("id")): node.text or "" for node in tree.iter("update")}


def test_login_page_has_the_spring_form(visit: Callable[..., Any]) -> None:
    """The login form is `formulaireSpring`, posts to <context>/login, and the page opens a session."""
    reply = visit(variant=Variant(context="/webAurion")).send("/faces/Login.xhtml")
    assert reply.status == 200
    assert '<form id="formulaireSpring" name="formulaireSpring" method="post" action="/webAurion/login">' in reply.text
    assert 'id="password" name="password" type="password"' in reply.text
    assert re.fullmatch(r"JSESSIONID=[0-9A-F]{32}; Path=/webAurion; HttpOnly", reply.headers["set-cookie"])


def test_home_page_has_form_sidebar_and_view_state(visit: Callable[..., Any]) -> None:
    """The home page's form posts to itself, has its hidden fields and a signed pair as view state."""
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


def test_a_lazy_submenu_comes_as_an_update_of_the_sidebar(visit: Callable[..., Any]) -> None:
    """A submenu's children come in `form:sidebar`, with positional places, and it is marked loaded."""
    visitor = visit()
    visitor.log_in()
    visitor.look("/")
    got = updates(visitor.load(44413).text)
    assert list(got) == ["form:messages", "form:sidebar", "form:j_idt46", "j_id1:javax.faces.ViewState:0"]
    assert "submenu_44413 enfants-entierement-charges" in got["form:sidebar"]
    assert "'form:sidebar_menuid':'1_2'" in got["form:sidebar"]
    assert "Planning des promotions" not in got["form:sidebar"]


def test_a_nested_submenu_needs_its_parent(visit: Callable[..., Any]) -> None:
    """A submenu is, without its parent loaded in this view, Java's NullPointerException, reported in XML."""
    visitor = visit()
    visitor.log_in()
    visitor.look("/")
    assert "<error><error-name>class java.lang.NullPointerException</error-name>" in visitor.load(44431).text
    visitor.load(44413)
    assert "Planning des promotions" in visitor.load(44430).text


def test_the_planning_is_reached_by_the_menu(visit: Callable[..., Any]) -> None:
    """The menu's leaf is a 302 to Planning.xhtml, which then has its schedule and its hidden fields."""
    visitor = visit()
    assert visitor.open_planning() == "form:j_idt127"
    html = visitor.html
    assert "<title>Mon planning</title>" in html
    assert re.search(r'name="form:date_input" value="\d\d/\d\d/\d{4}"', html)
    assert re.search(r'name="form:week" value="\d\d-\d{4}"', html)
    assert 'name="form:j_idt127_view" autocomplete="off" value="agendaWeek"' in html


def test_planning_opened_straight_is_a_shell(visit: Callable[..., Any]) -> None:
    """Without its rubrique the page is a frame: `inconnu`, no title, no schedule; unless it is `full`."""
    for direct, schedule in (("shell", ""), ("full", "form:j_idt127")):
        visitor = visit(variant=Variant(direct=direct))
        visitor.log_in()
        html = visitor.look("/faces/Planning.xhtml").text
        assert visitor.schedule == schedule
        assert ("page-inconnu" in html) == (direct == "shell")
        assert ("<title></title>" in html) == (direct == "shell")


def test_events_answer_has_the_recorded_order(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """Messages, schedule, messages, growl, view state: no line break between, no event rewritten."""
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


def test_no_event_is_an_empty_list(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """A window without events is answered `{"events" : []}`."""
    visitor = visit(events=[lesson()])
    schedule = visitor.open_planning()
    assert updates(visitor.ask(0, 1).text)[schedule] == '{"events" : []}'


def test_a_wrong_source_brings_no_events(visit: Callable[..., Any]) -> None:
    """A component that is not there is answered by what comes on its own: messages, growl, view state."""
    visitor = visit()
    visitor.open_planning()
    got = updates(visitor.script("form:j_idt999", **{"form:j_idt999_start": "0", "form:j_idt999_end": "1"}).text)
    assert list(got) == ["form:messages", "form:j_idt128", "form:j_idt132", "j_id1:javax.faces.ViewState:0"]


def test_a_schedule_that_is_no_parameter_is_drawn_again(visit: Callable[..., Any]) -> None:
    """Rendered without being itself a parameter, the schedule answers with its HTML, not with events."""
    visitor = visit()
    name = visitor.open_planning()
    answer = visitor.script("form", **{"javax.faces.partial.render": name, f"{name}_start": "0"}).text
    assert f'<div id="{name}" class="schedule">' in updates(answer)[name]
    assert '{"events"' not in answer


def test_a_script_without_view_state_gets_only_what_it_asked_for(visit: Callable[..., Any]) -> None:
    """A request that forgot the view state starts a new view: events and state, no messages."""
    visitor = visit()
    name = visitor.open_planning()
    asked = {"javax.faces.partial.render": name, name: name, f"{name}_start": "0", f"{name}_end": "1"}
    got = updates(visitor.send("/faces/Planning.xhtml", {"javax.faces.partial.ajax": "true", **asked}).text)
    assert list(got) == [name, "j_id1:javax.faces.ViewState:0"]
    assert got["j_id1:javax.faces.ViewState:0"] != visitor.state


def test_detail_of_an_event(visit: Callable[..., Any], lesson: Callable[..., Any]) -> None:
    """The event selected is answered by the dialog, days in words; an unknown event is an error."""
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
    """`/` is escaped, line breaks are short, other controls and U+2000 to U+20FF are four capital digits."""
    assert json_string('a"b\\c/d\te\nf\x01\x7f\u200b\u2019é') == r'"a\"b\\c\/d\te\nf\u0001\u007F\u200B\u2019é"'


@given(st.text())
def test_any_title_is_read_back(title: str) -> None:
    """Whatever the title, a JSON reader gets it back whole."""
    wire = encode([{"id": "1", "title": title}], Variant().tzinfo)
    assert json.loads(wire)["events"][0]["title"] == title


def test_an_event_is_reported_in_the_school_s_zone() -> None:
    """An event reported in another offset is written in the school's own, winter or summer."""
    summer = {"start": "2026-07-01T08:00:00+0000", "end": "2026-01-01T08:00:00+0000"}
    wire = encode([summer], Variant().tzinfo)
    assert '"start": "2026-07-01T10:00:00+0200","end": "2026-01-01T09:00:00+0100"' in wire
