"""A report keeps what a maintainer needs: the end of the run, pages and labels, the layout of titles."""

import dataclasses
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from scraper import errors
from scraper.config.schools.school_files import load_school
from scraper.diagnostics.report.html import skeleton
from scraper.diagnostics.report.make_report import asking_host, make_report
from scraper.diagnostics.report.mask_labels import Labels
from scraper.diagnostics.report.masks import Masks
from scraper.diagnostics.report.vocabulary import vocabulary
from scraper.diagnostics.school_draft import draft
from scraper.domain.planning import Period, Planning
from scraper.domain.recording import Button, Failure, Field, Form, MenuEntry, Recording, Snapshot, load, loads
from scraper.domain.school import School
from scraper.errors import AurionError
from scraper.i18n import LANGUAGES, Catalogue
from scraper.parsing.layout_fit import measure_fit
from scraper.parsing.menu import entry_key, next_move
from scraper.parsing.page import Page, classify
from scraper.parsing.read import read
from scraper.parsing.retry import retry
from scraper.parsing.title import read_title
from scraper.publishing.replay_recording import describe_layout_fit
from tests.cases import for_each
from tests.factories import bare_event
from tests.parsing.redaction.test_redaction import PAGES, partial, recording
from tests.paths import ROOT
from tests.test_code import raised

FIXTURES = ROOT / "fixtures"
RECORDINGS = sorted((FIXTURES / "recordings").glob("*/*.json"))


def outcome(taken: Recording) -> object:
    """Return the error of reading the recording, or its events without their words."""
    try:
        planning = read(taken)
    except AurionError as error:
        return type(error).__name__, error.reason, error.exit_code
    events = [
        (e.start, e.end, e.all_day, e.is_exam, len(e.rooms), len(e.teachers), bool(e.subject), len(e.note.split("\n")))
        for e in planning.events
    ]
    return sorted(events, key=repr), planning.proved, sorted(oddity.reason for oddity in planning.oddities)


