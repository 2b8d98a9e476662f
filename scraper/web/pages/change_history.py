"""Pages of the recorded changes and the published calendars, like `aurion changes` and `aurion history`."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from starlette.responses import Response

from scraper.config.default_output import shorten_path
from scraper.domain.changes import KINDS, RECENT, known_event
from scraper.errors import SettingsError
from scraper.publishing.describe import DescribedChange, describe_change
from scraper.publishing.feeds.feed_files import is_feed_calendar
from scraper.publishing.undo import time_before_last_change, time_of_calendar
from scraper.web.pages.account_choice import with_account_context
from scraper.web.pages.account_context import AccountContext
from scraper.web.pages.request import PageRequest, attachment, get, post
from scraper.web.pages.timetable.format import create_formatter

DONE = frozenset({"undone", "same"})
NUMBER = re.compile("[0-9]{1,10}")


def show_changes(request: PageRequest, context: AccountContext) -> Response:
    """Show recorded changes by run, newest first: of the last thirty days or all, of one kind or all."""
    is_all = request.query.get("since") == "all"
    recorded = [one for one in context.snapshot.changes if is_all or one.at >= request.now - RECENT]
    wanted = request.query.get("kind", "")
    wanted = wanted if wanted in KINDS.values() else ""
    recorded = sorted(recorded, key=lambda one: (-one.at.timestamp(), known_event(one.change).start.timestamp()))
    lines = [(one.at, one.change.uid, describe_change(one.change, request.words, context.zone)) for one in recorded]
    return request.render(
        "planning/changes.html", context=context, fmt=create_formatter(context, request.words, request.now),
        is_all=is_all, kind=wanted, held=request.state.ledger_cache.pending(context.ledger, request.now),
        counts=[("", len(lines)), *((kind, sum(line.kind == kind for _, _, line in lines)) for kind in KINDS.values())],
        runs=_by_run([line for line in lines if wanted in ("", line[2].kind)]),
    )  # fmt: skip


def show_history(request: PageRequest, context: AccountContext) -> Response:
    """Show the calendars published to the account's own outputs, newest first.

    The subscribers' calendars are made of the same events and are left out.
    """
    with context.ledger.reading() as transaction:
        calendars = [
            replace(calendar, output=shorten_path(Path(calendar.output)))
            for calendar in reversed(transaction.published_calendars())
            if not is_feed_calendar(request.state.folder, calendar.output)
        ]
    return request.render(
        "planning/history.html",
        context=context,
        fmt=create_formatter(context, request.words, request.now),
        calendars=calendars,
        has_changes=bool(context.snapshot.changes),
        done=request.done(DONE),
    )


def download_published(request: PageRequest, context: AccountContext) -> Response:
    """Send a published calendar again as a file."""
    number = request.path["number"]
    with context.ledger.reading() as transaction:
        body = transaction.calendar_body(int(number)) if NUMBER.fullmatch(number) else None
    if body is None:
        return request.render("error.html", error=SettingsError("show", given=number), status=404)
    return attachment(body, f"planning-{int(number)}.ics", "text/calendar")


def undo_last(request: PageRequest, context: AccountContext) -> Response:
    """Undo the last published changes."""
    return _undo(request, context, time_before_last_change(context.ledger))


def restore_calendar(request: PageRequest, context: AccountContext) -> Response:
    """Return to a published calendar: undo all changes published after it."""
    number = request.path["number"]
    if not NUMBER.fullmatch(number):
        raise SettingsError("show", given=number)
    return _undo(request, context, time_of_calendar(context.ledger, int(number)))


def _undo(request: PageRequest, context: AccountContext, since: datetime | None) -> Response:
    undone = since and request.state.accounts.undo(request, context.name, since)
    return request.redirect("/history", account=context.query_name, done="undone" if undone else "same")


def _by_run(
    lines: list[tuple[datetime, str, DescribedChange]],
) -> list[tuple[datetime, list[tuple[str, DescribedChange]]]]:
    """Group changes by the run that found them."""
    runs = groupby(lines, key=lambda line: line[0].astimezone(UTC))
    return [(at, [(uid, line) for _, uid, line in found]) for at, found in runs]


ROUTES = (
    get("/changes", with_account_context(show_changes)),
    get("/history", with_account_context(show_history)),
    post("/history/undo", with_account_context(undo_last)),
    post("/history/{number}/restore", with_account_context(restore_calendar)),
    get("/history/{number}.ics", with_account_context(download_published)),
)
