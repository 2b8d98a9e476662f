"""Which entry is the student's own planning, and in which order the rest is tried."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.recording import Field, Form, MenuEntry, Snapshot
from scraper.parsing.menu import Expand, Open, Place, continue_link, entry_key, labels_of, login_link, next_move
from tests.cases import for_each

ADDRESS = "https://aurion.example.fr/"


def leaf(label: str, *path: str, where: str = "menu") -> MenuEntry:
    """An entry that opens a page."""
    return MenuEntry(label=label, path=path, place=where)


def closed(label: str, *path: str) -> MenuEntry:
    """A submenu without its entries yet."""
    return MenuEntry(label=label, path=path, opens_others=True)


def home(*entries: MenuEntry) -> Snapshot:
    """A page with these entries."""
    return Snapshot(address=ADDRESS, entries=entries)


def moves(page: Snapshot, *own: str, wanted: str = "") -> Iterator[str]:
    """The labels clicked, one after another, where no click ever leads to a planning."""
    done: set[Place] = set()
    while move := next_move(page, done, own, wanted):
        done.add(entry_key(move.entry))
        yield move.entry.label


@for_each(
    "label",
    [
        "Mon planning",
        "MON  PLANNING",
        "Mon emploi du temps",
        "My schedule",
        "My timetable",
        "Mon&nbsp;Planning",
        "&eacute;dt &amp; Mon agenda",
        "Mon\u00a0planning\u200b",
        "Mon planning (3)",
        "12 nouveaux - Mon planning",
        "Mon\u2011planning",
        "MonPlanning",
        "Mon_emploi-du-temps",
        "Mon E.D.T.",
        "Emploi du temps de l\u02bc\u00e9tudiant",
        "Planning",
        "EDT",
        "Agenda",
        "Calendrier",
        "Emploi du temps de l\u2019\u00e9tudiant",
    ],
)
def test_the_planning_is_known_in_both_languages(label: str) -> None:
    """French or English; case, accents, blanks and HTML escapes aside; before any submenu that says nothing."""
    page = home(leaf("Mes notes"), closed("Vie associative"), leaf("Plannings des salles"), leaf(label))
    assert next_move(page, ()) == Open(entry=page.entries[-1])


@for_each(
    "label",
    [
        "Planning", "EDT", "Mon planning (apprenant)", "Mon planning général", "Mon planning annuel",
        "Planning hebdomadaire", "Planning de l\u2019étudiant", "Emploi du temps de la semaine", "Student schedule",
        "Mon emploi du temps 2026-2027", "Planning des cours", "My course schedule", "Visualiser mon planning",
        "Planning - apprenant", "Class schedule",
    ],
)  # fmt: skip
@for_each(
    "other",
    [
        "Mon planning de révision", "Planning de l'école", "S'abonner au planning", "Choix de planning",
        "Exam schedule", "Mon emploi du temps d'examens", "Calendrier universitaire",
        "Télécharger mon planning", "Planning alternance",
    ],
)  # fmt: skip
def test_what_narrows_a_label_makes_it_less_likely(label: str, other: str) -> None:
    """A planning of lessons goes before one of revision, exams or the whole school."""
    assert next(moves(home(leaf(other), leaf(label)))) == label


def test_a_label_that_names_no_planning_is_tried_last() -> None:
    """Courses may be a planning, or a catalogue."""
    assert list(moves(home(leaf("Cours"), leaf("Planning des examens")))) == ["Planning des examens", "Cours"]


@for_each(
    "label",
    [
        "Planning des groupes", "Plannings des salles", "Planning des promotions", "Room schedules", "Group timetable",
        "Calendrier général", "Planning des enseignants", "Mes notes", "Actualités", "Déconnexion",
    ],
)  # fmt: skip
def test_other_people_s_plannings_are_never_opened(label: str) -> None:
    """Groups, rooms, promotions and teachers, what is no planning at all, and the way out."""
    assert list(moves(home(leaf(label)))) == []


def test_the_sure_go_before_the_likely_and_the_doubtful() -> None:
    """Own labels first, a bare noun next, submenus likely to hold it before a doubtful leaf, exams last."""
    page = home(
        leaf("Planning des examens"),
        closed("Documents"),
        leaf("Planning de la formation X"),
        closed("Scolarité"),
        leaf("Agenda"),
        leaf("Mon planning"),
    )
    assert list(moves(page)) == [
        "Mon planning", "Agenda", "Scolarité", "Planning de la formation X", "Documents", "Planning des examens",
    ]  # fmt: skip


def test_a_menu_s_entry_goes_before_the_page_s_link() -> None:
    """The same words in the sidebar and on the page: the sidebar's; a link alone counts too."""
    page = home(leaf("Mon planning", where="content"), leaf("Mon planning", "Scolarité"))
    assert next_move(page, ()) == Open(entry=page.entries[1])
    assert next_move(home(page.entries[0]), ()) == Open(entry=page.entries[0])


def test_a_planning_below_other_people_s_is_tried_last() -> None:
    """What the groups' submenu holds is less likely than an agenda."""
    page = home(leaf("Mon emploi du jour agenda"), leaf("Planning", "Plannings des groupes"))
    assert list(moves(page)) == ["Mon emploi du jour agenda", "Planning"]


def test_a_school_s_own_labels_go_first() -> None:
    """What the school file names is opened before what the common words name."""
    page = home(leaf("Mon planning"), leaf("Mon Trombinoscope horaire"), leaf("Ma Rubrique"))
    assert next(moves(page, "ma rubrique")) == "Ma Rubrique"


