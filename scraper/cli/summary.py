"""Output of an export's result, as text or as JSON."""

import sys
from collections import Counter
from datetime import date, datetime, time
from typing import TextIO

from scraper.cli.output import write_text
from scraper.domain.changes import counts
from scraper.domain.planning import Event, merge_days
from scraper.i18n import Catalogue
from scraper.publishing.describe import event_title, format_change
from scraper.publishing.local_times import format_day, zone_note
from scraper.publishing.publish import ExportResult

NEXT = 5
MOST_CHANGES = 20


def result_data(outcome: ExportResult) -> dict[str, object]:
    """Return the JSON object of `--json` for a successful run."""
    period = outcome.planning.period
    return {
        "output": outcome.outputs[0] if outcome.outputs else "",
        **({"outputs": outcome.outputs} if len(outcome.outputs) > 1 else {}),
        "period": {"first": period.first.isoformat(), "last": period.last.isoformat()},
        "events": len(outcome.events),
        "changes": None if outcome.changes is None else counts(outcome.changes),
        **({"held": True} if outcome.held else {}),
        **{
            key: {path: len(events) for path, events in found.items()}
            for key, found in (("left", outcome.locally_modified), ("shortened", outcome.shortened))
            if found
        },
        **({"warnings": found} if (found := _warnings(outcome)) else {}),
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 2),
    }


def _warnings(outcome: ExportResult) -> dict[str, int]:
    """Return the number of occurrences of each warning, by its key in the catalogue."""
    found = Counter(oddity.reason for oddity in outcome.planning.oddities)
    if days := outcome.uncovered_days:
        found["unproved"] = len(days)
    return dict(found)


def write_summary(outcome: ExportResult, words: Catalogue, stream: TextIO, now: datetime, account: str = "") -> None:
    """Write the summary: number of events, days, changes, the next events, and the calendar's path.

    The commands in it name the account, because without a name they fail where there are several.
    """
    period = outcome.planning.period
    lines = [
        words(
            "summary.events",
            count=len(outcome.events),
            first=_day(period.first, words),
            last=_day(period.last, words),
        )
    ]
    lines += _changes(outcome, words, account)
    coming = sorted((event for event in outcome.events if event.end >= now), key=lambda one: one.start.timestamp())
    lines += [f"  {_line(event, words)}" for event in coming[:NEXT]]
    if len(coming) > NEXT:
        lines.append(words("summary.more", count=len(coming) - NEXT))
    lines += zone_note(now, words, outcome.zone)
    if outcome.held:
        lines.append(words("held.kept", account=account))
    else:
        lines += [words("summary.file", path=path) for path in outcome.outputs]
    write_text(stream, "\n".join(lines) + "\n")


def write_warnings(outcome: ExportResult, words: Catalogue) -> None:
    """Write the warnings about a planning to standard error."""
    warnings = []
    if not outcome.events:
        warnings.append(words("warnings.empty"))
    if days := outcome.uncovered_days:
        warnings.append(words("warnings.unproved", count=len(days), days=_day_ranges(days, words)))
    counts = Counter(oddity.reason for oddity in outcome.planning.oddities)
    warnings += [words(f"oddities.{reason}", count=count) for reason, count in counts.items()]
    for key, found in (("modified", outcome.locally_modified), ("shortened", outcome.shortened)):
        warnings += [_at_destination(key, path, events, words) for path, events in found.items()]
    for sentence in warnings:
        sys.stderr.write(f"{words('warnings.warning')} {sentence}\n")


def _at_destination(key: str, path: str, events: tuple[Event, ...], words: Catalogue) -> str:
    named = "; ".join(f"{event_title(event, words)}, {_day(event.start.date(), words)}" for event in events[:NEXT])
    return words(f"warnings.{key}", count=len(events), path=path, events=named + (" …" if len(events) > NEXT else ""))


def _changes(outcome: ExportResult, words: Catalogue, account: str) -> list[str]:
    """Return lines about the changes since the last run; none for a first run, or without a comparison."""
    if outcome.changes is None or outcome.is_first:
        return []
    if not outcome.changes:
        return [words("changes.none_now")]
    zone = outcome.zone
    lines = [f"  {format_change(change, words, zone)}" for change in outcome.changes[:MOST_CHANGES]]
    if (more := len(outcome.changes) - MOST_CHANGES) > 0:
        lines.append(words("held.more" if outcome.held else "changes.more", count=more, account=account))
    return [words("held.head" if outcome.held else "changes.head"), *lines, words("changes.next")]


def _line(event: Event, words: Catalogue) -> str:
    hours = "-".join(map(words.format_time, (event.start, event.end)))
    start = words("summary.all_day") if event.all_day else hours
    where = f"  ({', '.join(event.rooms)})" if event.rooms else ""
    return f"{_day(event.start.date(), words)}  {start}  {event_title(event, words)}{where}"


def _day(day: date, words: Catalogue) -> str:
    return format_day(datetime.combine(day, time(12)), words)


def _day_ranges(days: tuple[date, ...], words: Catalogue) -> str:
    """Return the days as ranges, the first five of them: "from … to …"."""
    ranges = merge_days(days)
    return ", ".join(
        _day(one.first, words)
        if one.days == 1
        else words("summary.run", first=_day(one.first, words), last=_day(one.last, words))
        for one in ranges[:5]
    ) + (" …" if len(ranges) > 5 else "")  # noqa: PLR2004 - as many as fit a line
