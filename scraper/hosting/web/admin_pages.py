"""The page for administrators: the state of the service in numbers, without names and timetables."""

from collections.abc import Iterable, Mapping

from starlette.responses import Response

from scraper.hosting.service_status import CalendarAges, PortalStatus, ServiceStatus, read_status
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.i18n import Catalogue
from scraper.publishing.local_times import PARIS, format_age, format_recent_time
from scraper.web.pages.request import get

Row = tuple[str, object]


def show_admin(request: HostedRequest) -> Response:
    """Show the numbers to an administrator; for others there is no such page."""
    if not request.is_admin:
        return request.render("missing.html", status=404)
    status = read_status(request.state.engine, request.state.settings)
    portals = {one.portal: list(_portal(one, status, request.words)) for one in status.portals}
    return request.render("admin.html", tables=_tables(status, request.words), portals=portals)


def _tables(status: ServiceStatus, words: Catalogue) -> Mapping[str, Iterable[Row]]:
    """Return the rows of each table by the key of its title."""
    queue = {"waiting": status.waiting, "running": status.running, "due": sum(status.due.values())}
    return {
        "accounts": _label_rows("states", status.accounts, words),
        "ages": list(_ages(status.ages, words)),
        "queue": _label_rows("queue", queue, words),
        "reasons": _label_rows("reasons", status.due, words),
        "failures": list(status.failures.items()),
        "channels": _label_rows("channels", status.channels, words),
    }


def _ages(ages: CalendarAges, words: Catalogue) -> Iterable[Row]:
    for name, age in (("median", ages.median), ("oldest", ages.oldest)):
        if age is not None:
            yield words(f"page.hosting.admin.ages.{name}"), format_age(age, words)
    yield words("page.hosting.admin.ages.old"), ages.old
    yield words("page.hosting.admin.ages.never"), ages.never_read


def _portal(one: PortalStatus, status: ServiceStatus, words: Catalogue) -> Iterable[Row]:
    """Yield the rows of a portal, the hours newest first."""
    if one.paused_until is not None:
        until = format_recent_time(one.paused_until, status.at, words, PARIS)
        yield words("page.hosting.admin.portal.paused"), until
    numbers = {"today": one.exchanges_today, "sessions": one.sessions, "classes": one.classes}
    yield from _label_rows("portal", numbers, words)
    for hour, number in reversed(one.exchanges_by_hour.items()):
        yield words.format_time(hour.astimezone(PARIS)), number


def _label_rows(group: str, numbers: Mapping[str, int], words: Catalogue) -> list[Row]:
    """Return the numbers with their names in words; a name without words stays as it is."""
    keys = {name: f"page.hosting.admin.{group}.{name}" for name in numbers}
    return [(words(keys[name]) if words.has(keys[name]) else name, number) for name, number in numbers.items()]


ROUTES = (get("/admin", show_admin),)
