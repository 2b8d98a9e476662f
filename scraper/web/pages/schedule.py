"""The exports that run by themselves: put on, after a run that proves it, and off."""

from collections.abc import Mapping

from starlette.responses import Response

from scraper.config.settings.loading import account_names
from scraper.errors import AurionError, ScheduleError
from scraper.publishing.times import format_local_time
from scraper.runs.schedule.backends import all_timers
from scraper.runs.schedule.job import BOUND
from scraper.runs.schedule.plan import EVERY
from scraper.runs.scheduling import TimerPlan, active_timer, plan_timer, remove_timers
from scraper.web.pages.account_choice import zone_of
from scraper.web.pages.background_jobs import environment_for
from scraper.web.pages.request import PageRequest, get, post

CHORE = "schedule"
INTERVALS = ("1h", "2h", "3h", "4h", "6h", "8h", "12h", "1d")
LONGEST = BOUND.total_seconds() + 120
"""Seconds: the run that proves the timer has its own bound."""


def schedule(visit: PageRequest, error: AurionError | None = None, drawn: Mapping[str, str] | None = None) -> Response:
    """Whether a timer is on, what came of it, and the form to put one on; `drawn` is what would be written."""
    asked, on = visit.form, None
    try:
        on = active_timer(visit.now)
    except ScheduleError as told:
        error = error or told
    kinds = {timer.kind: timer.is_available() for timer in all_timers(visit.desk.state)}
    chore, trying = visit.desk.chores.last(CHORE), visit.words("schedule.trying")
    said = [line for line in chore.said.splitlines() if line != trying] if chore else []
    times = {"next": on.next if on else None, "last": on.last.at if on and on.last else None}
    return visit.render(
        "schedule.html", error=error, drawn=drawn or {}, kind=on.timer.kind if on else "", is_on=on is not None,
        code=on.last.exit_code if on and on.last else 0, chore=chore, said=said, intervals=INTERVALS,
        times={name: format_local_time(at, visit.words) if at else "" for name, at in times.items()}, kinds=kinds,
        mode=asked.get("mode", "every"), every=asked.get("every", EVERY), at_times=asked.get("at", ""),
        jitter=asked.get("jitter", ""), chosen=asked.get("kind", ""), done="done" in visit.query,
        here=f"{visit.now.astimezone():%H:%M}" if _is_elsewhere(visit) else "",
    )  # fmt: skip


def show_or_put_on(visit: PageRequest) -> Response:
    """What would be written; or the command that writes and proves it begins, as a process of its own."""
    arguments = _arguments(visit.form)
    try:
        wished = _planned(visit)
        if "show" in visit.form:
            return schedule(visit, drawn=wished.preview)
        if not wished.timer.is_available():
            raise ScheduleError("not-here", kind=wished.timer.kind)
    except AurionError as error:
        return schedule(visit, error)
    environment = environment_for(visit.desk.environment, visit.words.language)
    told = [part for name, value in arguments.items() for part in (f"--{name}", value)]
    visit.desk.chores.begin(CHORE, ["schedule", "on", "--yes", *told], environment, seconds=LONGEST)
    return visit.goes_to("/schedule")


def turn_off(visit: PageRequest) -> Response:
    """Every timer of ours is taken out."""
    try:
        remove_timers()
    except ScheduleError as error:
        return schedule(visit, error)
    return visit.goes_to("/schedule", done="off")


def _is_elsewhere(visit: PageRequest) -> bool:
    """Whether this machine's clock, by which a timer goes, shows another hour than the school of an account."""
    zones = (zone_of(name, visit.desk.environment) for name in account_names())
    here = visit.now.astimezone().utcoffset()
    return any(zone and visit.now.astimezone(zone).utcoffset() != here for zone in zones)


def _arguments(form: Mapping[str, str]) -> dict[str, str]:
    """The command's options that the form tells."""
    mode = "at" if form.get("mode") == "at" else "every"
    told = {mode: form.get(mode, ""), "jitter": form.get("jitter", ""), "kind": form.get("kind", "")}
    return {name: value.strip() for name, value in told.items() if value.strip() or name == "at"}


def _planned(visit: PageRequest) -> TimerPlan:
    given = _arguments(visit.form)
    every, at, jitter, kind = (given.get(name) for name in ("every", "at", "jitter", "kind"))
    return plan_timer(visit.desk.environment, every, at, jitter, kind)


ROUTES = (get("/schedule", schedule), post("/schedule", show_or_put_on), post("/schedule/off", turn_off))
