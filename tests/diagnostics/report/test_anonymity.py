"""A report contains no personal data: no name, login, cookie, view state, token, title, note, room or number."""

import dataclasses
import json
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scraper.diagnostics.report.make_report import Report, make_report
from scraper.diagnostics.report.vocabulary import vocabulary
from scraper.domain.recording import Failure, MenuEntry, Recording, Snapshot, dumps, loads
from scraper.parsing.read import read
from scraper.parsing.redaction.redact_recording import redact_recording
from tests.cases import for_each
from tests.parsing.redaction.test_redaction import SCHOOL, STATE, everywhere, forms, partial, recording
from tests.paths import ROOT

LOGIN = "odile.garnel@student.junia.test"
CANARIES = (
    "Odile GARNEL",
    "GARNEL Odile",
    "odile garnel",
    "Bonjour Odile GARNEL",
    "ODÎLE GÀRNEL",
    LOGIN,
    LOGIN.upper(),
    "ogarnel",
    "Garnel-Bodin",
    "p62041937",
    "204771-441793",
    "06 71 82 93 04",
    "JSESSIONID=0A1B2C3D4E5F6071",
    STATE,
    "ST-99441793-kLmNoPqR",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NDE3In0",
    "Convocation de Garnel chez le proviseur",
    "Rattrapage pour Bodin",
    "Bodin",
)
PAGE = """<html><head><title>{0}</title><script>var user = "{0}";</script><style>.{1} {{}}</style></head>
<body class="{1}" data-user="{0}"><!-- {0} --><p id="{1}" title="{0}" onclick="go('{0}')">{0}</p>
<a href="/x?u={0}">{0}</a><form action="/{1}?u={0}"><input name="{1}" value="{0}" placeholder="{0}"/></form>
<textarea>{0}</textarea><img alt="{0}" src="{0}"/><template>{0}</template><svg><text>{0}</text></svg></body></html>"""


def strings(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield every text of a JSON value, also the names of members."""
    match value:
        case str():
            yield value
        case dict():
            yield from (text for pair in value.items() for one in pair for text in strings(one))
        case list():
            yield from (text for one in value for text in strings(one))


def plain(text: str) -> str:
    """Return the text without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))


def texts_of(report: Report) -> str:
    """Return the text of a report, and each of its decoded strings."""
    text = report.text()
    return plain("\n".join((text, *strings(json.loads(text)))))


def parts(canary: str) -> set[str]:
    """Return the words and numbers of a canary that may not be found."""
    return {
        word
        for word in re.findall(r"[a-z]{4,}|\d{5,}", plain(canary))
        if word
        not in {"student", "junia", "test", "bonjour", "convocation", "chez", "rattrapage", "pour", "jsessionid"}
    }


def report_of(text: str) -> Report:
    """Return the report of a recording, and of a page, with this text in every field."""
    page = PAGE.format(escape(text), re.sub(r"\W+", "-", text))
    taken = everywhere(text)
    entries = tuple(MenuEntry(label=text, path=(text,), place=place) for place in ("menu", "content"))
    pages = (*taken.snapshots, dataclasses.replace(taken.snapshots[0], entries=entries, step=f"menu-{text}"))
    facts = {
        "detail": text,
        "labels": [text, f"a > {text}"],
        "tried": [text],
        "host": text,
        "address": text,
        text: text,
    }
    facts |= {"id": text, "source": text, "field": text, "first": text, "wanted": text, "deep": {"of": [text]}}
    failure = Failure(error=text, reason=text, facts=facts)
    whole = dataclasses.replace(taken, snapshots=pages, failure=failure)
    return make_report(whole, page=page, logins=[LOGIN])


@pytest.mark.slow
@for_each("canary", CANARIES)
def test_report_contains_no_canary(canary: str) -> None:
    """A canary in every field, in each common spelling, is in no part of the report."""
    for form in {*forms(canary), canary.lower(), canary.upper(), plain(canary)}:
        found = texts_of(report_of(form))
        assert plain(form) not in found
        assert not [part for part in parts(canary) if part in found], form


@for_each("before", ["", "a", "ab"])
def test_report_contains_no_base64_of_a_login(before: str) -> None:
    """`Basic` authorisation is masked wherever the login begins in it."""
    encoded = b64encode(f"{before}{LOGIN}:geheim".encode()).decode()
    assert plain(encoded[4:28]) not in texts_of(report_of(f"Basic {encoded}"))


NAME = st.text(st.sampled_from("BCDEFGLMNRSTÀÉ"), min_size=5, max_size=10).filter(
    lambda name: plain(name) not in vocabulary()
)
"""No known word: one that is both is recognised by its place, see the other tests."""


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(first=NAME, last=NAME, data=st.data())
def test_any_name_of_a_student_is_masked(first: str, last: str, data: st.DataObject) -> None:
    """The name in the login is masked in any case, with or without accents, also in a menu."""
    login = f"{plain(first)}.{plain(last)}@school.test"
    shapes = [f"{first.capitalize()} {last}", last, last.lower(), plain(first), f"Espace de {first.capitalize()}"]
    taken = everywhere(data.draw(st.sampled_from(shapes)))
    found = texts_of(make_report(taken, logins=[login]))
    assert plain(first) not in found
    assert plain(last) not in found


