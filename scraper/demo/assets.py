"""Load the pages' scripts and styles: our own, and the real FullCalendar 2.9.1 with its jQuery and moment.js.

The latter are in `static/vendor`, unchanged, each with its licence. FullCalendar 2.9.1 shows no events with jQuery 3,
therefore this is an older jQuery.
"""

from collections.abc import Mapping
from importlib.resources import files

from scraper.demo.http import HttpResponse

PREFIX = "/faces/javax.faces.resource/"
WEEK = 7 * 24 * 3600
OWN = ("primefaces.js", "primefaces.css", "theme.css", "sidebar.js", "traductions.js", "jsf.js")
RESOURCES = {
    **{name: (name,) for name in OWN},
    "jquery/jquery.js": ("vendor/jquery.min.js",),
    "moment/moment.js": ("vendor/moment.min.js",),
    "schedule/schedule.css": ("vendor/fullcalendar.css",),
    "schedule/schedule.js": ("vendor/fullcalendar.min.js", "schedule.js"),
}
"""The files of each script and style by its name at the portal."""


def load_resources() -> Mapping[str, HttpResponse]:
    """Return the scripts and styles by name."""
    folder = files(__package__).joinpath("static")
    return {
        name: _cacheable_response(name, b"\n".join(folder.joinpath(part).read_bytes() for part in parts))
        for name, parts in RESOURCES.items()
    }


def _cacheable_response(name: str, body: bytes) -> HttpResponse:
    kind = "text/css" if name.endswith(".css") else "text/javascript;charset=UTF-8"
    return HttpResponse(body=body, content_type=kind, cache=f"max-age={WEEK}")
