"""A lesson's page: what is known of it, what the student chooses for its course, and the lesson as a calendar file."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from scraper.config.settings.edit import parse_setting
from scraper.config.settings.table_schema import RuleTable
from scraper.domain.course_colors import course_of
from scraper.domain.matching import TrackedEvent
from scraper.domain.palette import OFFERED_COLORS
from scraper.domain.text import fold
from scraper.errors import AnotherRun, SettingsError
from scraper.ical.entry import EventToRender
from scraper.ical.render import render, render_events
from scraper.publishing.describe import describe_change
from scraper.publishing.ledger.revisions import assign_revisions
from scraper.web.pages.account_choice import with_account_context
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.request import PageRequest, attachment, get, post
from scraper.web.pages.timetable.format import create_formatter

ALARMS = ("none", "5m", "10m", "15m", "30m", "1h", "1d")
CHOICES = ("drop", "rename", "color", "alarm")
"""What a student can choose for a course: the actions of rules."""


def show_lesson(request: PageRequest, context: AccountContext, error: SettingsError | None = None) -> Response:
    """Show one lesson, with its history and the choices for its course."""
    tracked = _requested_lesson(request, context)
    if tracked is None:
        return request.render("planning/gone.html", status=404, context=context)
    outcome = context.apply_rules(tracked.event)
    history = [
        (recorded.at, describe_change(recorded.change, request.words, context.zone))
        for recorded in context.snapshot.changes
        if recorded.change.uid == tracked.uid
    ]
    place = request.state.accounts.load_rules(request)
    same_course = (course_of(one.event) == course_of(tracked.event) for one in context.snapshot.events)
    return request.render(
        "planning/event.html", status=422 if error else 200, error=error, context=context, tracked=tracked,
        fmt=create_formatter(context, request.words, request.now), event=outcome.event if outcome else tracked.event,
        is_hidden=outcome is None, color=outcome.color if outcome else "", history=history[::-1],
        chosen={table.do: table.to for table in place.tables if _is_about(table, tracked)},
        course=_course_name(tracked), count=sum(same_course), colors=OFFERED_COLORS, alarms=ALARMS,
    )  # fmt: skip


def change_course(request: PageRequest, context: AccountContext) -> Response:
    """Write the choice for the lesson's course as a rule, or delete that rule; then publish the calendars again."""
    tracked = _requested_lesson(request, context)
    do, to = request.form.get("do", ""), " ".join(request.form.get("to", "").split())
    if tracked is None or do not in CHOICES:
        return request.render("planning/gone.html", status=404, context=context)
    place = request.state.accounts.load_rules(request)
    others = [table for table in place.tables if not (table.do == do and _is_about(table, tracked))]
    tables: list[Mapping[str, Any]] = [table.model_dump(exclude_defaults=True) for table in others]
    is_default = "reset" in request.form or (do != "drop" and to in {"", _course_name(tracked)})
    if not is_default:
        tables.append({"course": _course_name(tracked), "do": do, **({"to": to} if do != "drop" else {})})
    try:
        parse_setting("rules", tables)
        request.state.accounts.save_rules(request, replace(place, output=None), tables)
    except SettingsError as error:
        return show_lesson(request, context, error)
    with suppress(AnotherRun):  # then the page offers to publish again
        request.state.accounts.republish(request, context.name)
    return request.redirect(f"/planning/event/{tracked.uid}", account=context.query_name)


def send_lesson(request: PageRequest, context: AccountContext) -> Response:
    """Send the lesson as a calendar of one event, with the UID and the revision that it has in the whole calendar."""
    tracked = _requested_lesson(request, context)
    outcome = context.apply_rules(tracked.event) if tracked else None
    if tracked is None or outcome is None:
        return request.render("planning/gone.html", status=404, context=context)
    status = "CONFIRMED" if tracked.cancelled_since is None else "CANCELLED"
    event = EventToRender(
        outcome.event, tracked.uid, status, outcome.categories, outcome.color, outcome.alarms  # type: ignore[arg-type]
    )  # fmt: skip
    with context.ledger.reading() as transaction:
        revisions = transaction.revisions(context.output)
    published = assign_revisions(render_events([event], context.options), revisions, request.now)
    title = create_formatter(context, request.words, request.now).title(outcome.event)
    name = f"{tracked.event.start.astimezone(context.zone):%Y-%m-%d-%H%M}.ics"
    return attachment(render(published, context.options, title), name, "text/calendar")


def _requested_lesson(request: PageRequest, context: AccountContext) -> TrackedEvent | None:
    return next((tracked for tracked in context.snapshot.events if tracked.uid == request.path["uid"]), None)


def _course_name(tracked: TrackedEvent) -> str:
    """Return the course as a rule names it: the portal's subject, else the kind."""
    return " ".join((tracked.event.subject or tracked.event.kind).split())


def _is_about(table: RuleTable, tracked: TrackedEvent) -> bool:
    """Return whether the rule was made for the lesson's course, and has no other condition."""
    is_plain = table.model_dump(exclude_defaults=True).keys() <= {"course", "do", "to"}
    return is_plain and bool(table.course) and fold(table.course) == course_of(tracked.event)


ROUTES = (
    get("/planning/event/{uid}.ics", with_account_context(send_lesson)),
    get("/planning/event/{uid}", with_account_context(show_lesson)),
    post("/planning/event/{uid}", with_account_context(change_course)),
)