def name(path: Path) -> str:
    """Return the school and the fact of a fixture."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.slow
@for_each("path", RECORDINGS)
def test_report_has_the_outcome_of_its_recording(path: Path) -> None:
    """Error, reason and exit code are equal, or number and hours of events, rooms, notes and teachers."""
    taken = load(path)
    report = loads(make_report(taken).text())
    assert outcome(report) == outcome(taken)
    assert [classify(page) for page in report.snapshots] == [classify(page) for page in taken.snapshots]


@for_each("kind", PAGES)
def test_report_of_another_response_has_the_same_error(kind: str) -> None:
    """Login pages, maintenance, errors, redirects and invalid responses have the same error."""
    taken = recording(PAGES[kind].format("Villaret"))
    text = make_report(taken).text()
    assert outcome(loads(text)) == outcome(taken)
    assert "villaret" not in text.lower()


def titles() -> list[tuple[str, str, str]]:
    """Return every title of the fixtures with its class and school."""
    found = []
    for path in sorted((FIXTURES / "events").glob("*/*.json")):
        events = json.loads(path.read_text(encoding="utf-8"), strict=False)["events"]
        found += [(e["title"], str(e.get("className", "")), path.parent.name) for e in events if e.get("title")]
    return found


def test_masked_title_keeps_its_layout() -> None:
    """Hours, codes and civilities stay."""
    masks, shown = Masks(), []
    for title, kind, school in titles():
        layouts = load_school(school).layouts
        before = read_title(title, kind, layouts)
        shown.append(masks.text(title, before.teachers))
        assert read_title(shown[-1], masks.text(kind), layouts).layout == before.layout, (title, shown[-1])
    assert len(shown) > 50
    assert any("COURS_TD" in title for title in shown)
    assert any("08:00 - 10:00" in title for title in shown)


def test_word_has_one_mask_in_a_file() -> None:
    """Case, digits and length stay; another file has other masks."""
    masks = Masks()
    one, other = masks.text("Thermodynamique 12"), masks.text("THERMODYNAMIQUE, C103, thermodynamique")
    assert re.fullmatch(r"[A-Z][a-z]{9} 99", one)
    word = one.split()[0]
    assert other == f"{word.upper()}, {other.split(', ')[1]}, {word.lower()}"
    assert re.fullmatch(r"[A-Z]999", other.split(", ")[1])
    assert {Masks().text("Thermodynamique") for _ in range(9)} != {word}
    assert masks.text("a b c d e f g h i j k l m n o p") == masks.text("a b c d e f g h i j k l m n o p")


def test_masked_ids_stay_distinct() -> None:
    """An id has one mask everywhere, and generated parts stay."""
    masks = Masks()
    ids = [f"form:zone{n}:j_idt{n}" for n in range(300)]
    made_ids = [masks.identifier(one) for one in ids]
    assert len(set(made_ids)) == len(ids)
    assert masks.identifier(f"{ids[7]}_start") == f"{made_ids[7]}_start"
    assert masks.identifier("form:j_idt118") == "form:j_idt118"
    assert masks.identifier("ui-messages-error-summary menuMonCompte") == "ui-messages-error-summary menuMonCompte"


@for_each(
    ("label", "kept"),
    [
        ("Mon semainier", True),
        ("Semainier", True),
        ("Vie étudiante", True),
        ("Mon Planning", True),
        ("Carnet de bord hebdomadaire", True),
        ("Claire", False),
        ("Claire TERRAIL", False),
        ("TERRAIL", False),
        ("Espace de Terrail", False),
        ("claire terrail", False),
        ("Zbigniew Kowalczyk", False),
        ("Promo 2027 semainier", True),
        ("zk@ecole.fr", False),
    ],
)
def test_label_keeps_unknown_words_except_names(label: str, kept: bool) -> None:  # noqa: FBT001 - the table's
    """An unknown word of a menu repairs a school; a word like a name is masked."""
    labels = Labels(Masks())
    labels.learn_from(label)
    shown = labels.menu(label)
    unknown = [w for w in re.findall(r"[^\W\d_]+", label) if not Masks().knows(w)]
    assert all((word in shown) is kept for word in unknown), shown
    assert not re.search(r"[0-8]", shown)
    assert labels.repeat(label.upper()) == shown


@for_each(
    ("label", "shown"),
    [
        ("Trombi 2e trimestre S7", "Trombi 2e trimestre S7"),
        ("Zorglub 3A", "Zorglub 3A"),
        ("Zorglub 1er semestre", "Zorglub 1er semestre"),
        ("Planning 2027", "Planning 9999"),
        ("p62000 semestre 1", None),
        ("Claire S7", None),
    ],
)
def test_label_keeps_terms_with_numbers(label: str, shown: str | None) -> None:
    """A login or a name with a number is masked."""
    found = Labels(Masks()).menu(label)
    assert found == shown if shown else not set(label.split()) & {"Claire", "p62000", "62000"} & set(found.split())


def test_name_of_a_page_is_masked_in_the_menu() -> None:
    """A name after a greeting or a civility is masked in every label."""
    labels = Labels(Masks())
    labels.learn_from("Bienvenue Zbigniew Kowalczyk")
    labels.learn_from("Suivi par Mme Ostrander")
    for label in ("kowalczyk", "Zbigniew", "Dossier ostrander"):
        assert not re.search("kowalczyk|zbigniew|ostrander", labels.menu(label), re.IGNORECASE)


@pytest.mark.slow
def test_reasons_and_facts_of_errors_are_known_words() -> None:
    """A masked reason would be another failure."""
    of_runs = (errors.PortalError, errors.SuspiciouslyEmpty, errors.CredentialsMissing)
    ends = [(r, facts or ()) for error, r, facts, _ in raised() if issubclass(getattr(errors, error), of_runs)]
    words = {word for reason, facts in ends for text in (reason, *facts) for word in re.findall("[a-z]+", text)}
    assert len(words) > 40
    assert not words - vocabulary()


def test_skeleton_of_a_page() -> None:
    """It has tags, ids, classes, roles and known words, but no script, value, address or unknown word."""
    page = (
        '<!DOCTYPE html><body class="templateLogin"><script>x</script><form id="formulaireSpring" method="post" '
        'action="/login;jsessionid=1?u=2"><label for="username">Login</label><input type="password" value="geheim"/>'
        '<a role="menuitem" href="/geheim" onclick="geheim()">Mon planning Villaret</a></form>'
    )
    shown = skeleton(page, Masks())
    assert re.fullmatch(
        '<body class="templateLogin"><form id="formulaireSpring" method="post" action="/login">'
        '<label for="username">Login</label><input type="password"/>'
        r'<a role="menuitem">Mon planning [A-Z]\w+</a></form>',
        shown,
    )


MENU = (
    MenuEntry(label="Mes notes"),
    MenuEntry(label="Scolarité", opens_others=True, loaded=True),
    MenuEntry(label="Mon semainier", path=("Scolarité",)),
)


def no_planning(*tried: str, wanted: str = "") -> Recording:
    """Return a run that found no timetable in the menu."""
    page = Snapshot(address="https://aurion.junia.com/", entries=MENU, traces=("jsf",), step="menu")
    facts = {"labels": ["Mes notes"], "tried": list(tried), "wanted": wanted}
    failure = Failure(error="PortalChanged", reason="no-planning", facts=facts)
    taken = recording("", snapshots=(page,), captures=(), failure=failure)
    return dataclasses.replace(taken, school=load_school("junia"))


def test_menu_is_repaired_by_a_label() -> None:
    """The report has the error of the run until the school's file has the label."""
    report = loads(make_report(no_planning()).text())
    school = load_school("junia")
    assert retry(report, school) is None
    found = retry(report, dataclasses.replace(school, menu_labels=("Mon semainier",)))
    assert found
    assert (found.reason, found.facts) == ("menu", {"label": "Scolarité > Mon semainier"})


