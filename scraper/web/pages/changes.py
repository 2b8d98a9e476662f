"""What changed at the portal, and the calendars published: as `aurion changes` and `aurion history` tell it."""

import re
from datetime import UTC, datetime, timedelta
from itertools import groupby

from starlette.responses import Response

from scraper.domain.changes import KINDS, Added, Change
from scraper.errors import SettingsError
from scraper.publishing.describe import DescribedChange, describe_change
from scraper.publishing.feeds.files import is_feed_calendar
from scraper.web.pages.account_context import AccountContext, account_context
from scraper.web.pages.request import PageRequest, get
from scraper.web.pages.timetable.format import said

RECENT = timedelta(days=30)
NUMBER = re.compile("[0-9]{1,10}")


def changes(visit: PageRequest, of: AccountContext) -> Response:
    """The newest first, by run; of the last thirty days, or of all the year; of one kind, or of all."""
    every = visit.query.get("since") == "all"
    told = [one for one in of.kept.told if every or one.at >= visit.now - RECENT]
    wanted = visit.query.get("kind", "")
    wanted = wanted if wanted in KINDS.values() else ""
    told = sorted(told, key=lambda one: (-one.at.timestamp(), _hour(one.change)))
    lines = [(one.at, one.change.uid, describe_change(one.change, visit.words, of.zone)) for one in told]
    return visit.render(
        "planning/changes.html", of=of, say=said(of, visit.words, visit.now), every=every, kind=wanted,
        held=visit.desk.recall.waiting(of.ledger, visit.now),
        counts=[("", len(lines)), *((kind, sum(line.kind == kind for _, _, line in lines)) for kind in KINDS.values())],
        runs=_by_run([line for line in lines if wanted in ("", line[2].kind)]),
    )  # fmt: skip


def history(visit: PageRequest, of: AccountContext) -> Response:
    """The account's own calendars published, the newest first; what subscribers fetch is made of the same."""
    with of.ledger.reading() as books:
        issues = [
            one for one in reversed(books.published_calendars()) if not is_feed_calendar(visit.desk.state, one.output)
        ]
    return visit.render("planning/history.html", of=of, say=said(of, visit.words, visit.now), issues=issues)


def one_calendar(visit: PageRequest, of: AccountContext) -> Response:
    """That calendar again, as a file."""
    number = visit.path["number"]
    with of.ledger.reading() as books:
        body = books.calendar_body(int(number)) if NUMBER.fullmatch(number) else None
    if body is None:
        return visit.render("error.html", error=SettingsError("show", given=number), status=404)
    name = f'attachment; filename="planning-{int(number)}.ics"'
    return Response(body, media_type="text/calendar", headers={"content-disposition": name})


def _hour(change: Change) -> float:
    """When the lesson was, or is."""
    return (change.after if isinstance(change, Added) else change.before).start.timestamp()


def _by_run(
    lines: list[tuple[datetime, str, DescribedChange]],
) -> list[tuple[datetime, list[tuple[str, DescribedChange]]]]:
    """When a run found it, and what."""
    runs = groupby(lines, key=lambda line: line[0].astimezone(UTC))
    return [(at, [(uid, line) for _, uid, line in found]) for at, found in runs]


ROUTES = (
    get("/changes", account_context(changes)),
    get("/history", account_context(history)),
    get("/history/{number}.ics", account_context(one_calendar)),
)