@settings(max_examples=30, deadline=None)
@given(last=NAME, civility=st.sampled_from(["Monsieur", "Madame", "M.", "Mme", "Dr"]))
def test_any_name_of_a_teacher_is_masked(last: str, civility: str) -> None:
    """The civility stays, and the event still has one teacher."""
    title = f"Salle 1\\nVu par {last.lower()}\\nOptique\\nTD\\n{civility} {last}"
    events = (
        f'{{"events" : [{{"id": "81","title": "{title}","start": "2026-11-02T08:00:00+0100",'
        '"end": "2026-11-02T10:00:00+0100","className":"TD"}]}'
    )
    report = make_report(recording(partial(events)))
    (event,) = read(loads(report.text())).events
    assert plain(last) not in texts_of(report)
    assert event.teachers[0].split()[0] == civility
    assert (event.kind, event.rooms) == ("TD", ("Salle 9",))


def test_teacher_with_the_name_of_a_common_word_is_masked() -> None:
    """A known word after a civility is a name."""
    title = "Salle 12\\n\\nOptique\\nTD\\nMadame SALLE / COURS Page"
    events = f'{{"events" : [{{"id": "81","title": "{title}","start": "2026-11-02","end": "2026-11-02"}}]}}'
    text = make_report(recording(partial(events))).recording.captures[0].body
    assert "Salle 99" in text
    assert not re.search(r"SALLE|COURS|Page", text)


TEACHERS = (
    "TERRAIL", "LOMBRET", "OURDET", "VASTEL", "RIVEAU", "COSTE", "KERVOAL", "GARNEL", "PRIOUX", "BOISNARD",
)  # fmt: skip


@for_each("path", sorted((ROOT / "fixtures" / "events").rglob("titles*.json")))
def test_report_contains_no_teacher_of_any_school(path: Path) -> None:
    """It has as many teachers as the recording, without their names."""
    made = redact_recording(recording(partial(path.read_text(encoding="utf-8"))), [])
    report = make_report(made)
    assert [name for name in TEACHERS if name in dumps(made)]
    assert not [name for name in TEACHERS if plain(name) in texts_of(report)]
    before = [teacher for event in read(made).events for teacher in event.teachers]
    after = [teacher for event in read(report.recording).events for teacher in event.teachers]
    assert len(set(zip(before, after, strict=True))) == len(set(before)) == len(set(after))


@for_each("greeting", ["Bonjour Rose SALLE", "Bienvenue, Rose Salle", "Connecté en tant que SALLE Rose"])
def test_greeted_name_of_common_words_is_masked(greeting: str) -> None:
    """The greeting is enough, because the report may not know the login."""
    page = Snapshot(address="https://a.test/", text=f"{greeting}\nSalle de cours")
    report = make_report(recording(partial('{"events" : []}'), snapshots=(page,)), page=f"<p>{greeting}</p>")
    shown = report.recording.snapshots[0].text.splitlines()
    assert not re.search("salle|rose", f"{shown[0]} {report.head['page']}", re.IGNORECASE)
    assert shown[1] == "Salle de cours"


def test_login_of_common_words_is_masked_as_a_pair() -> None:
    """`prenom.nom` are words of any login form: side by side they are masked, alone they stay."""
    page = Snapshot(address="https://a.test/", title="Prénom NOM", text="Votre prénom\nNOM Prénom, prenom.nom")
    taken = recording(partial('{"events" : []}'), snapshots=(page,))
    found = make_report(taken, logins=["prenom.nom@student.junia.test"]).recording.snapshots[0]
    assert "Votre prénom" in found.text
    assert not re.search(r"pr[ée]nom\W+nom|nom\W+pr[ée]nom", f"{found.title}\n{found.text}", re.IGNORECASE)


def test_hidden_word_is_masked() -> None:
    """`--hide` masks a word of the vocabulary."""
    taken = recording(partial('{"events" : []}'), snapshots=(Snapshot(address="https://a.test/", title="Mon campus"),))
    assert "campus" in texts_of(make_report(taken))
    assert "campus" not in texts_of(make_report(taken, hidden=["Campus"]))


def test_only_hosts_of_known_schools_are_kept() -> None:
    """Any other host may be a private machine, and is replaced."""
    pages = [f"https://{host}/faces/Login.xhtml" for host in ("aurion.junia.com", "odile.example.fr", "127.0.0.1:8080")]
    taken = recording(partial('{"events" : []}'), snapshots=tuple(Snapshot(address=page) for page in pages))
    found = [page.address for page in make_report(taken).recording.snapshots]
    assert found[0] == pages[0]
    assert all(re.fullmatch(r"https://host-\d\.example/faces/Login\.xhtml", address) for address in found[1:])
    assert found[1] != found[2]


def test_unknown_school_is_masked() -> None:
    """Its name, notes and namespace would show its place and its author."""
    own = dataclasses.replace(SCHOOL, id="odile", name="Chez Odile", notes="Odile", mail_domains=("odile.fr",))
    taken: Recording = dataclasses.replace(recording(partial('{"events" : []}')), school=own)
    report = make_report(taken)
    assert "odile" not in texts_of(report)
    assert report.recording.school.id == ""
    assert report.recording.school.namespace != own.namespace
