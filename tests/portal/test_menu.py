"""The walk through a menu: what comes late is waited for, what is no planning is left, nothing is clicked in vain."""

from collections import Counter
from collections.abc import Callable

import pytest

from scraper.demo import Demo, Fault, Rubrique
from scraper.errors import ActionNeeded, PortalChanged
from scraper.portal.session import Session

Start, Record, LessonsOf = Callable[..., Demo], Callable[..., Session], Callable[[Session], set[str]]
ALL = {str(70_000_000 + day) for day in range(2, 30)}

PLANNING = Rubrique(label="Mon planning", id=90, opens="planning")
LAZY = (Rubrique(label="Scolarité", id=91, lazy=True, children=(PLANNING,)),)
NOT_IT = Rubrique(label="Planning", id=92, opens="other")
SCRIPT = r'<script type="text/javascript" src="([^"]*sidebar\.js[^"]*)"></script>'
LATE_SCRIPT = r"""<script>setTimeout(function () {
  var late = document.createElement('script'); late.src = '\1'; document.head.appendChild(late); }, 1200)</script>"""
CONTENT = '<div class="div-contenu">'
LATE_MENU = """<script>(function () {
  var list = document.getElementById('form:sidebar').querySelector('ul'), all = [].slice.call(list.children);
  all.forEach(function (entry) { entry.remove(); });
  setTimeout(function () { all.forEach(function (entry) { list.appendChild(entry); }); }, 1200); })()</script>"""


def at(page: str, **fault: str) -> Fault:
    """A fault of the pages at that address, which are changed as reported."""
    return Fault(method="GET", path=page, **fault)


def before_content(html: str, page: str = "/") -> Fault:
    """Something more on that page."""
    return at(page, replace=CONTENT, with_=html.replace("\\", r"\\") + CONTENT)


def kinds(demo: Demo) -> Counter[str]:
    """How often each kind of request came."""
    return Counter(exchange.kind for exchange in demo.log)


def test_a_level_of_submenus_is_one_exchange(start: Start, record: Record) -> None:
    """A planning three levels down costs three requests more than one at the top; nothing else is opened."""
    two = Rubrique(label="Mes études", id=93, lazy=True, children=LAZY)
    demo = start(menu=(Rubrique(label="Vie étudiante", id=94, lazy=True, children=(two,)),))
    session = record(demo)
    assert kinds(demo)["submenu"] == 3
    assert kinds(demo)["open"] == 1
    assert len(demo.log) == 6 + 3 + len(session.captures)


def test_likely_submenus_are_opened_first(start: Start, record: Record) -> None:
    """The one that is called as plannings' are is opened, and not the others."""
    others = tuple(Rubrique(label=f"Divers {n}", id=200 + n, lazy=True, children=(NOT_IT,)) for n in range(4))
    demo = start(menu=(*others, *LAZY))
    assert record(demo).captures
    assert kinds(demo)["submenu"] == 1


def test_an_empty_submenu_is_left(start: Start, record: Record) -> None:
    """One that answers without any entry is clicked once, and the next is tried."""
    demo = start(menu=(Rubrique(label="Planning et agenda", id=95, lazy=True), *LAZY))
    assert record(demo).captures
    assert kinds(demo)["submenu"] == 2


@pytest.mark.parametrize(
    "fault",
    [at("/", replace=SCRIPT, with_=LATE_SCRIPT), before_content(LATE_MENU)],
    ids=["handler", "menu"],
)
def test_what_comes_late_is_waited_for(start: Start, record: Record, fault: Fault) -> None:
    """A click before its handler is bound is made again, and a menu without entries is given time; one request."""
    demo = start(fault, menu=LAZY)
    assert record(demo).captures
    assert kinds(demo)["submenu"] == 1


def test_a_page_without_schedule_is_left_for_the_next(start: Start, record: Record) -> None:
    """A likely entry that opens something else is opened once; the next one has the planning."""
    demo = start(menu=(NOT_IT, Rubrique(label="Agenda", id=96, opens="planning")))
    assert record(demo).captures
    assert kinds(demo)["open"] == 2


def test_the_dashboard_s_small_schedule_is_not_the_planning(start: Start, record: Record) -> None:
    """Where no entry opens a planning, a day's schedule on the home page does not replace it."""
    with pytest.raises(PortalChanged) as caught:
        record(start(menu=(NOT_IT,), dashboard_schedule=True), timeout=5)
    assert caught.value.reason == "no-planning"


