"""`aurion export --explain ID`: show the source of each property of an event, from the ledger and without an export."""

import sys
from collections.abc import Sequence
from datetime import datetime

from scraper.cli.output import write_json, write_line
from scraper.domain.course_colors import course_colors
from scraper.domain.ical_lines import event_lines
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.ical.entry import FIRST_LESSON
from scraper.publishing.explain import ExplainedProperty, explain_event
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.local_times import format_local_time
from scraper.publishing.target import CalendarTarget


def print_explanation(
    wanted: str, ledger: Ledger, targets: Sequence[CalendarTarget], words: Catalogue, *, json_output: bool
) -> None:
    """Explain the event with this portal id or UID, for each calendar. Raise SettingsError, LedgerError."""
    with ledger.reading() as books:
        tracked = books.tracked_events()
        found = [known for known in tracked if wanted in (known.uid, known.event.id)]
        if not found:
            raise SettingsError("explain", given=wanted)
        (known,) = found
        colors = course_colors(tracked)
        last = {target.output: books.last_body(target.output) for target in targets}
        explanations = [
            (
                target,
                *explain_event(
                    known, target.options, target.rules, colors, books.revisions(target.output).get(known.uid),
                    is_first=any(
                        {f"UID:{known.uid}", f"{FIRST_LESSON}:TRUE"} <= {*lines}
                        for lines in event_lines(last[target.output] or b"")
                    ),
                ),
            )
            for target in targets
        ]  # fmt: skip
    left_out = {output for output, body in last.items() if body is not None and known.uid.encode() not in body}
    if json_output:
        data = [
            {
                "output": target.output,
                "published": target.output not in left_out,
                "rules": [{"number": number, "effect": effect} for number, effect in fitted],
                "properties": [
                    {"name": line.name, "value": line.value, "source": _source(line, words, ledger)} for line in lines
                ],
            }
            for target, lines, fitted in explanations
        ]
        write_json(data)
        return
    for target, lines, fitted in explanations:
        write_line(target.output)
        for line in lines:
            sys.stdout.write(f"  {line.name}: {line.value}\n      ← {_source(line, words, ledger)}\n")
        for number, effect in fitted:
            sys.stdout.write(f"  {words(f'explain.effects.{effect}', number=number)}\n")
        if not lines:
            sys.stdout.write(f"  {words('explain.absent')}\n")
        elif target.output in left_out:
            sys.stdout.write(f"  {words('explain.left_out')}\n")


def _source(line: ExplainedProperty, words: Catalogue, ledger: Ledger) -> str:
    """Return the sentence for a property's source."""
    facts = {
        name: format_local_time(value, words, ledger.zone) if isinstance(value, datetime) else value
        for name, value in line.facts.items()
    }
    return words(f"explain.sources.{line.source}", **facts)
