"""Forms that keep calendars up to date and reachable: exports by the server, start with the computer, home network."""

from starlette.responses import Response

from scraper.errors import AurionError, ScheduleError, SettingsError
from scraper.system import autostart
from scraper.web.pages.request import PageRequest, post
from scraper.web.pages.schedule_form import show_schedule


def set_interval(request: PageRequest) -> Response:
    """Turn the server's own exports on or off; secrets in its variables are not stored."""
    every = request.form.get("every", "")
    try:
        request.state.options.set_every(every)
    except ScheduleError as error:
        return show_schedule(request, error)
    return request.redirect("/schedule", done="page_on" if every else "page_off")


def set_autostart(request: PageRequest) -> Response:
    """Start the page with the computer from now on, or no longer."""
    is_on = request.form.get("on") == "yes"
    try:
        (autostart.turn_on if is_on else autostart.turn_off)(request.state.environment)
    except AurionError as error:
        return show_schedule(request, error)
    return request.redirect("/schedule", done="start_on" if is_on else "start_off")


def set_network(request: PageRequest) -> Response:
    """Let devices of the home network read the calendars, or no longer."""
    network = request.state.home_network
    if network is None:
        raise SettingsError("no-network")
    if request.form.get("on") == "yes":
        network.turn_on()
    else:
        network.turn_off()
    return request.redirect("/phone/apple" if request.form.get("back") == "apple" else "/subscribers", done="network")


ROUTES = (
    post("/schedule/page", set_interval),
    post("/schedule/autostart", set_autostart),
    post("/network", set_network),
)