def test_the_label_given_is_opened_alone(start: Start, record: Record) -> None:
    """`--menu` opens neither what the words prefer nor submenus that it does not need."""
    first = Rubrique(label="Mon planning", id=97, opens="other")
    demo = start(menu=(first, *LAZY, Rubrique(label="Truc", id=98, opens="planning")))
    assert record(demo, menu="truc").captures
    assert (kinds(demo)["open"], kinds(demo)["submenu"]) == (1, 0)


def test_a_page_that_never_falls_silent_is_walked_through(start: Start, record: Record) -> None:
    """Statistics that poll, and a request that is never answered, hold up neither a page left nor one found."""
    poll = "<script>setInterval(function () { fetch('/statistiques') }, 80); fetch('/attente')</script>"
    faults = (
        Fault(path="/attente", delay=60_000),
        before_content(poll, "/.*"),
    )
    demo = start(*faults, menu=(NOT_IT, *LAZY))
    assert record(demo, timeout=8).captures


@pytest.mark.parametrize("word", ["alert", "confirm", "prompt"])
def test_a_dialog_is_answered_and_kept(start: Start, record: Record, word: str) -> None:
    """A page that asks or reports in a dialog goes on, and what it reported is known."""
    session = record(start(before_content(f"<script>{word}('Bienvenue à tous')</script>")))
    assert session.captures
    assert "Bienvenue à tous" in session.tab.network.alerts


def test_a_link_to_a_new_window_opens_here(start: Start, record: Record) -> None:
    """A link that asks for another window is followed in this one."""
    link = '<a href="/faces/Planning.xhtml" target="_blank">Mon planning</a>'
    demo = start(before_content(link), menu=(NOT_IT,), direct="full")
    assert record(demo, timeout=8).captures
    assert kinds(demo)["open"] == 0


@pytest.mark.parametrize(
    "script",
    [
        "$(function () { document.getElementById('form').target = '_blank'; })",
        """PrimeFaces.addSubmitParam = function () { return {submit: function () {
          setTimeout(function () { window.open('/faces/Planning.xhtml', '_blank'); }, 100) }} }""",
    ],
    ids=["form", "script"],
)
def test_what_would_open_another_window_opens_here(start: Start, record: Record, script: str) -> None:
    """A menu that asks for another window by form or script leads to the planning in this one, the only one."""
    demo = start(before_content(f"<script>{script}</script>"), direct="full")
    session = record(demo, timeout=8)
    assert session.captures
    assert len(session.tab.page.context.pages) == 1


def test_a_window_that_no_one_asked_for_does_not_open(start: Start, record: Record) -> None:
    """News that a page opens on its own are shut out, and the page stays."""
    session = record(start(before_content("<script>window.open('/faces/Other.xhtml')</script>")))
    assert session.captures
    assert len(session.tab.page.context.pages) == 1


WIDGET = r'\$\(function\(\)\{(PrimeFaces\.cw\("Schedule".*?"schedule"\);)\}\);'
TAB = '<ul><li role="tab" aria-expanded="false"><a href="#" onclick="montrer();return false">Calendrier</a></li></ul>'


