"""The page that installs a browser, for a machine without one that starts."""

from starlette.responses import Response

from scraper.web.pages.background_jobs import child_environment
from scraper.web.pages.request import PageRequest, get, post

JOB = "browser"
LONGEST = 1200
"""Seconds: a download, or the system's packages, on a slow network."""


def show_browser(request: PageRequest) -> Response:
    """Show the button, the progress of the installation, or its result."""
    return request.render("browser.html", job=request.state.background_jobs.last(JOB))


def begin_install(request: PageRequest) -> Response:
    """Find a browser that starts, or install one, as `aurion install-browser` does."""
    environment = child_environment(request.state.environment, request.words.language)
    request.state.background_jobs.start(JOB, ["install-browser"], environment, seconds=LONGEST)
    return request.redirect("/browser")


ROUTES = (get("/browser", show_browser), post("/browser", begin_install))
