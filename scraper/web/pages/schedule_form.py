"""The page of the automatic exports: turn them on, after a trial run, or off."""

from collections.abc import Mapping

from starlette.responses import Response

from scraper.config.default_output import shorten_path
from scraper.errors import AurionError, ScheduleError
from scraper.runs.schedule.backends import all_timers, installed_timer
from scraper.runs.schedule.plan import EVERY
from scraper.runs.schedule.scheduled_command import BOUND, secret_variables
from scraper.runs.scheduling import plan_timer, remove_timers
from scraper.system import autostart
from scraper.web.pages.account_choice import school_zone
from scraper.web.pages.background_jobs import child_environment
from scraper.web.pages.request import PageRequest, get, post

JOB = "schedule"
DONE = frozenset({"off", "page_on", "page_off", "start_on", "start_off"})
INTERVALS = ("1h", "2h", "3h", "4h", "6h", "8h", "12h", "1d")
LONGEST = BOUND.total_seconds() + 120
"""Seconds: the trial run of the timer has its own limit."""


def show_schedule(
    request: PageRequest, error: AurionError | None = None, planned_files: Mapping[str, str] | None = None
) -> Response:
    """Show whether a timer is on, its last run, and the form to turn one on; `planned_files` is the preview."""
    form = request.form
    timer, following, last = None, None, None
    try:
        if timer := installed_timer(request.state.folder):
            following, last = timer.next(request.now), timer.last()
    except ScheduleError as failure:
        error, timer = error or failure, None
    kinds = {timer.kind: timer.is_available() for timer in all_timers(request.state.folder)}
    job, trying = request.state.background_jobs.last(JOB), request.words("schedule.trying")
    lines = [line for line in job.messages.splitlines() if line != trying] if job else []
    times = {"next": following, "last": last.at if last else None}
    return request.render(
        "schedule.html", error=error, planned_files=planned_files or {}, is_on=timer is not None,
        kind=timer.kind if timer else "", code=last.exit_code if last else 0, job=job,
        lines=lines, intervals=INTERVALS,
        times={name: request.describe_time(at, None) for name, at in times.items()}, kinds=kinds,
        mode=form.get("mode", "every"), every=form.get("every", EVERY), at_times=form.get("at", ""),
        jitter=form.get("jitter", ""), chosen=form.get("kind", ""), done=request.done(DONE),
        page_every=request.state.options.every, secret_names=secret_variables(request.state.environment),
        has_autostart=autostart.is_on(request.state.environment),
        autostart_path=shorten_path(autostart.autostart_file(request.state.environment)),
        here=request.words.format_time(request.now.astimezone()) if _has_other_clock(request) else "",
    )  # fmt: skip


def preview_or_turn_on(request: PageRequest) -> Response:
    """Preview the timer's files, or start the command that writes them and tries the timer."""
    arguments = _arguments(request.form)
    try:
        plan = plan_timer(request.config, *(arguments.get(name) for name in ("every", "at", "jitter", "kind")))
        if "show" in request.form:
            return show_schedule(request, planned_files=plan.preview)
        if not plan.timer.is_available():
            raise ScheduleError("not-here", kind=plan.timer.kind)
    except AurionError as error:
        return show_schedule(request, error)
    environment = child_environment(request.state.environment, request.words.language)
    options = [part for name, value in arguments.items() for part in (f"--{name}", value)]
    request.state.background_jobs.start(JOB, ["schedule", "on", "--yes", *options], environment, seconds=LONGEST)
    return request.redirect("/schedule")


def turn_off(request: PageRequest) -> Response:
    """Remove every timer of this program."""
    try:
        remove_timers(request.config.state)
    except ScheduleError as error:
        return show_schedule(request, error)
    return request.redirect("/schedule", done="off")


def _has_other_clock(request: PageRequest) -> bool:
    """Return whether this machine's clock, which timers follow, differs from the clock of an account's school."""
    zones = (school_zone(request, name) for name in request.config.account_names)
    here = request.now.astimezone().utcoffset()
    return any(zone and request.now.astimezone(zone).utcoffset() != here for zone in zones)


def _arguments(form: Mapping[str, str]) -> dict[str, str]:
    """Return the options of the command by the form."""
    mode = "at" if form.get("mode") == "at" else "every"
    values = {mode: form.get(mode, ""), "jitter": form.get("jitter", ""), "kind": form.get("kind", "")}
    return {name: value.strip() for name, value in values.items() if value.strip() or name == "at"}


ROUTES = (get("/schedule", show_schedule), post("/schedule", preview_or_turn_on), post("/schedule/off", turn_off))
