"""What a person, or a program, is told of an export."""

import sys
from collections import Counter
from datetime import date, datetime, time
from typing import TextIO

from scraper.cli.output import say
from scraper.domain.changes import counts
from scraper.domain.planning import Event
from scraper.i18n import Catalogue
from scraper.publishing.describe import event_title, line
from scraper.publishing.publish import ExportResult
from scraper.publishing.times import day_of, zone_note

NEXT = 5
MOST_CHANGES = 20


def as_data(outcome: ExportResult) -> dict[str, object]:
    """The contract's object of a run that is done."""
    period = outcome.planning.period
    return {
        "output": outcome.outputs[0] if outcome.outputs else "",
        **({"outputs": outcome.outputs} if len(outcome.outputs) > 1 else {}),
        "period": {"first": period.first.isoformat(), "last": period.last.isoformat()},
        "events": len(outcome.events),
        "changes": None if outcome.changes is None else counts(outcome.changes),
        **({"held": True} if outcome.held else {}),
        **({"left": {path: len(events) for path, events in outcome.left.items()}} if outcome.left else {}),
        **({"warnings": found} if (found := _warnings(outcome)) else {}),
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 2),
    }


def _warnings(outcome: ExportResult) -> dict[str, int]:
    """How often each warning applies, by its key in the words."""
    found = Counter(oddity.reason for oddity in outcome.planning.oddities)
    if days := outcome.unproved:
        found["unproved"] = len(days)
    return dict(found)


def tell(outcome: ExportResult, words: Catalogue, stream: TextIO, now: datetime) -> None:
    """The summary for people: how many events, of which days, what comes next, where the file is."""
    period = outcome.planning.period
    lines = [
        words(
            "summary.events",
            count=len(outcome.events),
            first=_day(period.first, words),
            last=_day(period.last, words),
        )
    ]
    lines += _changes(outcome, words)
    coming = sorted((event for event in outcome.events if event.end >= now), key=lambda one: one.start.timestamp())
    lines += [f"  {_line(event, words)}" for event in coming[:NEXT]]
    if len(coming) > NEXT:
        lines.append(words("summary.more", count=len(coming) - NEXT))
    lines += zone_note(now, words, outcome.zone)
    lines += [words("held.kept")] if outcome.held else [words("summary.file", path=path) for path in outcome.outputs]
    say(stream, "\n".join(lines) + "\n")


def warn(outcome: ExportResult, words: Catalogue) -> None:
    """On standard error: what a person may want to know of this planning."""
    told = []
    if not outcome.events:
        told.append(words("warnings.empty"))
    if days := outcome.unproved:
        told.append(words("warnings.unproved", count=len(days), days=_runs(days, words)))
    counts = Counter(oddity.reason for oddity in outcome.planning.oddities)
    told += [words(f"oddities.{reason}", count=count) for reason, count in counts.items()]
    told += [_left(path, events, words) for path, events in outcome.left.items()]
    for sentence in told:
        sys.stderr.write(f"{words('warnings.warning')} {sentence}\n")


def _left(path: str, events: tuple[Event, ...], words: Catalogue) -> str:
    named = "; ".join(f"{event_title(event, words)}, {_day(event.start.date(), words)}" for event in events[:NEXT])
    return words("caldav.left", count=len(events), path=path, events=named + (" …" if len(events) > NEXT else ""))


def _changes(outcome: ExportResult, words: Catalogue) -> list[str]:
    """What changed since the last run; nothing of a first one, or where nothing was compared."""
    if outcome.changes is None or outcome.first:
        return []
    if not outcome.changes:
        return [words("changes.none_now")]
    zone = outcome.zone
    told = [f"  {line(change, words, zone)}" for change in outcome.changes[:MOST_CHANGES]]
    if (more := len(outcome.changes) - MOST_CHANGES) > 0:
        told.append(words("held.more" if outcome.held else "changes.more", count=more))
    return [words("held.head" if outcome.held else "changes.head"), *told, words("changes.next")]


def _line(event: Event, words: Catalogue) -> str:
    start = words("summary.all_day") if event.all_day else f"{event.start:%H:%M}-{event.end:%H:%M}"
    where = f"  ({', '.join(event.rooms)})" if event.rooms else ""
    return f"{_day(event.start.date(), words)}  {start}  {event_title(event, words)}{where}"


def _day(day: date, words: Catalogue) -> str:
    return day_of(datetime.combine(day, time(12)), words)


def _runs(days: tuple[date, ...], words: Catalogue) -> str:
    """The days as runs: a person reads "from … to …"."""
    runs: list[list[date]] = []
    for day in days:
        if runs and (day - runs[-1][1]).days == 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ", ".join(
        _day(a, words) if a == b else words("summary.run", first=_day(a, words), last=_day(b, words))
        for a, b in runs[:5]
    ) + (" …" if len(runs) > 5 else "")  # noqa: PLR2004 - a line's worth
