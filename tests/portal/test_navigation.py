"""The search of a menu: late content is waited for, other pages are left, and nothing is clicked without need."""

from collections import Counter
from collections.abc import Callable

import pytest

from scraper.demo import Demo, Fault, Rubrique
from scraper.errors import ActionNeeded, PortalChanged
from scraper.portal.session import Session
from tests.cases import for_each

Start, Record, LessonsOf = Callable[..., Demo], Callable[..., Session], Callable[[Session], set[str]]
ALL = {str(70_000_000 + day) for day in range(2, 30)}

PLANNING = Rubrique(label="Mon planning", id=90, opens="planning")
LAZY = (Rubrique(label="Scolarité", id=91, lazy=True, children=(PLANNING,)),)
NOT_IT = Rubrique(label="Planning", id=92, opens="other")
SCRIPT = r'<script type="text/javascript" src="([^"]*sidebar\.js[^"]*)"></script>'
LATE_SCRIPT = r"""<script>setTimeout(function () {
  var late = document.createElement('script'); late.src = '\1'; document.head.appendChild(late); }, 250)</script>"""
CONTENT = '<div class="div-contenu">'
LATE_MENU = """<script>(function () {
  var list = document.getElementById('form:sidebar').querySelector('ul'), all = [].slice.call(list.children);
  all.forEach(function (entry) { entry.remove(); });
  setTimeout(function () { all.forEach(function (entry) { list.appendChild(entry); }); }, 600); })()</script>"""


def at(page: str, **fault: str) -> Fault:
    """Return a fault that changes the pages at that path."""
    return Fault(method="GET", path=page, **fault)


def before_content(html: str, page: str = "/") -> Fault:
    """Return a fault that inserts HTML before the content of a page."""
    return at(page, replace=CONTENT, with_=html.replace("\\", r"\\") + CONTENT)


def kinds(demo: Demo) -> Counter[str]:
    """Return how often each kind of request was sent."""
    return Counter(exchange.kind for exchange in demo.log)


def test_each_level_of_submenus_costs_one_request(start: Start, record: Record) -> None:
    """A timetable three levels down costs three requests more than one at the top; nothing else is opened."""
    two = Rubrique(label="Mes études", id=93, lazy=True, children=LAZY)
    demo = start(menu=(Rubrique(label="Vie étudiante", id=94, lazy=True, children=(two,)),))
    session = record(demo)
    assert kinds(demo)["submenu"] == 3
    assert kinds(demo)["open"] == 1
    assert len(demo.log) == 6 + 3 + len(session.captures)


def test_likely_submenu_is_opened_first(start: Start, record: Record) -> None:
    """Only the submenu with a usual name of the timetable's is opened."""
    others = tuple(Rubrique(label=f"Divers {n}", id=200 + n, lazy=True, children=(NOT_IT,)) for n in range(4))
    demo = start(menu=(*others, *LAZY))
    assert record(demo).captures
    assert kinds(demo)["submenu"] == 1


def test_empty_submenu_is_left_for_the_next(start: Start, record: Record) -> None:
    """A submenu whose response has no entry is clicked once, and the next is tried."""
    demo = start(menu=(Rubrique(label="Planning et agenda", id=95, lazy=True), *LAZY))
    assert record(demo).captures
    assert kinds(demo)["submenu"] == 2


@for_each(
    "fault",
    [at("/", replace=SCRIPT, with_=LATE_SCRIPT), before_content(LATE_MENU)],
)
def test_late_handler_or_menu_is_awaited(start: Start, record: Record, fault: Fault) -> None:
    """A click before its handler is bound is repeated, and entries of a menu are awaited; one request is sent."""
    demo = start(fault, menu=LAZY)
    assert record(demo).captures
    assert kinds(demo)["submenu"] == 1


def test_page_without_a_schedule_is_left_for_the_next_entry(start: Start, record: Record) -> None:
    """A likely entry that opens another page is opened once; the next entry opens the timetable."""
    demo = start(menu=(NOT_IT, Rubrique(label="Agenda", id=96, opens="planning")))
    assert record(demo).captures
    assert kinds(demo)["open"] == 2


