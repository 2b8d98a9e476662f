"""The types of a request to the portal and its response."""

from collections.abc import Mapping
from dataclasses import dataclass, field

XML = "text/xml;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
STATE, SUBMENU = "javax.faces.ViewState", "webscolaapp.Sidebar.ID_SUBMENU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request: `path` is below the context; `parameters` are those of query and form, the first of each name."""

    method: str
    path: str
    port: int = 0
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    session: str = field(default="", repr=False)
    language: str = "fr"
    faces: bool = False

    @property
    def ajax(self) -> bool:
        """Whether the page's script sent the request."""
        return self.faces or "javax.faces.partial.ajax" in self.parameters

    @property
    def kind(self) -> str:
        """The purpose of the request, as used by `latency` and the log."""
        if self.path == "/login":
            return "login"
        if self.path.endswith("Login.xhtml"):
            return "loginPage"
        return self._post_kind() if self.method == "POST" else self._get_kind()

    def _get_kind(self) -> str:
        if self.path.endswith("Planning.xhtml"):
            return "planning"
        return "home" if self.path == "/" or self.path.endswith("MainMenuPage.xhtml") else "other"

    def _post_kind(self) -> str:
        if SUBMENU in self.parameters:
            return "submenu"
        if any(name.endswith("_selectedEventId") for name in self.parameters):
            return "detail"
        if any(name.endswith("_start") for name in self.parameters):
            return "events"
        return "ajax" if "javax.faces.partial.ajax" in self.parameters else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A response: `cookie` is that of a new session, `cut` the number of bytes really sent, `drop`: no response."""

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = HTML
    location: str = ""
    cookie: str = field(default="", repr=False)
    cache: str = ""
    cut: int | None = None
    drop: bool = False


def page(html: str, *, status: int = 200, cookie: str = "") -> HttpResponse:
    """Return an HTML page."""
    return HttpResponse(status=status, body=html.encode(), cookie=cookie)


def redirect(location: str, *, cookie: str = "") -> HttpResponse:
    """Return a redirect (302)."""
    return HttpResponse(status=302, location=location, content_type="", cookie=cookie)