def test_every_submenu_is_opened_in_the_end() -> None:
    """Likely ones first, the shallow before the deep, those of other people last."""
    page = home(
        closed("Plannings des groupes"),
        closed("Truc", "Machin"),
        closed("Bidule"),
        closed("Scolarité"),
        closed("Planning"),
    )
    assert list(moves(page)) == ["Planning", "Scolarité", "Bidule", "Truc", "Plannings des groupes"]


def test_a_loaded_submenu_is_not_opened_again() -> None:
    """What shows its entries already needs no click."""
    page = home(MenuEntry(label="Scolarité", opens_others=True, loaded=True))
    assert next_move(page, ()) is None


def test_the_label_given_is_the_only_one_intended() -> None:
    """`--menu` opens that entry alone, or submenus on the way to it; a path distinguishes two of the same name."""
    page = home(leaf("Mon planning"), leaf("Truc", "A"), leaf("Truc", "B"), closed("Divers"))
    assert list(moves(page, wanted="truc")) == ["Truc", "Truc", "Divers"]
    assert next_move(page, (), wanted="b > TRUC") == Open(entry=page.entries[2])
    assert next_move(page, (), wanted="B \u203a Truc") == Open(entry=page.entries[2])
    assert next_move(page, (), wanted="absent") == Expand(entry=page.entries[3])


def test_labels_seen_are_reported_as_one_gives_them() -> None:
    """Each once, with what it is under, so that it can be given to `--menu`."""
    page = home(leaf("Truc", "A"), leaf("Truc"))
    assert labels_of([page, page]) == ["A > Truc", "Truc"]


def test_what_leads_on_from_a_page_without_a_menu() -> None:
    """The button to go on, where nothing else is asked and no planning is offered."""
    go = leaf("Continuer", where="content")
    assert continue_link(home(leaf("Plus tard", where="content"), go)) == go
    assert continue_link(home(go, leaf("Accueil"))) is None
    assert continue_link(home(go, leaf("Mon planning", where="content"))) is None
    assert continue_link(home(leaf("Accepter", where="content"))) is None
    assert continue_link(home(leaf("Accepter et continuer", where="content"))) is None
    assert continue_link(Snapshot(address=ADDRESS, entries=(go,), forms=(Form(fields=(Field(),)),))) is None


def test_a_vague_label_gets_its_meaning_from_its_submenu() -> None:
    """`Consulter` under the planning is the planning; under those of groups, or what is called otherwise, it is not."""
    shown = leaf("Consulter", "Mon planning")
    assert next_move(home(leaf("Aide", "Mon planning"), shown), ()) == Open(entry=shown)
    assert next_move(home(leaf("Consulter", "Plannings des groupes"), leaf("Consulter", "Mes notes")), ()) is None


def test_the_second_of_the_same_labels_is_another_entry() -> None:
    """And both are what a person names with them."""
    first, second = leaf("Mon planning"), replace(leaf("Mon planning"), twin=1)
    page = home(first, second)
    assert next_move(page, {entry_key(first)}) == Open(entry=second)
    assert next_move(page, {entry_key(first)}, wanted="Mon planning") == Open(entry=second)


def test_what_leads_to_the_login_from_a_page_before_it() -> None:
    """A label that begins so, on a page without a menu and without a way out."""
    go = leaf("Se connecter", where="content")
    assert login_link(home(leaf("Connexion", where="content"), go)) == go
    assert login_link(home(leaf("Dernière connexion : hier", where="content"))) is None
    assert login_link(home(leaf("Connexion avec Google", where="content"))) is None
    assert login_link(home(go, leaf("Déconnexion", where="content"))) is None
    assert login_link(home(go, leaf("Accueil"))) is None


LABELS = st.text() | st.sampled_from(["Mon planning", "Planning des groupes", "Scolarité", "Déconnexion", "EDT"])
ENTRIES = st.builds(
    MenuEntry,
    label=LABELS,
    path=st.lists(LABELS, max_size=2).map(tuple),
    opens_others=st.booleans(),
    loaded=st.booleans(),
    place=st.sampled_from(["menu", "content"]),
)


@given(entries=st.lists(ENTRIES, max_size=8))
def test_the_walk_ends(entries: list[MenuEntry]) -> None:
    """Whatever the menu, each place is clicked at most once, and no one is logged out."""
    page = home(*entries)
    clicked: set[Place] = set()
    while move := next_move(page, clicked):
        assert entry_key(move.entry) not in clicked
        assert move.entry.label != "Déconnexion"
        clicked.add(entry_key(move.entry))
    assert len(clicked) <= len(entries)


def test_labels_that_differ_only_in_their_writing_are_two_entries() -> None:
    """Where the first leads to no planning, the second is tried."""
    assert list(moves(home(leaf("mon planning"), leaf("MON PLANNING")))) == ["mon planning", "MON PLANNING"]


def test_a_counter_beside_a_label_leaves_it_what_it_is() -> None:
    """The label that a person or a school gave is known by its words; the one without a counter goes first."""
    page = home(leaf("Consultation (3)"), leaf("Consultation"), leaf("Mon planning"))
    assert list(moves(page, wanted="Consultation (5)")) == ["Consultation (3)", "Consultation"]
    assert list(moves(page, wanted="consultation")) == ["Consultation", "Consultation (3)"]
    assert list(moves(page, "Consultation")) == ["Consultation", "Consultation (3)", "Mon planning"]


def test_lessons_of_a_week_are_tried_last() -> None:
    """A label that names no planning but what one shows is opened where nothing better is there."""
    assert list(moves(home(leaf("Mes cours de la semaine"), leaf("Annuaire")))) == ["Mes cours de la semaine"]