def test_schedule_of_the_dashboard_is_not_the_timetable(start: Start, record: Record) -> None:
    """Where no entry opens a timetable, the schedule of one day on the home page does not replace it."""
    with pytest.raises(PortalChanged) as caught:
        record(start(menu=(NOT_IT,), dashboard_schedule=True), timeout=5)
    assert caught.value.reason == "no-planning"


def test_configured_label_is_the_only_one_opened(start: Start, record: Record) -> None:
    """`--menu` opens neither the usual labels nor submenus that it does not need."""
    first = Rubrique(label="Mon planning", id=97, opens="other")
    demo = start(menu=(first, *LAZY, Rubrique(label="Truc", id=98, opens="planning")))
    assert record(demo, menu="truc").captures
    assert (kinds(demo)["open"], kinds(demo)["submenu"]) == (1, 0)


def test_page_that_sends_requests_all_the_time_is_searched(start: Start, record: Record) -> None:
    """Statistics that poll, and a request without response, delay neither the page left nor the page found."""
    poll = "<script>setInterval(function () { fetch('/statistiques') }, 80); fetch('/attente')</script>"
    faults = (
        Fault(path="/attente", delay=60_000),
        before_content(poll, "/.*"),
    )
    demo = start(*faults, menu=(NOT_IT, *LAZY))
    assert record(demo, timeout=8).captures


@for_each("word", ["alert", "confirm", "prompt"])
def test_dialog_is_closed_and_recorded(start: Start, record: Record, word: str) -> None:
    """A dialog is closed, and its message is recorded."""
    session = record(start(before_content(f"<script>{word}('Bienvenue à tous')</script>")))
    assert session.captures
    assert "Bienvenue à tous" in session.tab.network.alerts


def test_link_to_a_new_window_opens_in_the_same_page(start: Start, record: Record) -> None:
    """A link with a target of its own is followed in the same page."""
    link = '<a href="/faces/Planning.xhtml" target="_blank">Mon planning</a>'
    demo = start(before_content(link), menu=(NOT_IT,), direct="full")
    assert record(demo, timeout=8).captures
    assert kinds(demo)["open"] == 0


@for_each(
    "script",
    [
        "$(function () { document.getElementById('form').target = '_blank'; })",
        """PrimeFaces.addSubmitParam = function () { return {submit: function () {
          setTimeout(function () { window.open('/faces/Planning.xhtml', '_blank'); }, 100) }} }""",
    ],
)
def test_form_or_script_for_another_window_uses_the_same_page(start: Start, record: Record, script: str) -> None:
    """A form or script that opens another window leads to the timetable in the only page."""
    demo = start(before_content(f"<script>{script}</script>"), direct="full")
    session = record(demo, timeout=8)
    assert session.captures
    assert len(session.tab.page.context.pages) == 1


def test_popup_window_does_not_open(start: Start, record: Record) -> None:
    """News that a page opens by itself do not appear, and the page stays."""
    session = record(start(before_content("<script>window.open('/faces/Other.xhtml')</script>")))
    assert session.captures
    assert len(session.tab.page.context.pages) == 1


WIDGET = r'\$\(function\(\)\{(PrimeFaces\.cw\("Schedule".*?"schedule"\);)\}\);'
TAB = '<ul><li role="tab" aria-expanded="false"><a href="#" onclick="montrer();return false">Calendrier</a></li></ul>'


