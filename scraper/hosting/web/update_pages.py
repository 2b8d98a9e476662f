"""The page of updates: when the portal was read last, an update now, and a timetable that waits for approval."""

from starlette.responses import Response

from scraper.errors import LoginRefused
from scraper.hosting.stored_error import error_from_row
from scraper.hosting.student_addresses import Subscriptions
from scraper.hosting.student_calendars import calendar_targets
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.hosting.web.student_accounts import settings_of_student, student_ledger
from scraper.publishing.pending import discard_pending
from scraper.publishing.publish import PublishOptions
from scraper.publishing.publish_pending import publish_pending
from scraper.web.pages.request import get, post
from scraper.web.pages.subscriptions import CLIENTS

DONE = frozenset({"asked", "dropped", "published"})


def show_welcome(request: HostedRequest) -> Response:
    """Show the first page after a sign-in: which calendar to put the timetable in."""
    return request.render("welcome.html", clients=tuple(CLIENTS))


def show_updates(request: HostedRequest) -> Response:
    """Show how the last reading ended."""
    status, zone = request.state.turns.status(request.owner.id), request.school.zone
    error = error_from_row(status.error) if status and status.error else None
    held = request.state.ledger_cache.pending(student_ledger(request), request.now)
    return request.render(
        "updates.html", failure=request.explain(error) if error else None,
        needs_password=request.owner.state == "refused" or isinstance(error, LoginRefused),
        last=request.describe_time(status.succeeded_at if status else None, zone),
        held=request.describe_time(held.at if held else None, zone),
        is_running=bool(status and status.has_job), portal=request.school.base_url, done=request.done(DONE),
    )  # fmt: skip


def ask_update(request: HostedRequest) -> Response:
    """Have the portal read as soon as its limits allow."""
    is_due = request.state.turns.request_update(request.owner.id)
    return request.redirect("/updates", done="asked" if is_due else "")


def decide_held(request: HostedRequest) -> Response:
    """Publish or discard the timetable that waits for approval."""
    ledger, action = student_ledger(request), request.form.get("do")
    if action == "publish":
        calendars = [one.calendar for one in Subscriptions(request.state.engine).of_student(request.owner.id)]
        targets = calendar_targets(request.school, settings_of_student(request), calendars)
        publish_pending(ledger, request.school, targets, PublishOptions(now=request.now))
        request.state.feeds.update(request.owner.id)
        return request.redirect("/updates", done="published")
    discard_pending(ledger)
    return request.redirect("/updates", done="dropped")


ROUTES = (
    get("/welcome", show_welcome),
    get("/updates", show_updates),
    post("/updates", ask_update),
    post("/updates/held", decide_held),
)
