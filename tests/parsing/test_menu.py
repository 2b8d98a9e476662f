"""Menu: which entry is the student's own planning, and the order of attempts."""

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.recording import Field, Form, MenuEntry, Snapshot
from scraper.parsing.menu import Expand, Open, Place, continue_link, entry_key, labels_of, login_link, next_move
from tests.cases import for_each

ADDRESS = "https://aurion.example.fr/"


def leaf(label: str, *path: str, where: str = "menu") -> MenuEntry:
    """Return an entry that opens a page."""
    return MenuEntry(label=label, path=path, place=where)


def closed(label: str, *path: str) -> MenuEntry:
    """Return a submenu without loaded entries."""
    return MenuEntry(label=label, path=path, opens_others=True)


def home(*entries: MenuEntry) -> Snapshot:
    """Return a page with these entries."""
    return Snapshot(address=ADDRESS, entries=entries)


def moves(page: Snapshot, *own: str, wanted: str = "") -> Iterator[str]:
    """Yield the labels that are clicked if no click leads to a planning."""
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
def test_planning_label_is_recognized_in_both_languages(label: str) -> None:
    """Case, accents, spaces and HTML escapes do not matter; it precedes any vague submenu."""
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
def test_label_of_lessons_precedes_narrower_ones(label: str, other: str) -> None:
    """Plannings of revision, exams or the whole school come later."""
    assert next(moves(home(leaf(other), leaf(label)))) == label


def test_label_without_a_planning_word_is_tried_last() -> None:
    """Courses may be a planning or a catalogue."""
    assert list(moves(home(leaf("Cours"), leaf("Planning des examens")))) == ["Planning des examens", "Cours"]


@for_each(
    "label",
    [
        "Planning des groupes", "Plannings des salles", "Planning des promotions", "Room schedules", "Group timetable",
        "Calendrier général", "Planning des enseignants", "Mes notes", "Actualités", "Déconnexion",
    ],
)  # fmt: skip
def test_plannings_of_others_are_never_opened(label: str) -> None:
    """These are groups, rooms, promotions and teachers, other pages, and the logout."""
    assert list(moves(home(leaf(label)))) == []


def test_certain_labels_precede_likely_and_doubtful_ones() -> None:
    """Own labels, a bare noun, likely submenus, a doubtful leaf, and exams last."""
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


def test_menu_entry_precedes_a_link_of_the_page() -> None:
    """A link alone is opened, too."""
    page = home(leaf("Mon planning", where="content"), leaf("Mon planning", "Scolarité"))
    assert next_move(page, ()) == Open(entry=page.entries[1])
    assert next_move(home(page.entries[0]), ()) == Open(entry=page.entries[0])


def test_planning_below_a_submenu_of_others_is_tried_last() -> None:
    """An entry of the groups' submenu is less likely than an agenda."""
    page = home(leaf("Mon emploi du jour agenda"), leaf("Planning", "Plannings des groupes"))
    assert list(moves(page)) == ["Mon emploi du jour agenda", "Planning"]


def test_labels_of_the_school_come_first() -> None:
    """The school's file precedes the common words."""
    page = home(leaf("Mon planning"), leaf("Mon Trombinoscope horaire"), leaf("Ma Rubrique"))
    assert next(moves(page, "ma rubrique")) == "Ma Rubrique"


def test_every_submenu_is_opened_in_order() -> None:
    """Likely ones first, shallow before deep, those of others last."""
    page = home(
        closed("Plannings des groupes"),
        closed("Truc", "Machin"),
        closed("Bidule"),
        closed("Scolarité"),
        closed("Planning"),
    )
    assert list(moves(page)) == ["Planning", "Scolarité", "Bidule", "Truc", "Plannings des groupes"]


def test_loaded_submenu_is_not_opened() -> None:
    """Skip a submenu with visible entries."""
    page = home(MenuEntry(label="Scolarité", opens_others=True, loaded=True))
    assert next_move(page, ()) is None