def test_schedule_in_a_tab_is_found(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A tab of the timetable's page that loads the schedule is clicked, and then no other entry."""
    demo = start(
        at("/faces/Planning.xhtml", replace=WIDGET, with_=r"montrer = function () { \1 };</script>" + TAB + "<script>")
    )
    assert lessons_of(record(demo, timeout=8)) == ALL
    assert (kinds(demo)["open"], kinds(demo)["submenu"]) == (1, 0)


def test_hidden_schedule_is_shown(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A schedule in a closed panel has sent no request of its own: it is made to send one."""
    shut = at("/faces/Planning.xhtml", replace=CONTENT, with_='<div class="div-contenu"><div style="display:none">')
    session = record(start(shut))
    assert lessons_of(session) == ALL


def test_entry_with_a_download_is_left_for_the_next(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A likely entry that is a document to download is clicked once; the next entry opens the timetable."""
    file = Fault(path="/planning.pdf", body="%PDF", content_type="application/octet-stream")
    link = '<ul class="menu"><li><a href="/planning.pdf">Mon emploi du temps</a></li></ul>'
    demo = start(file, before_content(link), menu=(Rubrique(label="Agenda", id=96, opens="planning"),))
    assert lessons_of(record(demo)) == ALL
    assert sum(exchange.path == "/planning.pdf" for exchange in demo.log) == 1


def test_host_of_missing_scripts_is_named(start: Start, record: Record) -> None:
    """A menu without its scripts does nothing: the error names their host, which the school's file lacks."""
    elsewhere = at("/.*", replace=r'src="(/[^"]*\.js)', with_=r'src="http://scripts.ecole.test\1')
    with pytest.raises(PortalChanged) as raised:
        record(start(elsewhere), timeout=6)
    assert (raised.value.reason, raised.value.facts) == ("scripts-elsewhere", {"host": "scripts.ecole.test"})


def test_schedule_in_a_frame_is_found(start: Start, record: Record, lessons_of: LessonsOf) -> None:
    """A timetable in a frame is asked there, also for the days that its first response does not cover."""
    around = Fault(path="/cadre", body='<h1>Planning</h1><iframe src="/faces/Planning.xhtml"></iframe>')
    link = '<ul class="menu"><li><a href="/cadre">Mon planning</a></li></ul>'
    demo = start(around, before_content(link), menu=(NOT_IT,), direct="full", max_window_days=14)
    session = record(demo, timeout=8)
    assert lessons_of(session) == ALL
    assert sum(proof.period.days for proof in session.proved) == 28


@for_each(
    "inside",
    [
        '<i title="Mon planning">\ue878</i>',
        '<img alt="Mon planning" src="">',
        '<i class="icon" aria-hidden="true">event</i><span>Mon</span><span>planning</span><b>3</b>',
        "<svg><title>Mon planning</title></svg>",
    ],
)
def test_entry_is_found_by_the_name_of_its_icon(start: Start, record: Record, inside: str) -> None:
    """The name of an icon, or a label in parts beside a counter, is a label like any other."""
    link = f'<ul class="menu"><li><a href="/faces/Planning.xhtml">{inside}</a></li></ul>'
    demo = start(before_content(link), menu=(NOT_IT,), direct="full")
    assert record(demo).captures
    assert kinds(demo)["open"] == 0


CHANGE = '<div>Nouveau mot de passe <input type="password"><input type="password"></div>'


def test_form_for_a_new_password_does_not_stop_the_search(start: Start, record: Record) -> None:
    """The search continues to the timetable; without a timetable, the error asks for a new password."""
    assert record(start(before_content(CHANGE))).captures
    with pytest.raises(ActionNeeded) as failed:
        record(start(before_content(CHANGE, "/.*"), menu=(NOT_IT,)), timeout=3)
    assert failed.value.reason == "renewal"


MOVED = """<div onclick="{0}" {1}>{2}</div><div id="u"></div><script>(function () {{
  var list = document.getElementById('form:sidebar'); window.M = list; list.remove(); }})()</script>"""
SHOWN = "document.getElementById('u').appendChild(M)"


@for_each(
    "html",
    [
        MOVED.format(SHOWN, "", "☰ Menu"),
        MOVED.format("", f'aria-haspopup="true" onmousedown="{SHOWN}"', "Scolarité"),
        MOVED.format("", f'aria-haspopup="true" onmouseenter="{SHOWN}"', "Scolarité"),
        f'<details ontoggle="this.appendChild(M)"><summary>Scolarité</summary></details>{MOVED.format("", "", "")}',
    ],
)
def test_closed_menu_is_opened_first(start: Start, record: Record, html: str) -> None:
    """It opens by a button, by a press of the mouse or its arrival, or is a `details` element."""
    demo = start(before_content(html))
    assert record(demo, timeout=5).captures


def test_two_entries_with_the_same_label_are_both_tried(start: Start, record: Record) -> None:
    """The first opens another page, as an entry of last year does; the second opens the timetable."""
    leaves = (
        Rubrique(label="Mon planning", id=301, opens="other"),
        Rubrique(label="Mon planning", id=302, opens="planning"),
    )
    demo = start(menu=leaves)
    assert record(demo, timeout=5).captures
    assert kinds(demo)["open"] == 2
