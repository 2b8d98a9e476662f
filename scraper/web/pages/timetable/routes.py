"""The pages of the planning: week, month, list, what was searched, and one lesson with all that is known of it."""

from contextlib import suppress
from datetime import date

from starlette.responses import Response

from scraper.domain.planning import Period
from scraper.publishing.describe import describe_change
from scraper.web.pages.account_context import AccountContext, account_context, nothing_yet
from scraper.web.pages.request import PageRequest, get
from scraper.web.pages.timetable.days import parts, unsure_days, untold_days, updated
from scraper.web.pages.timetable.format import Formatter, kinds_in_words, said
from scraper.web.pages.timetable.lessons import Lesson, lessons
from scraper.web.pages.timetable.search import found
from scraper.web.pages.timetable.views import (  # fmt: skip
    EARLIEST,
    LATEST,
    VIEWS,
    Date,
    beside,
    first_day,
    list_of,
    month_of,
    next_of,
    period_of,
)
from scraper.web.pages.timetable.week_grid import stylesheet, week_of

MOST_FOUND = 60
"""Lessons that a search shows of those to come, and of those that are over."""


def planning(visit: PageRequest, of: AccountContext) -> Response:
    """The calendar, or what was searched in it."""
    if not of.kept.known:
        return nothing_yet(visit)
    shown = lessons(of.kept.known, of.kept.told, of.ruled, visit.now)
    say = said(of, visit.words, visit.now)
    if wanted := visit.query.get("q", "").strip():
        return _searched(visit, of, shown, say, wanted)
    return _viewed(visit, of, shown, say)


def event(visit: PageRequest, of: AccountContext) -> Response:
    """One lesson."""
    one = next((one for one in of.kept.known if one.uid == visit.path["uid"]), None)
    ruled = of.ruled(one.event) if one else None
    if one is None or ruled is None:
        return visit.render("planning/gone.html", status=404, of=of)
    history = [
        (told.at, describe_change(told.change, visit.words, of.zone))
        for told in of.kept.told
        if told.change.uid == one.uid
    ]
    return visit.render(
        "planning/event.html",
        of=of,
        say=said(of, visit.words, visit.now),
        known=one,
        event=ruled,
        history=history[::-1],
    )


def style(visit: PageRequest) -> Response:
    """Where a lesson stands in the grid."""
    del visit
    return Response(stylesheet(), media_type="text/css")


def _viewed(visit: PageRequest, of: AccountContext, shown: tuple[Lesson, ...], say: Formatter) -> Response:
    view = visit.query.get("view", "")
    view = view if view in VIEWS else "week"
    day = _day(visit.query.get("day", "")) or first_day(shown, visit.now, of.zone)
    period = period_of(view, day)
    kept = of.kept
    before, after = beside(view, day)
    going, following = next_of(shown, visit.now)
    return visit.render(
        f"planning/{view}.html", of=of, say=say, view=view, day=day, period=period, going=going, following=following,
        before=before if before >= EARLIEST else None, after=after if after <= LATEST else None, wanted="",
        unsure=unsure_days(kept.known, kept.days, period, of.zone), untold=untold_days(kept.days, period),
        updated=updated(kept.known),
        coming=_after(shown, period, of), held=visit.desk.recall.waiting(of.ledger, visit.now),
        week=week_of(shown, period.first, of.zone) if view == "week" else None,
        month=month_of(shown, day, of.zone) if view == "month" else None,
        dates=list_of(shown, period, of.zone) if view == "list" else None,
    )  # fmt: skip


def _searched(
    visit: PageRequest, of: AccountContext, shown: tuple[Lesson, ...], say: Formatter, wanted: str
) -> Response:
    hits = found((one for one in shown if one.mark != "left"), wanted, kinds_in_words(of, visit.words))
    coming = [one for one in hits if one.event.end > visit.now]
    over = [one for one in reversed(hits) if one.event.end <= visit.now]
    groups = [("to_come", _dates(coming[:MOST_FOUND], of)), ("over", _dates(over[:MOST_FOUND], of)[::-1])]
    return visit.render(
        "planning/search.html", of=of, say=say, view="", day=say.today, wanted=wanted, groups=groups, count=len(hits),
        more=len(coming) > MOST_FOUND or len(over) > MOST_FOUND,
    )  # fmt: skip


def _dates(some: list[Lesson], of: AccountContext) -> list[Date]:
    """Each on its first day."""
    days = [one.event.start.astimezone(of.zone).date() for one in some]
    if not days:
        return []
    on = parts(some, Period(first=min(days), last=max(days)), of.zone)
    firsts = (Date(day=day, parts=[part for part in found if part.begins]) for day, found in on.items())
    return [one for one in firsts if one.parts]


def _day(given: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(given)
        return day if EARLIEST <= day <= LATEST else None
    return None


def _after(shown: tuple[Lesson, ...], period: Period, of: AccountContext) -> date | None:
    """The first day with a lesson after the period."""
    days = (one.event.start.astimezone(of.zone).date() for one in shown if one.is_held)
    return next((day for day in days if day > period.last), None)


ROUTES = (
    get("/planning", account_context(planning)),
    get("/planning/grid.css", style),
    get("/planning/event/{uid}", account_context(event)),
)