def test_given_label_is_the_only_one_opened() -> None:
    """`--menu` opens that entry or submenus on the way; a path distinguishes two with the same label."""
    page = home(leaf("Mon planning"), leaf("Truc", "A"), leaf("Truc", "B"), closed("Divers"))
    assert list(moves(page, wanted="truc")) == ["Truc", "Truc", "Divers"]
    assert next_move(page, (), wanted="b > TRUC") == Open(entry=page.entries[2])
    assert next_move(page, (), wanted="B \u203a Truc") == Open(entry=page.entries[2])
    assert next_move(page, (), wanted="absent") == Expand(entry=page.entries[3])


def test_labels_are_reported_in_the_form_of_the_option() -> None:
    """Each appears once, with its path, so that it can be given to `--menu`."""
    page = home(leaf("Truc", "A"), leaf("Truc"))
    assert labels_of([page, page]) == ["A > Truc", "Truc"]


def test_continue_button_is_found_on_a_page_without_a_menu() -> None:
    """Nothing else is asked there, and no planning is offered."""
    go = leaf("Continuer", where="content")
    assert continue_link(home(leaf("Plus tard", where="content"), go)) == go
    assert continue_link(home(go, leaf("Accueil"))) is None
    assert continue_link(home(go, leaf("Mon planning", where="content"))) is None
    assert continue_link(home(leaf("Accepter", where="content"))) is None
    assert continue_link(home(leaf("Accepter et continuer", where="content"))) is None
    assert continue_link(Snapshot(address=ADDRESS, entries=(go,), forms=(Form(fields=(Field(),)),))) is None


def test_vague_label_gets_its_meaning_from_its_submenu() -> None:
    """`Consulter` under the planning is the planning, under other submenus it is not."""
    shown = leaf("Consulter", "Mon planning")
    assert next_move(home(leaf("Aide", "Mon planning"), shown), ()) == Open(entry=shown)
    assert next_move(home(leaf("Consulter", "Plannings des groupes"), leaf("Consulter", "Mes notes")), ()) is None


def test_entries_with_the_same_label_are_distinct() -> None:
    """The option selects both of them."""
    first, second = leaf("Mon planning"), replace(leaf("Mon planning"), twin=1)
    page = home(first, second)
    assert next_move(page, {entry_key(first)}) == Open(entry=second)
    assert next_move(page, {entry_key(first)}, wanted="Mon planning") == Open(entry=second)


def test_login_link_is_found_on_a_page_before_the_login() -> None:
    """Find a label that begins so, on a page without a menu and without a logout."""
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
def test_any_menu_is_walked_once(entries: list[MenuEntry]) -> None:
    """Each entry is clicked at most once, and the logout never."""
    page = home(*entries)
    clicked: set[Place] = set()
    while move := next_move(page, clicked):
        assert entry_key(move.entry) not in clicked
        assert move.entry.label != "Déconnexion"
        clicked.add(entry_key(move.entry))
    assert len(clicked) <= len(entries)


def test_labels_in_different_case_are_two_entries() -> None:
    """The second is tried after the first."""
    assert list(moves(home(leaf("mon planning"), leaf("MON PLANNING")))) == ["mon planning", "MON PLANNING"]


def test_counter_in_a_label_is_ignored() -> None:
    """The label without a counter comes first."""
    page = home(leaf("Consultation (3)"), leaf("Consultation"), leaf("Mon planning"))
    assert list(moves(page, wanted="Consultation (5)")) == ["Consultation (3)", "Consultation"]
    assert list(moves(page, wanted="consultation")) == ["Consultation", "Consultation (3)"]
    assert list(moves(page, "Consultation")) == ["Consultation", "Consultation (3)", "Mon planning"]


def test_lessons_of_a_week_are_tried_last() -> None:
    """The label names the content of a planning, and no better one is there."""
    assert list(moves(home(leaf("Mes cours de la semaine"), leaf("Annuaire")))) == ["Mes cours de la semaine"]