def test_tried_entry_does_not_repair_the_menu() -> None:
    """Nor does another entry than the configured one."""
    named = dataclasses.replace(load_school("junia"), menu_labels=("Mon semainier",))
    assert retry(no_planning("scolarite > mon semainier"), named) is None
    assert retry(loads(make_report(no_planning("scolarite > mon semainier")).text()), named) is None
    assert retry(no_planning(wanted="Autre chose"), named) is None


def test_menu_of_a_report_has_the_same_next_move() -> None:
    """Every page of every fixture is compared."""
    moves = 0
    for path in RECORDINGS:
        taken = load(path)
        for before, after in zip(taken.snapshots, make_report(taken).recording.snapshots, strict=True):
            one, other = (next_move(page, set(), taken.school.menu_labels) for page in (before, after))
            assert type(one) is type(other)
            if one and other:
                assert one.entry.number == other.entry.number
                moves += entry_key(one.entry) != ()
    assert moves > 10


def test_report_of_a_report_keeps_the_outcome() -> None:
    """The menu stays the same too."""
    first = make_report(no_planning())
    again = make_report(loads(first.text()))
    assert outcome(again.recording) == outcome(first.recording)
    assert again.menu == first.menu


def test_titles_without_a_known_layout_are_warned_about() -> None:
    """The warning is for titles with parts, not for free text."""
    lesson = '{{"id": "8{0}","title": "{1}","start": "2026-11-0{0}","end": "2026-11-0{0}","className":"TD"}}'
    new = "TD\\nOptique\\nIC1_427\\nMadame LEROUX"
    laid_out, text = (lesson.format(n, title) for n, title in ((1, new), (2, "Forum des associations")))
    odd = read(recording(partial(f'{{"events" : [{laid_out}]}}'))).oddities
    assert [oddity.reason for oddity in odd] == ["unread-title"]
    assert not read(recording(partial(f'{{"events" : [{text}]}}'))).oddities


def test_charter_keeps_its_buttons_and_checkboxes() -> None:
    """The same labels are in the page, the buttons and the error; the name of the reader is masked."""
    labels = ["Je refuse", "J'accepte la charte", "Signer en tant que Odile"]
    buttons = tuple(Button(label=label) for label in labels)
    box = Field(name="c", kind="checkbox", label="J'ai lu le règlement", required=True)
    charter = Snapshot(
        address="https://aurion.example.fr/", traces=("jsf",), forms=(Form(fields=(box,), buttons=buttons),),
        entries=tuple(MenuEntry(label=label, place="content") for label in labels),
    )  # fmt: skip
    failure = Failure(error="ActionNeeded", reason="consent", facts={"host": "aurion.example.fr", "labels": labels})
    taken = dataclasses.replace(recording("<html/>"), snapshots=(charter,), captures=(), failure=failure)
    page = (
        "<form><input type='checkbox' required checked><button>Je refuse</button><button>J'accepte la charte</button>"
    )
    report = make_report(taken, page=page)
    shown = report.recording.snapshots[0]
    form = shown.forms[0]
    assert classify(shown) is Page.CONSENT
    assert [button.label for button in form.buttons[:2]] == labels[:2]
    assert "Odile" not in report.text()
    assert (form.fields[0].label, form.fields[0].required, form.fields[0].filled) == (box.label, True, False)
    assert report.recording.failure is not None
    assert report.recording.failure.facts["labels"] == [button.label for button in form.buttons]
    buttons_shown = "<button>Je refuse</button><button>J'accepte la charte</button>"
    assert report.head["page"] == f'<form><input type="checkbox" required checked/>{buttons_shown}'


