"""The timetable's pages: today, week, month, list and search results."""

from contextlib import suppress
from datetime import date

from starlette.responses import Response

from scraper.domain.planning import Period
from scraper.web.pages.account_choice import render_empty, with_account_context
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.request import PageRequest, get
from scraper.web.pages.timetable.days import last_update, split_by_day, unasked_days, uncertain_days
from scraper.web.pages.timetable.format import Formatter, create_formatter, kinds_in_words
from scraper.web.pages.timetable.lesson_search import search_lessons
from scraper.web.pages.timetable.lessons import Lesson, lessons
from scraper.web.pages.timetable.today import build_today
from scraper.web.pages.timetable.views import (  # fmt: skip
    EARLIEST,
    LATEST,
    VIEWS,
    Date,
    adjacent_days,
    current_and_next,
    initial_day,
    list_days,
    month_weeks,
    next_held_day,
    shown_period,
)
from scraper.web.pages.timetable.week_grid import build_week, stylesheet

MOST_FOUND = 60
"""Lessons that a search shows among the future ones, and as many among the past ones."""


def show_timetable(request: PageRequest, context: AccountContext) -> Response:
    """Show the timetable, or the lessons that match a search."""
    if not context.snapshot.events:
        return render_empty(request)
    snapshot = context.snapshot
    found = lessons(snapshot.events, snapshot.changes, context.apply_rules, request.now, with_hidden=True)
    visible = tuple(lesson for lesson in found if lesson.mark != "dropped")
    fmt = create_formatter(context, request.words, request.now)
    if query := request.query.get("q", "").strip():
        return _render_search(request, context, visible, fmt, query)
    hidden = tuple(lesson for lesson in found if lesson.mark == "dropped")
    return _render_view(request, context, found if "hidden" in request.query else visible, hidden, fmt)


def send_stylesheet(request: PageRequest) -> Response:
    """Send the style sheet that places lessons in the grid."""
    del request
    return Response(stylesheet(), media_type="text/css")


def _render_view(
    request: PageRequest,
    context: AccountContext,
    visible: tuple[Lesson, ...],
    hidden: tuple[Lesson, ...],
    fmt: Formatter,
) -> Response:
    chosen = request.query.get("view", "")
    chosen = chosen if chosen in VIEWS else ""
    view = chosen or "week"
    template = chosen or ("week" if "day" in request.query else "start")
    day = _parse_day(request.query.get("day", "")) or initial_day(visible, request.now, context.zone)
    period = shown_period(view, day)
    snapshot, zone = context.snapshot, context.zone
    before, after = adjacent_days(view, day)
    current, following = current_and_next(visible, request.now)
    return request.render(
        f"planning/{template}.html", context=context, fmt=fmt, view=view, chosen=chosen, day=day, period=period,
        current=current, following=following, before=before if before >= EARLIEST else None,
        after=after if after <= LATEST else None, query="",
        uncertain=uncertain_days(snapshot.events, snapshot.covered_days, period, zone),
        unasked=unasked_days(snapshot.covered_days, period), updated=last_update(snapshot.events),
        next_day=next_held_day(visible, period.last, zone), with_hidden="hidden" in request.query,
        hidden=sum(lesson.event.belongs_to(period, zone) for lesson in hidden),
        held=request.state.ledger_cache.pending(context.ledger, request.now),
        week=build_week(visible, period.first, zone) if view == "week" else None,
        month=month_weeks(visible, day, zone) if view == "month" else None,
        dates=list_days(visible, period, zone) if view == "list" else None,
        shown=build_today(visible, request.now, zone) if template in {"start", "today"} else None,
    )  # fmt: skip


def _render_search(
    request: PageRequest, context: AccountContext, visible: tuple[Lesson, ...], fmt: Formatter, query: str
) -> Response:
    candidates = (lesson for lesson in visible if lesson.mark != "left")
    matches = search_lessons(candidates, query, kinds_in_words(context, request.words))
    coming = [lesson for lesson in matches if lesson.event.end > request.now]
    past = [lesson for lesson in reversed(matches) if lesson.event.end <= request.now]
    groups = [
        ("to_come", _group_by_start_day(coming[:MOST_FOUND], context)),
        ("over", _group_by_start_day(past[:MOST_FOUND], context)[::-1]),
    ]
    return request.render(
        "planning/search.html", context=context, fmt=fmt, view="", day=fmt.today, query=query, groups=groups,
        count=len(matches), more=len(coming) > MOST_FOUND or len(past) > MOST_FOUND,
    )  # fmt: skip


def _group_by_start_day(matches: list[Lesson], context: AccountContext) -> list[Date]:
    """Group lessons by the day on which they start."""
    days = [one.event.day(context.zone) for one in matches]
    if not days:
        return []
    by_day = split_by_day(matches, Period(first=min(days), last=max(days)), context.zone)
    dates = (Date(day=day, parts=[part for part in on_day if part.is_first_day]) for day, on_day in by_day.items())
    return [one for one in dates if one.parts]


def _parse_day(given: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(given)
        return day if EARLIEST <= day <= LATEST else None
    return None


ROUTES = (
    get("/planning", with_account_context(show_timetable)),
    get("/planning/grid.css", send_stylesheet),
)
