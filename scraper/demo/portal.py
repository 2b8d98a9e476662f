"""The portal itself: requests to responses, without sockets, delays and faults."""

from scraper.demo.http import HttpResponse, Request, page, redirect
from scraper.demo.jsf import PAGES, JsfApplication
from scraper.demo.pages import login_page
from scraper.demo.sessions import Sessions
from scraper.demo.sso import SingleSignOn
from scraper.demo.templates import fill_slots
from scraper.demo.variant import DemoUser, Variant


class Portal:
    """A portal that checks sessions and routes requests."""

    def __init__(self, variant: Variant, faces: JsfApplication) -> None:
        self.variant = variant
        self.sessions = Sessions(variant)
        self._faces = faces
        self._sso = SingleSignOn(variant, self._enter)

    def shut(self, request: Request) -> bool:
        """Return whether the address requires a session and the request has none."""
        path, session = request.path, self.sessions.get(request.session)
        free = path.startswith("/faces/Login.xhtml") and self.variant.login != "sso-only"
        return (path == "/" or path.startswith("/faces/")) and not free and not (session and session.user)

    def answer(self, request: Request) -> HttpResponse:
        """Return the response to a request."""
        if self.shut(request):
            return self._refuse(request)
        if request.path == "/login":
            return self._log_in(request)
        if request.path.startswith("/sso/"):
            return self._sso.answer(request)
        if request.path == "/faces/Login.xhtml":
            return self._login_form(request)
        session = self.sessions.get(request.session)
        if session and request.path in PAGES:
            return self._faces.answer(request, session)
        return page(fill_slots("status.html", status=404, message=request.path), status=404)

    def _refuse(self, request: Request) -> HttpResponse:
        if self.variant.login.startswith("sso") and not request.ajax:
            return redirect(self._sso.address(request.port))
        if request.ajax and self.variant.expired == "inline":
            return self._login_form(request)
        return redirect(f"{self.variant.context}/faces/Login.xhtml")

    def _login_form(self, request: Request, *, refused: bool = False) -> HttpResponse:
        known = self.sessions.get(request.session)
        cookie = "" if known else self.sessions.new().id
        return page(login_page(self.variant, request.language, refused=refused), cookie=cookie)

    def _log_in(self, request: Request) -> HttpResponse:
        if request.method != "POST":
            return redirect(f"{self.variant.context}/faces/Login.xhtml")
        given = request.parameters
        name, password = (given.get(f, "") for f in (self.variant.username_field, self.variant.password_field))
        user = self.variant.user(name, password)
        if user is None:
            return self._login_form(request, refused=True)
        self.sessions.drop(self.sessions.get(request.session))
        return self._enter(user)

    def _enter(self, user: DemoUser) -> HttpResponse:
        return redirect(f"{self.variant.context}/", cookie=self.sessions.new(user).id)
