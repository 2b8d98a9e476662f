"""A visitor without a browser, who sends the requests of the page's script with cookies and view state."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import pytest

from scraper.demo import LOGIN, PASSWORD, Control, Demo, Variant
from tests.http_requests import Answer, asked

STATE = "javax.faces.ViewState"
MENU = "/faces/MainMenuPage.xhtml"
PLANNING = "/faces/Planning.xhtml"


@dataclass(slots=True, kw_only=True)
class Visitor:
    """A visitor of a demo portal; `html` is the last page, `state` its view state."""

    demo: Demo
    cookie: str = ""
    html: str = ""
    state: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def send(self, path: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Send one request below the context: a GET, or a POST of `fields`; redirects are not followed."""
        base = urlsplit(self.demo.url)
        headers = {"Cookie": self.cookie, **self.headers}
        body = None if fields is None else urlencode(fields)
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        reply = asked(base.netloc, "GET" if body is None else "POST", base.path + path, headers, body)
        self.cookie = reply.headers.get("set-cookie", self.cookie).partition(";")[0]
        return reply

    def look(self, path: str) -> Answer:
        """Open a page; the following requests have its view state."""
        reply = self.send(path)
        self.html = reply.text
        found = re.search(rf'name="{STATE}" id="j_id1:{STATE}:0" value="([^"]*)"', reply.text)
        self.state = found[1] if found else ""
        return reply

    def log_in(self, login: str = LOGIN, password: str = PASSWORD) -> Answer:
        """Fill in and send the login form."""
        self.send("/faces/Login.xhtml")
        return self.send("/login", {"username": login, "password": password})

    def open_planning(self) -> str:
        """Log in, open the timetable by the first leaf of the menu, and return the schedule's id."""
        self.log_in()
        self.look("/")
        leaf = {"form": "form", "form:sidebar": "form:sidebar", "form:sidebar_menuid": "0", STATE: self.state}
        self.send(MENU, leaf)
        self.look(PLANNING)
        return self.schedule

    @property
    def schedule(self) -> str:
        """The id of the schedule on the last page; empty where it has none."""
        found = re.search(r'PrimeFaces\.cw\("Schedule","[^"]+",\{id:"([^"]+)"', self.html)
        return found[1] if found else ""

    def script(self, source: str, path: str = PLANNING, **parameters: str) -> Answer:
        """Send a request of the page's script for its component `source`."""
        return self.send(
            path,
            {
                "javax.faces.partial.ajax": "true",
                "javax.faces.source": source,
                "javax.faces.partial.execute": source,
                "javax.faces.partial.render": source,
                source: source,
                **parameters,
                "form": "form",
                STATE: self.state,
            },
        )

    def ask(self, start: int = 0, end: int = 4_000_000_000_000, path: str = PLANNING) -> Answer:
        """Send the schedule's request for a window, in epoch milliseconds."""
        name = self.schedule
        return self.script(name, path, **{f"{name}_start": str(start), f"{name}_end": str(end)})

    def load(self, submenu: int) -> Answer:
        """Click on a submenu of the last page."""
        found = re.search(r'chargerSousMenu = function\(\) \{PrimeFaces\.ab\(\{s:"([^"]+)"', self.html)
        assert found
        extra = {
            "javax.faces.partial.render": "form:sidebar",
            "webscolaapp.Sidebar.ID_SUBMENU": f"submenu_{submenu}",
        }
        return self.script(found[1], MENU, **extra)


@pytest.fixture
def visit() -> Iterator[Callable[..., Visitor]]:
    """Return a function that starts a portal with the arguments of Demo, and returns its visitor."""
    with ExitStack() as running:

        def start(
            variant: Variant | None = None,
            control: Control | None = None,
            events: list[dict[str, object]] | None = None,
        ) -> Visitor:
            demo = Demo(variant=variant, control=control, events=events)
            return Visitor(demo=running.enter_context(demo))

        yield start


@pytest.fixture
def lesson() -> Callable[..., dict[str, object]]:
    """Return a function that creates an event: an hour of one day of March 2026."""

    def make(day: int = 2, **changed: object) -> dict[str, object]:
        return {
            "id": str(70_000_000 + day),
            "title": "IC1_427\n\nOptique\nCOURS_TD\nMadame LEROUX",
            "start": f"2026-03-{day:02}T08:00:00+0100",
            "end": f"2026-03-{day:02}T09:00:00+0100",
            "allDay": False,
            "editable": True,
            "className": "COURS_TD",
            **changed,
        }

    return make
