"""Redaction: a recording loses its secrets, and reading it gives the same result."""

import dataclasses
import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, quote_plus
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scraper.domain.planning import Period, Planning
from scraper.domain.recording import (
    Button,
    Failure,
    Field,
    Form,
    MenuEntry,
    Recording,
    Schedule,
    Snapshot,
    Window,
    dumps,
    loads,
)
from scraper.domain.school import School
from scraper.errors import AurionError
from scraper.parsing.read import read
from scraper.parsing.redaction.redact_recording import redact_recording, redact_text
from tests.cases import for_each
from tests.factories import capture, partial_response
from tests.paths import ROOT

EVENTS = ROOT / "fixtures" / "events"
NOW = datetime(2026, 11, 2, 7, tzinfo=UTC)
WINDOW = Window(start=NOW, end=NOW + timedelta(days=7))
SCHOOL = School(id="junia", name="Junia", base_url="https://aurion.test", namespace=UUID(int=1))
YEARS = Period(first=date(2021, 1, 1), last=date(2030, 12, 31))
STATE = "-7213345112345678901:4433221155667788990"
LOGIN = "odile.garnel@student.junia.test"
PASSWORD = 'C@nari "é" <17>\\/&+%'


def partial(events: str, more: str = "") -> str:
    """Return an answer in the form of a portal."""
    messages = (
        '<update id="form:messages"><![CDATA[<div id="form:messages" class="ui-messages ui-widget" '
        'aria-live="polite"></div>]]></update>'
    )
    state = f'<update id="j_id1:javax.faces.ViewState:0"><![CDATA[{STATE}]]></update>'
    return partial_response(events, messages + more + state)


def recording(body: str, **other: object) -> Recording:
    """Return a recording of one answer with this body."""
    fields = {"school": SCHOOL, "period": YEARS, "taken_at": NOW, "captures": (capture(body, NOW, WINDOW),)}
    return Recording(**{**fields, **other})  # type: ignore[arg-type]


def everywhere(text: str, state: str = STATE) -> Recording:
    """Return a recording with the text in every field that can have one."""
    escaped = json.dumps(text)[1:-1].replace("/", "\\/")
    events = (
        f'{{"events" : [{{"id": "81","title": "Salle 1\\n{escaped}\\nOptique\\nTD\\n ",'
        '"start": "2026-11-02T08:00:00+0100","end": "2026-11-02T10:00:00+0100","allDay":false,'
        f'"editable":true,"className":"TD","description":"{escaped}"}}]}}'
    )
    shown = html.escape(text)
    message_update = f'<update id="m"><![CDATA[<span class="ui-messages-error-summary">{shown}</span>]]></update>'
    growl = (
        "<update id='g'><![CDATA[<script>PrimeFaces.cw('Growl','g',"
        f'{{msgs:[{{summary:"{escaped}",detail:""}}]}});'
        "</script>]]></update>"
    )
    hidden = f'<p title="{shown}">{shown}</p><input type="hidden" value="{shown}"/>'
    other = f'<update id="o"><![CDATA[{hidden}]]></update>'
    form_shown = f'<form><input type="password" value="{shown}"></form>'
    page = f"<!DOCTYPE html><html><body>{form_shown}{hidden}</body></html>"
    address = f"https://aurion.test/faces/x.xhtml;jsessionid={state[:8]}?u={quote(text)}#a={quote(text, safe='')}"
    form = Form(
        action=address,
        fields=(Field(name=text, id=text, label=text),),
        buttons=(Button(label=text, action=address),),
    )
    snapshot = Snapshot(
        address=address,
        title=text,
        step=text,
        forms=(form,),
        entries=(MenuEntry(label=text, path=(text, "Scolarité")),),
        schedules=(Schedule(id=text, widget=text),),
        messages=(text,),
        text=f"Bonjour {text} !",
        body_class=text,
    )
    made = recording(partial(events, message_update + growl + other))
    answer = dataclasses.replace(
        made.captures[0],
        address=address,
        request={text: text, "javax.faces.ViewState": state, "form:week": quote_plus(text)},
    )
    return dataclasses.replace(
        made,
        school=dataclasses.replace(SCHOOL, notes=text, known=text, menu_labels=(text,)),
        versions={"chromium": text},
        snapshots=(snapshot,),
        captures=(answer, dataclasses.replace(answer, body=page), dataclasses.replace(answer, body=text)),
        failure=Failure(error="WrongCredentials", reason=text, facts={"detail": text}),
    )


def forms(secret: str) -> Iterator[str]:
    """Yield a secret in every common encoding."""
    yield secret
    for way in (quote, quote_plus):
        yield way(secret, safe="")
        yield re.sub("%..", lambda found: found[0].lower(), way(secret, safe=""))
        yield way(way(secret, safe=""), safe="")
    yield quote(secret, safe="!'()*~")
    yield html.escape(secret)
    yield html.escape(secret, quote=False)
    yield "".join(f"&#{ord(c)};" for c in secret)
    yield "".join(f"&#x{ord(c):X};" for c in secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1].replace("/", "\\/")
    for before in ("", "x", "login:"):
        yield b64encode((before + secret).encode()).decode()


