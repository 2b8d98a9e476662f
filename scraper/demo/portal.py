"""The portal itself: a request in, an answer out. No sockets, no waiting, no faults."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from scraper.demo import partial, wire
from scraper.demo.answer import STATE, Answer, Request, page, redirect
from scraper.demo.html import fill
from scraper.demo.menu import Menu
from scraper.demo.pages import Page, detail, login_page
from scraper.demo.sessions import Session, Sessions, View, new_view, pack, unpack
from scraper.demo.sso import SingleSignOn
from scraper.demo.variant import User, Variant
from scraper.demo.wire import Wire

PAGES = {f"/faces/{name}.xhtml": name for name in ("MainMenuPage", "Planning", "Other")} | {
    "/": "MainMenuPage"
}
SUBMENU = "webscolaapp.Sidebar.ID_SUBMENU"
MENU_PLACE = "form:sidebar_menuid"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Portal:
    """Answers as the recorded portal does; `events` are those of an account without its own."""

    def __init__(
        self, variant: Variant, events: Sequence[Wire], english: Sequence[Wire] | None = None
    ) -> None:
        self.variant = variant
        self.sessions = Sessions(variant)
        self._events = {"fr": events, "en": english}
        self._sso = SingleSignOn(variant, self._enter)

    def shut(self, request: Request) -> bool:
        """Whether that address needs a session and the request has none."""
        path, session = request.path, self.sessions.get(request.session)
        free = path.startswith("/faces/Login.xhtml") and self.variant.login != "sso-only"
        return (path == "/" or path.startswith("/faces/")) and not free and not (session and session.user)

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        if self.shut(request):
            return self._refuse(request)
        if request.path == "/login":
            return self._log_in(request)
        if request.path.startswith("/sso/"):
            return self._sso.answer(request)
        if request.path == "/faces/Login.xhtml":
            return self._login_form(request)
        if request.path in PAGES:
            return self._page(request, PAGES[request.path])
        return page(fill("status.html", status=404, message=request.path), status=404)

    def _refuse(self, request: Request) -> Answer:
        if self.variant.login.startswith("sso") and not request.ajax:
            return redirect(self._sso.address(request.port))
        if request.ajax and self.variant.expired == "inline":
            return self._login_form(request)
        return redirect(f"{self.variant.context}/faces/Login.xhtml")

    def _login_form(self, request: Request, *, refused: bool = False) -> Answer:
        known = self.sessions.get(request.session)
        cookie = "" if known else self.sessions.new().id
        return page(login_page(self.variant, request.language, refused=refused), cookie=cookie)

    def _log_in(self, request: Request) -> Answer:
        if request.method != "POST":
            return redirect(f"{self.variant.context}/faces/Login.xhtml")
        given = request.parameters
        name, password = (
            given.get(f, "") for f in (self.variant.username_field, self.variant.password_field)
        )
        user = self.variant.user(name, password)
        if user is None:
            return self._login_form(request, refused=True)
        self.sessions.drop(self.sessions.get(request.session))
        return self._enter(user)

    def _enter(self, user: User) -> Answer:
        return redirect(f"{self.variant.context}/", cookie=self.sessions.new(user).id)

    def _page(self, request: Request, name: str) -> Answer:
        session = self.sessions.get(request.session)
        assert session is not None  # noqa: S101 - a request without a session does not come here
        if request.method != "POST" or STATE not in request.parameters:
            return self._whole(request, session, self._fresh(session, name))
        view = self._restore(session, request.parameters[STATE])
        if view is None:
            return _expired(request)
        return (
            self._partial(request, session, view) if request.ajax else self._submitted(request, session, view)
        )

    def _fresh(self, session: Session, name: str) -> View:
        view = new_view(name, full=self.variant.direct == "full" or session.rubrique == "planning")
        if self.variant.state_saving == "client":
            view.state = pack(view)
        else:
            session.remember(view)
        return view

    def _restore(self, session: Session, state: str) -> View | None:
        return unpack(state) if self.variant.state_saving == "client" else session.restore(state)

    def _whole(self, request: Request, session: Session, view: View) -> Answer:
        name = session.user.name if session.user else ""
        html = Page(self.variant, view, request.language).html(name, datetime.now(self.variant.tzinfo))
        return page(html)

    def _submitted(self, request: Request, session: Session, view: View) -> Answer:
        """A whole page was posted: the leaf of the menu or the link of the home page that was clicked."""
        given = request.parameters
        links = dict(zip(Page(self.variant, view, "fr").ids.links, self.variant.home_links, strict=False))
        chosen = next((rubrique for id_, rubrique in links.items() if id_ in given), None)
        if MENU_PLACE in given:
            chosen = Menu(self.variant, view.loaded).leaf(given[MENU_PLACE])
            if chosen is None:
                return page(fill("status.html", status=500, message="menuitem is null"), status=500)
        if chosen is None:
            return self._whole(request, session, view)
        session.rubrique = chosen.opens
        target = "Planning" if chosen.opens == "planning" else "Other"
        return redirect(f"{self.variant.context}/faces/{target}.xhtml")

    def _partial(self, request: Request, session: Session, view: View) -> Answer:
        """The components asked for, and those that come by themselves, in the page's order."""
        given, chosen = request.parameters, ""
        if SUBMENU in given and not self._load(view, given[SUBMENU]):
            return partial.error("java.lang.NullPointerException")
        event_id = next((value for name, value in given.items() if name.endswith("_selectedEventId")), None)
        if event_id is not None:
            event = next((e for e in self._events_of(request, session) if str(e.get("id")) == event_id), None)
            if event is None:
                return partial.error("java.lang.NullPointerException")
            chosen = detail(event, self.variant)
        shown = Page(self.variant, view, request.language, chosen)
        wanted = shown.automatic | set(given.get("javax.faces.partial.render", "").split())
        components = {id_: html for id_, html in shown.components().items() if id_ in wanted}
        schedule = shown.ids.schedule
        if schedule in components and schedule in given:
            try:
                components[schedule] = self._window(request, session, schedule)
            except (ValueError, OverflowError):
                return partial.error("java.lang.NumberFormatException")
        return partial.changes(components.items(), view.state)

    def _load(self, view: View, submenu: str) -> bool:
        id_ = submenu.removeprefix("submenu_")
        if not id_.isdigit() or not Menu(self.variant, view.loaded).knows(int(id_)):
            return False
        view.loaded.add(int(id_))
        if self.variant.state_saving == "client":
            view.state = pack(view)
        return True

    def _window(self, request: Request, session: Session, schedule: str) -> str:
        first, last = (
            EPOCH + timedelta(milliseconds=int(request.parameters.get(f"{schedule}_{edge}", "")))
            for edge in ("start", "end")
        )
        events = wire.within(self._events_of(request, session), first, last, self.variant)
        return wire.encode(events, self.variant.tzinfo)

    def _events_of(self, request: Request, session: Session) -> Sequence[Wire]:
        own = session.user.events if session.user else None
        french = own if own is not None else self._events["fr"] or ()
        if request.language != "en":
            return french
        return (
            self._events["en"] if self._events["en"] is not None else [wire.without_room(e) for e in french]
        )


def _expired(request: Request) -> Answer:
    if request.ajax:
        return partial.error("javax.faces.application.ViewExpiredException")
    view = request.path.removeprefix("/faces")
    told = f"viewId:{view} - View {view} could not be restored."
    return page(fill("status.html", status=500, message=told), status=500)
