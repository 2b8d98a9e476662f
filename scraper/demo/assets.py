"""Load the pages' scripts and styles: our own, and the real FullCalendar 2.9.1 with its jQuery and moment.js.

The latter are files of the packages js.fullcalendar, js.jquery and js.momentjs (the extra `demo`); only their files
are read, none of their Python code runs. FullCalendar 2.9.1 shows no events with jQuery 3, so the extra requires
1.9.1.
"""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable

from scraper.demo.http import HttpResponse
from scraper.errors import SettingsError

PREFIX = "/faces/javax.faces.resource/"
WEEK = 7 * 24 * 3600
OWN = ("primefaces.js", "primefaces.css", "theme.css", "sidebar.js", "traductions.js", "jsf.js")


def load_resources() -> Mapping[str, HttpResponse]:
    """Return the scripts and styles by name. Raise SettingsError("demo-files") where a package is missing."""
    own = files(__package__).joinpath("static")
    calendar = _library("fullcalendar")
    found = {name: own.joinpath(name).read_bytes() for name in OWN}
    found["jquery/jquery.js"] = _script(_library("jquery"), "jquery")
    found["moment/moment.js"] = _script(_library("momentjs"), "moment")
    found["schedule/schedule.css"] = calendar.joinpath("fullcalendar.css").read_bytes()
    found["schedule/schedule.js"] = b"\n".join(
        (_script(calendar, "fullcalendar"), own.joinpath("schedule.js").read_bytes())
    )
    return {name: _cached(name, body) for name, body in found.items()}


def _library(name: str) -> Traversable:
    try:
        folder = files("js").joinpath(name).joinpath("resources")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise SettingsError("demo-files", package=f"js.{name}") from error
    if not folder.is_dir():
        raise SettingsError("demo-files", package=f"js.{name}")
    return folder


def _script(folder: Traversable, name: str) -> bytes:
    """Return the minified script of that name; some packages append a version to the name."""
    found = sorted(
        (file for file in folder.iterdir() if file.name.startswith(name) and file.name.endswith(".min.js")),
        key=lambda file: len(file.name),
    )
    if not found:
        raise SettingsError("demo-files", package=name)
    return found[0].read_bytes()


def _cached(name: str, body: bytes) -> HttpResponse:
    kind = "text/css" if name.endswith(".css") else "text/javascript;charset=UTF-8"
    return HttpResponse(body=body, content_type=kind, cache=f"max-age={WEEK}")