def shape(planning: Planning) -> list[object]:
    """Return the fields of the events in which a test puts no secret."""
    return [(e.id, e.start, e.end, e.all_day, e.rooms, e.subject, e.kind, e.is_exam) for e in planning.events]


def outcome(made: Recording) -> object:
    """Return the result of reading: events, or the error with its exit code."""
    try:
        return shape(read(made))
    except AurionError as error:
        return type(error), error.reason, error.exit_code


@pytest.mark.slow
@for_each("secret", [PASSWORD, LOGIN, "odile.garnel", "p62000", "ünïçødé-€-🔑"])
def test_secret_is_removed_in_every_encoding(secret: str) -> None:
    """Logins are found in upper case, too, in every field."""
    every = list(dict.fromkeys(forms(secret)))
    for number, some in enumerate(
        every[n : n + 8] for n in range(0, len(every), 8)
    ):  # every other group is removed by a login in upper case
        given = secret.upper() if number % 2 and secret != PASSWORD else secret
        found = dumps(redact_recording(everywhere(" ".join(some)), [given]))
        for form in some:
            assert form.casefold() not in found.casefold()
            assert json.dumps(form, ensure_ascii=False)[1:-1] not in found
            assert form.casefold() not in redact_text(f"before {form} after", [given]).casefold()


@for_each("path", sorted(EVENTS.rglob("*.json")))
def test_redacted_recording_gives_the_same_events(path: Path) -> None:
    """Without secrets only the view state is changed: a recording is as private as the calendar."""
    made = recording(partial(path.read_text(encoding="utf-8")))
    redacted = redact_recording(made, [LOGIN, PASSWORD])
    assert redacted.captures[0].body == made.captures[0].body.replace(STATE, "0:0")
    assert len(read(redacted).events) >= 5
    assert loads(dumps(redacted)) == redacted


def test_query_of_an_address_is_removed() -> None:
    """The line or section around the address stays."""
    events = (
        '{"events" : [{"id": "81","title": "Salle 1\\nVoir https://a.test/x?code=abc\\nOptique\\nTD\\n ",'
        '"start": "2026-11-02T08:00:00+0100","end": "2026-11-02T10:00:00+0100","className":"TD"}]}'
    )
    more = '<update id="o"><![CDATA[https://a.test/y?ticket=abc]]></update>'
    body = redact_recording(recording(partial(events, more)), []).captures[0].body
    assert "abc" not in body
    assert "Voir https://a.test/x\\nOptique" in body
    assert "<![CDATA[https://a.test/y]]></update>" in body


def test_sessions_states_and_tokens_are_removed() -> None:
    """Addresses keep host, path and route."""
    page = "https://u:geheim@aurion.test:8443/faces/P.xhtml"
    address = f"{page};jsessionid=0A1B2C3D4E?ticket=ST-99-abc&x=1#/main?code=77abc77"
    link = "https://cas.test/login?service=1&execution=e1s1zz"
    growl = f'<span class="ui-messages-info-detail">Suivre {link}, merci</span>'
    made = recording(
        partial('{"events" : []}', f'<update id="m"><![CDATA[{growl} JSESSIONID=0A1B2C3D4E {STATE}]]></update>'),
        snapshots=(Snapshot(address=address, text=f"state {STATE} cookie JSESSIONID=0A1B2C3D4E; _csrf=tok-123456"),),
    )
    redacted = redact_recording(made, [])
    for secret in ("0A1B2C3D4E", STATE, "geheim", "ST-99", "e1s1zz", "77abc77", "tok-123456", "service="):
        assert secret not in dumps(redacted)
    assert redacted.snapshots[0].address == "https://aurion.test:8443/faces/P.xhtml#/main"
    assert "Suivre https://cas.test/login" in redacted.captures[0].body


FORM = (
    '<form id="formulaireSpring" method="post" action="https://aurion.test/login;jsessionid=1?u={0}">'
    '<input id="username" type="text" value="{0}"/><input type=\'password\' name="password"/>'
    "<!-- {0} --></form>"
)
ERROR = (
    "<partial-response><error><error-name>{1}</error-name><error-message>"
    "<![CDATA[Pour M. {0}]]></error-message></error></partial-response>"
)
PAGES = {
    "login page": '<!DOCTYPE html><html lang="fr"><head><title>Bonjour {0}</title>'
    f"<script>var u='{{0}}'</script></head><body>{FORM}<p>{{0}}</p></body></html>",
    "maintenance": "<html><head><style>{0}</style></head><body><h1>Maintenance, {0}</h1></body></html>",
    "another page": "<html><body><p>{0}</p></body></html>",
    "cut": partial('{{"events" : [{{"id": "81","title": "{0}"')[:-40],
    "json": '{{"user": "{0}"}}',
    "text": "{0}",
    "not well formed": "<partial-response><changes>{0} & </changes></partial-response>",
    "doctype": '<!DOCTYPE x [<!ENTITY a "{0}">]><partial-response><changes/></partial-response>',
    "no events": partial("<div>{0}</div>"),
    "broken events": partial('{{"events" : [{{"title": "{0}"'),
    "an event without id": partial('{{"events" : [{{"title": "Mme {0}"}}]}}'),
    "error": ERROR.replace("{1}", "x"),
    "view": ERROR.replace("{1}", "ViewExpiredException"),
    "redirect": '<partial-response><redirect url="/faces/Login.xhtml;jsessionid=0A1B2C3D?u=1"/></partial-response>',
}


