"""Respond as JSF does: restore views, follow menu entries and links, send partial responses to the page's script."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scraper.demo import event_json, partial_updates
from scraper.demo.event_json import Wire
from scraper.demo.http import STATE, SUBMENU, HttpResponse, Request, page, redirect
from scraper.demo.menu_tree import MenuNode
from scraper.demo.pages import DemoPage, detail
from scraper.demo.sessions import DemoSession, DemoView, new_view, pack, unpack
from scraper.demo.templates import fill_slots
from scraper.demo.timetable import Timetable
from scraper.demo.variant import ZONE, Rubrique, Variant

PAGES = {f"/faces/{name}.xhtml": name for name in ("MainMenuPage", "Planning", "Other")} | {"/": "MainMenuPage"}
MENU_PLACE = "form:sidebar_menuid"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NULL = "java.lang.NullPointerException"


class JavaException(Exception):
    """A Java exception; `java` is its class, `message` the text on the error page."""

    def __init__(self, java: str, message: str = "") -> None:
        super().__init__(java, message)
        self.java = java
        self.message = message


class JsfApplication:
    """The JSF part of the portal; `timetable` has the lessons of accounts without their own.

    A page keeps the time at which it was opened: its lessons do not change while it is open.
    """

    def __init__(self, variant: Variant, timetable: Timetable) -> None:
        self._variant = variant
        self._timetable = timetable

    def answer(self, request: Request, session: DemoSession) -> HttpResponse:
        """Return the page or the partial response; errors are sent as JSF does, as XML to the page's script."""
        try:
            return self._answer(request, session)
        except JavaException as error:
            if request.ajax:
                return partial_updates.error_response(error.java)
            return page(fill_slots("status.html", status=500, message=error.message), status=500)

    def _answer(self, request: Request, session: DemoSession) -> HttpResponse:
        name = PAGES[request.path]
        if request.method != "POST" or STATE not in request.parameters:
            return self._first_response(request, session, self._open_view(session, name))
        view = self._restore(session, request.parameters[STATE])
        if view is None:
            message = f"viewId:/{name}.xhtml - View /{name}.xhtml could not be restored."
            raise JavaException("javax.faces.application.ViewExpiredException", message)
        if request.ajax:
            return self._partial_response(request, session, view, automatic=True)
        chosen = self._clicked_entry(request, view)
        return self._open(session, chosen) if chosen else self._whole_page(request, session, view)

    def _first_response(self, request: Request, session: DemoSession, view: DemoView) -> HttpResponse:
        """Return a new view; a script without a view state gets only the components that it requested."""
        if request.ajax:
            return self._partial_response(request, session, view, automatic=False)
        return self._whole_page(request, session, view)

    def _open_view(self, session: DemoSession, name: str) -> DemoView:
        opened = datetime.now(UTC).astimezone(ZONE)
        view = new_view(name, opened, full=self._variant.direct == "full" or session.rubrique == "planning")
        if self._variant.state_saving == "client":
            view.state = pack(view)
        else:
            session.remember(view)
        return view

    def _restore(self, session: DemoSession, state: str) -> DemoView | None:
        return unpack(state) if self._variant.state_saving == "client" else session.restore(state)

    def _whole_page(self, request: Request, session: DemoSession, view: DemoView) -> HttpResponse:
        name = session.user.name if session.user else ""
        return page(DemoPage(self._variant, view, request.language).html(name, view.opened))

    def _clicked_entry(self, request: Request, view: DemoView) -> Rubrique | None:
        """Return the clicked menu leaf or link of the home page, or None."""
        given = request.parameters
        if MENU_PLACE in given:
            leaf = MenuNode(self._variant, view.loaded).leaf(given[MENU_PLACE])
            if leaf is None:
                raise JavaException(NULL, "menuitem is null")
            return leaf
        links = zip(DemoPage(self._variant, view, "fr").ids.links, self._variant.home_links, strict=False)
        return next((link for id_, link in links if id_ in given), None)

    def _open(self, session: DemoSession, chosen: Rubrique) -> HttpResponse:
        session.rubrique = chosen.opens
        target = "Planning" if chosen.opens == "planning" else "Other"
        return redirect(f"{self._variant.context}/faces/{target}.xhtml")

    def _partial_response(
        self, request: Request, session: DemoSession, view: DemoView, *, automatic: bool
    ) -> HttpResponse:
        """Return the requested components and, with `automatic`, those in every response, in the page's order."""
        given = request.parameters
        if SUBMENU in given:
            self._load(view, given[SUBMENU])
        shown = DemoPage(self._variant, view, request.language, self._detail(request, session, view))
        wanted = {
            *given.get("javax.faces.partial.render", "").split(),
            *(shown.automatic if automatic else ()),
        }
        updates = {id_: html for id_, html in shown.components().items() if id_ in wanted}
        schedule = shown.ids.schedule
        # The schedule responds with events where its own id is a parameter, whatever the source.
        if schedule in updates and schedule in given:
            updates[schedule] = self._window(request, session, view)
        return partial_updates.changes_response(updates.items(), view.state)

    def _load(self, view: DemoView, submenu: str) -> None:
        id_ = submenu.removeprefix("submenu_")
        if not id_.isdigit() or not MenuNode(self._variant, view.loaded).knows(int(id_)):
            raise JavaException(NULL)
        view.loaded.add(int(id_))
        if self._variant.state_saving == "client":
            view.state = pack(view)

    def _detail(self, request: Request, session: DemoSession, view: DemoView) -> str:
        """Return the dialog's HTML for the clicked event; empty without one."""
        given = request.parameters
        wanted = next((value for name, value in given.items() if name.endswith("_selectedEventId")), None)
        if wanted is None:
            return ""
        event = next((e for e in self._events_of(request, session, view) if str(e.get("id")) == wanted), None)
        if event is None:
            raise JavaException(NULL)
        return detail(event)

    def _window(self, request: Request, session: DemoSession, view: DemoView) -> str:
        schedule = DemoPage(self._variant, view, request.language).ids.schedule
        edges = (request.parameters.get(f"{schedule}_{edge}", "") for edge in ("start", "end"))
        try:
            first, last = (EPOCH + timedelta(milliseconds=int(edge)) for edge in edges)
        except (ValueError, OverflowError):
            raise JavaException("java.lang.NumberFormatException") from None
        events = event_json.select_window(self._events_of(request, session, view), first, last, self._variant)
        return event_json.encode(events)

    def _events_of(self, request: Request, session: DemoSession, view: DemoView) -> Sequence[Wire]:
        own = session.user.events if session.user else None
        if own is None:
            return self._timetable.events(view.opened, request.language)
        return [event_json.without_room(event) for event in own] if request.language == "en" else own
