"""Pages about courses: the exams with a countdown, and the hours."""

from starlette.responses import Response

from scraper.publishing.render import first_of_school_year
from scraper.web.pages.account_choice import with_account_context
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.request import PageRequest, attachment, get
from scraper.web.pages.timetable.format import create_formatter
from scraper.web.pages.timetable.hours import STATES, count_hours, hours_as_csv, total
from scraper.web.pages.timetable.lessons import lessons


def show_exams(request: PageRequest, context: AccountContext) -> Response:
    """Show the next exams with a countdown, then those that are over."""
    fmt = create_formatter(context, request.words, request.now)
    snapshot = context.snapshot
    exams = [
        lesson
        for lesson in lessons(snapshot.events, snapshot.changes, context.apply_rules, request.now)
        if lesson.event.is_exam and lesson.mark != "left"
    ]
    return request.render(
        "planning/exams.html", context=context, fmt=fmt, view="exams", day=fmt.today, query="",
        coming=[lesson for lesson in exams if lesson.event.end > request.now],
        over=[lesson for lesson in exams[::-1] if lesson.event.end <= request.now],
    )  # fmt: skip


def show_hours(request: PageRequest, context: AccountContext) -> Response:
    """Show the hours of each course since the school year began; as CSV where the address ends so."""
    fmt = create_formatter(context, request.words, request.now)
    since = first_of_school_year(fmt.today)
    hours = count_hours(context.snapshot.events, context.apply_rules, fmt, since)
    if request.at.endswith(".csv"):
        name = f"{request.words('page.hours.file')}.csv"
        return attachment(hours_as_csv(hours, request.words), name, "text/csv; charset=utf-8")
    totals = {course: total(kinds) for course, kinds in hours.items()}
    return request.render(
        "planning/hours.html", context=context, fmt=fmt, view="hours", day=fmt.today, query="", hours=hours,
        totals=totals, all=total(totals), states=STATES,
        since=max(since, min(context.snapshot.covered_days, default=since)),
    )  # fmt: skip


ROUTES = (
    get("/planning/exams", with_account_context(show_exams)),
    get("/planning/hours", with_account_context(show_hours)),
    get("/planning/hours.csv", with_account_context(show_hours)),
)