def lessons(*titles: str) -> Planning:
    """Return a timetable with these titles."""
    day = datetime(2026, 3, 2, 8, tzinfo=UTC)
    events = tuple(bare_event(day, 0, number=n, raw_title=text, raw_kind="X") for n, text in enumerate(titles))
    return Planning(school="", period=Period(first=day.date(), last=day.date()), events=events)


GOOD = "A12\nOptique\nTravaux dirigés\nMme LEROUX"


@for_each(
    ("layout", "titles", "count", "first"),
    [
        ("room / subject / kind / teachers", [GOOD], 1, None),
        ("room / subject / kind / teachers", [GOOD, "A\nB\nRien\nC"], 1, ("kind-line", 3, "Rien")),
        ("room | subject | kind", ["A | B | CM", "A | B | Rien"], 1, ("kind-part", 3, "Rien")),
        ("room | subject | hours", ["A | B | 8h00-9h00", "A | B | midi"], 1, ("hours-part", 3, "midi")),
        ("room / subject / hours", ["A\nB\nmidi"], 0, ("hours-line", 3, "midi")),
        ("room / subject / kind / teachers", [GOOD, "A\nB\nC"], 1, ("parts", 3, "4")),
    ],
)
def test_fit_of_a_layout(layout: str, titles: list[str], count: int, first: tuple[str, int, str] | None) -> None:
    """It has the number of titles that fit, and the reason why the first other title does not."""
    school = School(
        id="", name="", base_url="https://a.test", layouts=(layout,), kinds={"Travaux dirigés": "TD"},
        namespace=UUID(int=0),
    )  # fmt: skip
    shown = measure_fit(lessons(*titles), school)
    assert [(fit.layout, fit.count, fit.of) for fit in shown.fits] == [(layout, count, len(titles))]
    assert (shown.first and (shown.first.reason, shown.first.number, shown.first.part)) == first
    for language in LANGUAGES:
        sentences = " ".join(describe_layout_fit(shown, Catalogue(language)))
        assert str(count) in sentences
        assert first is None or first[2] in sentences


def test_fit_without_a_layout_counts_titles_with_parts() -> None:
    """The export counts them in the same way."""
    school = School(id="", name="", base_url="https://a.test", namespace=UUID(int=0))
    shown = measure_fit(lessons("Sport", "x | y | z | 1 | 2"), school)
    assert (shown.fits, shown.left, shown.first and shown.first.title) == ((), 1, "x | y | z | 1 | 2")


def failed_run(reason: str, page: Snapshot, **facts: object) -> Recording:
    """Return a run that ended before the menu."""
    error = "PortalChanged" if reason in {"no-planning", "unknown-page"} else "ActionNeeded"
    failure = Failure(error=error, reason=reason, facts=facts)
    return dataclasses.replace(recording("<html/>"), snapshots=(page,), captures=(), failure=failure)


@for_each("reason", ["no-planning", "unknown-page", "consent"])
def test_interstitial_with_a_known_button_is_repaired(reason: str) -> None:
    """The page would be passed by this version."""
    entry = MenuEntry(label="Continuer", place="content")
    page = Snapshot(address="https://aurion.junia.com/", traces=("jsf",), entries=(entry,))
    taken = failed_run(reason, page)
    found = retry(taken, taken.school)
    assert found is not None
    assert (found.reason, found.facts) == ("onward", {"label": "Continuer"})
    other = failed_run(reason, dataclasses.replace(page, entries=(dataclasses.replace(entry, label="J'accepte"),)))
    assert retry(other, other.school) is None


