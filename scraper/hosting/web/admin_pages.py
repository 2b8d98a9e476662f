"""The page for administrators and the metrics: numbers only."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from scraper.hosting.web.request import HostedRequest, get
from scraper.hosting.web.service_numbers import load_numbers


def show_admin(request: HostedRequest) -> Response:
    """Show the numbers to an administrator; nobody else learns that there is such a page."""
    if not request.is_admin:
        return request.render("missing.html", status=404)
    return request.render("admin.html", tables=load_numbers(request))


ROUTES = (get("/admin", show_admin),)