@for_each("name", PAGES)
def test_redacted_answer_gives_the_same_error(name: str) -> None:
    """Of a page only the tags are left."""
    made = recording(PAGES[name].format("Geheim17"))
    redacted = redact_recording(made, ["geheim17"])
    assert outcome(redacted) == outcome(made)
    assert isinstance(outcome(made), tuple)
    assert "geheim17" not in dumps(redacted).casefold()
    assert "0A1B2C3D" not in dumps(redacted)


def test_redacted_login_page_keeps_its_form() -> None:
    """Keep tags, ids, types and the action, but no text, value or script."""
    body = redact_recording(recording(PAGES["login page"].format("Villaret")), []).captures[0].body
    assert body == (
        '<!DOCTYPE html><html lang="fr"><head><title></title><script></script></head><body>'
        '<form id="formulaireSpring" method="post" action="https://aurion.test/login">'
        '<input id="username" type="text"/><input type="password" name="password"/></form>'
        "<p></p></body></html>"
    )


def test_answer_without_secrets_keeps_every_character() -> None:
    """Only the view state is removed."""
    events = (
        '{"events" : [{"id": "81","title": "A\\/1\\n\\u2019\\u0041\\n","start": "2026-11-02",'
        '"end":"2026-11-02", "x":1}]}'
    )
    growl = (
        '<update id="form:j_idt228"><![CDATA[<span id="form:j_idt228"></span><script id="form:j_idt228_s" '
        "type=\"text/javascript\">$(function(){PrimeFaces.cw('Growl','widget_form_j_idt228',{id:'form:j_idt228',"
        "sticky:true,life:6000,escape:true,msgs:[]});});</script>]]></update>"
    )
    body = partial(events, growl)
    assert redact_recording(recording(body), [LOGIN, PASSWORD]).captures[0].body == body.replace(STATE, "0:0")


def test_message_of_the_portal_is_kept() -> None:
    """A repair needs it; the value of a field beside it is removed."""
    shown = '<span class="ui-messages-error-summary">Accès refusé &agrave; Mme Villaret</span><input value="{}"/>'
    update = f'<update id="m"><![CDATA[{shown.format("geheim")}]]></update>'
    redacted = redact_recording(recording(partial('{"events" : []}', update)), [])
    assert shown.format("") in redacted.captures[0].body


def test_page_for_debugging_has_no_secrets() -> None:
    """Names stay."""
    page = f'<a href="/x;jsessionid=0A1B2C3D4E?a=1">{html.escape(PASSWORD)} Mme Villaret</a>{quote(PASSWORD)}'
    found = redact_text(page, [PASSWORD])
    assert "Mme Villaret" in found
    for secret in (PASSWORD, html.escape(PASSWORD), quote(PASSWORD), "0A1B2C3D4E"):
        assert secret not in found


@for_each("before", ["", "a", "ab", "abc", "odile.garnel:"])
def test_secret_within_base64_is_removed(before: str) -> None:
    """`Basic` authorization joins login and password."""
    encoded = b64encode(f"{before}{PASSWORD} and more".encode()).decode()
    found = redact_text(f"Basic {encoded}", [PASSWORD])
    first, last = len(before.encode()), len(f"{before}{PASSWORD}".encode())
    assert encoded[-(-first * 4 // 3) : last * 4 // 3] not in found
    assert found.startswith("Basic ")
    assert found.endswith(encoded[-4:])


def test_text_that_is_almost_the_secret_stays() -> None:
    """The search is fast, too, where all but the last of many letters match."""
    secret = "Prénom.NOM-de-famille-et-encore-un@student.example.fr"
    for form in forms(secret[:-1] + "x"):
        assert redact_text(form, [secret]).count("xxx") <= 1  # the part before the @ is removed on its own


def test_empty_secret_removes_nothing() -> None:
    """Spaces are an empty secret, too."""
    assert redact_text("abc", ["", "  "]) == "abc"


LETTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z", "Cn", "Co", "Mn", "Me", "Cf"])


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(secret=st.text(LETTERS, min_size=8, max_size=16), data=st.data())
def test_any_password_is_removed(secret: str, data: st.DataObject) -> None:
    """Reading the redacted recording gives the same result."""
    form = data.draw(st.sampled_from(list(forms(secret))))
    assume(form not in dumps(everywhere("")))
    made = everywhere(form)
    redacted = redact_recording(made, [secret])
    found = dumps(redacted)
    assert form not in found
    assert json.dumps(form, ensure_ascii=False)[1:-1] not in found
    assert outcome(dataclasses.replace(redacted, failure=None)) == outcome(dataclasses.replace(made, failure=None))