def test_declared_login_host_is_repaired() -> None:
    """Any other host still ends the run."""
    taken = failed_run("other-host", Snapshot(address="https://aurion.junia.com/"), host="cas.junia.test")
    known = dataclasses.replace(taken.school, login_hosts=("cas.junia.test",))
    found = retry(taken, known)
    assert found is not None
    assert (found.reason, found.facts) == ("host", {"host": "cas.junia.test"})
    assert retry(taken, dataclasses.replace(known, login_hosts=("cas.test",))) is None


def test_declared_host_of_scripts_is_repaired() -> None:
    """It may be reached, but gets no password."""
    page = Snapshot(address="https://aurion.junia.com/")
    failure = Failure(error="PortalChanged", reason="scripts-elsewhere", facts={"host": "static.ecole.test"})
    taken = dataclasses.replace(recording("<html/>"), snapshots=(page,), captures=(), failure=failure)
    assert retry(taken, taken.school) is None
    found = retry(taken, dataclasses.replace(taken.school, further_hosts=("static.ecole.test",)))
    assert found is not None
    assert (found.reason, found.facts) == ("reached", {"host": "static.ecole.test"})
    assert asking_host(taken) == "static.ecole.test"
    report = make_report(taken, hosts=[asking_host(taken)])
    assert report.recording.failure is not None
    assert report.recording.failure.facts["host"] == "static.ecole.test"
    assert 'further_hosts = ["static.ecole.test"]' in draft(report.recording, Catalogue("fr"))


def test_kept_host_is_not_masked() -> None:
    """The host of the login stays on request; every other host is masked."""
    page = Snapshot(address="https://mon-pc.maison.test/x", forms=(Form(action="https://cas.ecole.test/login"),))
    taken = failed_run("other-host", page, host="cas.ecole.test")
    assert asking_host(taken) == "cas.ecole.test"
    assert "cas.ecole.test" not in make_report(taken).text()
    report = make_report(taken, hosts=["CAS.ecole.test"])
    assert "maison" not in report.text()
    assert report.recording.failure is not None
    assert report.recording.failure.facts["host"] == "cas.ecole.test"
    assert report.recording.snapshots[0].forms[0].action == "https://cas.ecole.test/login"
    known = dataclasses.replace(taken.school, login_hosts=("cas.ecole.test",))
    assert retry(report.recording, known) is not None
    assert asking_host(failed_run("consent", page, host="cas.ecole.test")) == ""


@for_each(
    "kind",
    [
        "Travaux dirigés", "Cours magistral", "Autoformation", "Auto-formation", "Épreuve surveillée", "Projet tuteuré",
        "Travaux pratiques encadrés", "Contrôle continu", "Soutenance orale", "Classe inversée", "Conférence métier",
    ],
)  # fmt: skip
def test_kind_in_words_is_not_masked(kind: str) -> None:
    """A maintainer writes a table of kinds from a report."""
    assert Masks().text(f"Zorglub\n{kind}\nM. TRUC").splitlines()[1] == kind


def test_frequent_unknown_kind_is_not_masked() -> None:
    """A rare kind, or one like a name, is masked."""
    kinds = ["Cours magistral"] * 12 + ["Galop d'essai"] * 3 + ["Zorglub rare"] + ["GARNEL Odile"] * 3
    events = [
        {"id": str(n), "title": f"B207\nOptique\n{kind}\nMme ORVAL", "start": "2026-03-02T08:00:00+0100"}
        for n, kind in enumerate(kinds)
    ]
    text = make_report(recording(partial(json.dumps({"events": events})))).text()
    assert "Galop d'essai" in text
    assert "Zorglub" not in text
    assert "garnel" not in text.lower()


def test_greeted_name_has_one_mask() -> None:
    """Recording and last page have the same mask."""
    page = Snapshot(address="https://a.test/", text="Bienvenue\nBonjour Odilou GARNEL\nCharte")
    taken = dataclasses.replace(failed_run("consent", page), captures=())
    report = make_report(taken, page="<p>Bonjour <b>Odilou GARNEL</b></p><a>Charte</a><p>GARNEL</p>")
    first, last = report.recording.snapshots[0].text.splitlines()[1].split()[1:]
    assert report.head["page"] is not None
    shown = str(report.head["page"])
    assert f"<b>{first} {last}</b>" in shown
    assert f"<p>{last}</p>" in shown
    assert "garnel" not in report.text().lower()
