"""What a run would change, before it is published: looked at by day, then published or not."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from starlette.responses import Response

from scraper.by_hand import publish_now
from scraper.changes import KINDS, Change, counts
from scraper.errors import AurionError
from scraper.held import Held, drop_held, waiting
from scraper.meant import job_named, ledger_of
from scraper.planning import Event
from scraper.progress import Silent
from scraper.runs import Runs
from scraper.settings.loading import load_settings
from scraper.telling import day_of, differences, moment
from scraper.unattended.news import name_of
from scraper.web.feeding import feed_targets
from scraper.web.page.saying import moment as time_of
from scraper.web.page.visit import Visit, get, post
from scraper.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change: its kind, the lesson, when it is, when it was where that is another time, and what else differs."""

    kind: str
    name: str
    when: str
    was: str
    place: str
    details: tuple[tuple[str, str, str], ...]


def what_waits(account: str, environment: Mapping[str, str], now: datetime) -> Held | None:
    """What waits of that account; None also where its ledger cannot be read, which the next run tells."""
    with suppress(AurionError):
        return waiting(ledger_of(load_settings({}, environment, account)), now)
    return None


def look(visit: Visit) -> Response:
    """What waits, by day."""
    account = visit.path["account"]
    held = waiting(ledger_of(load_settings({}, visit.desk.environment, account)), visit.now)
    found = counts(held.changes) if held else {}
    return visit.render(
        "waiting.html", account=account, held=held, days=_days(held, visit.words) if held else [],
        read=time_of(held.at, visit.now, visit.words) if held else "",
        numbers=[(kind, count) for kind, count in found.items() if count],
    )  # fmt: skip


def decide(visit: Visit) -> Response:
    """Publishes what waits, or forgets it."""
    account, environment = visit.path["account"], visit.desk.environment
    if visit.form.get("do") == "publish":
        job = job_named(account, environment)
        with Runs(visit.desk.state, account).going():
            publish_now(job.account, (*job.targets, *feed_targets(job)), Silent(), visit.now)
    elif visit.form.get("do") == "drop":
        drop_held(ledger_of(load_settings({}, environment, account)))
    return visit.goes_to(f"/runs/{account}")


def _days(held: Held, words: Words) -> list[tuple[str, list[Row]]]:
    """Each day with its changes, a lesson that moved on the day that people know it by."""
    zone = held.zone
    ordered = sorted(held.changes, key=lambda change: _known(change).start)
    by_day = groupby(ordered, key=lambda change: day_of(_known(change).start.astimezone(zone), words))
    return [(day, [_row(change, words, zone) for change in found]) for day, found in by_day]


def _row(change: Change, words: Words, zone: ZoneInfo) -> Row:
    before, after, known = _before(change), _after(change), _known(change)
    event = after or known
    was, when = _time(known, known, words, zone), _time(event, known, words, zone)
    details = differences(before, after, words) if before and after else ()
    return Row(
        kind=KINDS[type(change)], name=name_of(event, words), when=when, was="" if was == when else was,
        place=", ".join(event.rooms),
        details=tuple((words(f"changes.fields.{part}"), old or "—", new or "—") for part, old, new in details),
    )  # fmt: skip


def _time(event: Event, known: Event, words: Words, zone: ZoneInfo) -> str:
    """From when until when; with its day where it is another than that under which the lesson stands."""
    start, end = event.start.astimezone(zone), event.end.astimezone(zone)
    if event.all_day or start.date() != known.start.astimezone(zone).date():
        return moment(event, words, zone)
    return f"{start:%H:%M}" if start == end else f"{start:%H:%M}-{end:%H:%M}"


def _known(change: Change) -> Event:
    event = _before(change) or _after(change)
    assert event is not None  # noqa: S101 - each kind has one
    return event


def _before(change: Change) -> Event | None:
    return getattr(change, "before", None)


def _after(change: Change) -> Event | None:
    return getattr(change, "after", None)


ROUTES = (get("/runs/{account}/waiting", look), post("/runs/{account}/waiting", decide))