def test_a_schedule_in_a_tab_is_found(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A tab of the planning's page that brings its schedule when it is pressed is pressed, and no other entry then."""
    demo = start(
        at("/faces/Planning.xhtml", replace=WIDGET, with_=r"montrer = function () { \1 };</script>" + TAB + "<script>")
    )
    assert lessons_of(record(demo, timeout=8)) == ALL
    assert (kinds(demo)["open"], kinds(demo)["submenu"]) == (1, 0)


def test_a_schedule_that_is_hidden_is_shown(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A schedule in a panel that is shut has asked nothing: it is made to, with one request more than none."""
    shut = at("/faces/Planning.xhtml", replace=CONTENT, with_='<div class="div-contenu"><div style="display:none">')
    session = record(start(shut))
    assert lessons_of(session) == ALL


def test_an_entry_that_gives_a_file_is_left(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A likely entry that is a document to save is pressed once; the next one has the planning."""
    file = Fault(path="/planning.pdf", body="%PDF", content_type="application/octet-stream")
    link = '<ul class="menu"><li><a href="/planning.pdf">Mon emploi du temps</a></li></ul>'
    demo = start(file, before_content(link), menu=(Rubrique(label="Agenda", id=96, opens="planning"),))
    assert lessons_of(record(demo)) == ALL
    assert sum(exchange.path == "/planning.pdf" for exchange in demo.log) == 1


def test_scripts_on_a_host_that_is_not_reached_are_named(start: Start, record: Record) -> None:
    """Without its scripts a menu does nothing: the host that they come from is what the school's file lacks."""
    elsewhere = at("/.*", replace=r'src="(/[^"]*\.js)', with_=r'src="http://scripts.ecole.test\1')
    with pytest.raises(PortalChanged) as raised:
        record(start(elsewhere), timeout=6)
    assert (raised.value.reason, raised.value.facts) == ("scripts-elsewhere", {"host": "scripts.ecole.test"})


def test_a_schedule_in_a_frame_is_found(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A planning that the portal shows in a frame of its page is asked there, also for what a first answer left."""
    around = Fault(path="/cadre", body='<h1>Planning</h1><iframe src="/faces/Planning.xhtml"></iframe>')
    link = '<ul class="menu"><li><a href="/cadre">Mon planning</a></li></ul>'
    demo = start(around, before_content(link), menu=(NOT_IT,), direct="full", max_window_days=14)
    session = record(demo, timeout=8)
    assert lessons_of(session) == ALL
    assert sum(proof.period.days for proof in session.proved) == 28


@pytest.mark.parametrize(
    "inside",
    [
        '<i title="Mon planning">\ue878</i>',
        '<img alt="Mon planning" src="">',
        '<i class="icon" aria-hidden="true">event</i><span>Mon</span><span>planning</span><b>3</b>',
        "<svg><title>Mon planning</title></svg>",
    ],
    ids=["title", "image", "parts", "drawing"],
)
def test_an_entry_is_known_by_what_it_tells(start: Start, record: Record, inside: str) -> None:
    """An icon's name, or a label in parts beside a counter, is a label like any other."""
    link = f'<ul class="menu"><li><a href="/faces/Planning.xhtml">{inside}</a></li></ul>'
    demo = start(before_content(link), menu=(NOT_IT,), direct="full")
    assert record(demo).captures
    assert kinds(demo)["open"] == 0


CHANGE = '<div>Nouveau mot de passe <input type="password"><input type="password"></div>'


def test_a_new_password_may_be_offered_beside_the_menu(start: Start, record: Record) -> None:
    """The way goes on to the planning; where there is none, it is reported that a new password is wanted."""
    assert record(start(before_content(CHANGE))).captures
    with pytest.raises(ActionNeeded) as failed:
        record(start(before_content(CHANGE, "/.*"), menu=(NOT_IT,)), timeout=3)
    assert failed.value.reason == "renewal"


MOVED = """<div onclick="{0}" {1}>{2}</div><div id="u"></div><script>(function () {{
  var list = document.getElementById('form:sidebar'); window.M = list; list.remove(); }})()</script>"""
SHOWN = "document.getElementById('u').appendChild(M)"


@pytest.mark.parametrize(
    "html",
    [
        MOVED.format(SHOWN, "", "☰ Menu"),
        MOVED.format("", f'aria-haspopup="true" onmousedown="{SHOWN}"', "Scolarité"),
        MOVED.format("", f'aria-haspopup="true" onmouseenter="{SHOWN}"', "Scolarité"),
        f'<details ontoggle="this.appendChild(M)"><summary>Scolarité</summary></details>{MOVED.format("", "", "")}',
    ],
    ids=["button", "mouse pressed", "mouse over", "details"],
)
def test_a_menu_that_is_shown_only_when_asked(start: Start, record: Record, html: str) -> None:
    """By a button, by a mouse's press or its coming, by HTML's own fold."""
    demo = start(before_content(html))
    assert record(demo, timeout=5).captures


def test_two_entries_of_one_label_are_both_tried(start: Start, record: Record) -> None:
    """The first opens something else, as one of last year does; the second is the planning."""
    leaves = (
        Rubrique(label="Mon planning", id=301, opens="other"),
        Rubrique(label="Mon planning", id=302, opens="planning"),
    )
    demo = start(menu=leaves)
    assert record(demo, timeout=5).captures
    assert kinds(demo)["open"] == 2
