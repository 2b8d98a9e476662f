"""Broken answers: hundreds of them, each published over an existing calendar."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from icalendar import Calendar

from scraper.domain.recording import Recording, load
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.parsing.read import read
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.publishing.publish import PublishOptions, publish
from scraper.publishing.target import CalendarTarget
from scraper.sinks.file import FileSink
from tests.effort import examples
from tests.parsers import assert_same_events
from tests.paths import ROOT

pytestmark = pytest.mark.slow

RECORDINGS = ROOT / "fixtures" / "recordings"
FACTS = (
    "junia/titles-of-five-lines",
    "junia/exams",
    "junia/whole-days-and-several-days",
    "isen-ouest/own-planning-on-one-line",
)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TURNS = examples(48)
EVENTS = re.compile(r'\{"events" : \[.*?\]\}(?=\]\]>)', re.DOTALL)
VALUES: tuple[object, ...] = (
    *(None, True, False, 0, -1, 1e308, float("nan"), 10**30, "", " ", "x", [], ["x"], [[]], {}, {"x": None}),
    *("0001-01-01", "9999-12-31", "0001-01-01T00:00:00+1400", "9999-12-31T23:59:59-1400", "2026-13-45T99:00:00+0100"),
    *("2022-03-08T10:00:00", 1646521200000, -62135596800000, 253402300799000, "\ud800", "\x00", "]]>", "\n" * 50),
)
Mutate = Callable[[str, Random], str]


def flipped(body: str, random: Random) -> str:
    """Flip some bits."""
    torn = bytearray(body.encode())
    for _ in range(random.choice([1, 3, 30])):
        torn[random.randrange(len(torn))] ^= 1 << random.randrange(8)
    return torn.decode("utf-8", "replace")


def cut(body: str, random: Random) -> str:
    """Remove the end, or a piece in the middle."""
    start, end = sorted(random.sample(range(len(body)), 2))
    return body[:start] + (body[end:] if random.random() < 0.5 else "")


def doubled(body: str, random: Random) -> str:
    """Repeat a piece, or all."""
    start, end = sorted(random.sample(range(len(body)), 2))
    return random.choice([body[:end] + body[start:end] + body[end:], body + body])


def of_events(change: Callable[[list[dict[str, Any]], Random], None]) -> Mutate:
    """Return a mutation of the events of an answer."""

    def mutated(body: str, random: Random) -> str:
        found = EVENTS.search(body)
        assert found
        events = json.loads(found[0])["events"]
        for _ in range(random.choice([1, 1, 4])):
            if events:
                change(events, random)
        return body.replace(found[0], json.dumps({"events": events}, ensure_ascii=random.random() < 0.5))

    return mutated


def _drop(events: list[dict[str, Any]], random: Random) -> None:
    """Remove a field of an event, or an event."""
    one = random.choice(events)
    if one and random.random() < 0.8:
        one.pop(random.choice(list(one)))
    else:
        events.remove(one)


def _swap(events: list[dict[str, Any]], random: Random) -> None:
    """Give a field a value of another type."""
    one = random.choice(events)
    one[random.choice(["id", "title", "start", "end", "allDay", "className", "description", "extendedProps"])] = (
        random.choice(VALUES)
    )


def _exchange(events: list[dict[str, Any]], random: Random) -> None:
    """Exchange two fields of an event, or of two."""
    one, other = random.choice(events), random.choice(events)
    if one and other:
        here, there = random.choice(list(one)), random.choice(list(other))
        one[here], other[there] = other[there], one[here]


MUTATIONS: dict[str, Mutate] = {
    "flipped": flipped,
    "cut": cut,
    "doubled": doubled,
    "dropped": of_events(_drop),
    "swapped": of_events(_swap),
    "exchanged": of_events(_exchange),
}


def broken_recordings(whole: Recording, random: Random) -> Iterator[Recording]:
    """Yield the recording, each time with one of its answers broken in one way."""
    for turn in range(TURNS):
        mutate = list(MUTATIONS.values())[turn % len(MUTATIONS)]
        captures = list(whole.captures)
        n = random.choice([n for n, capture in enumerate(captures) if '"id"' in capture.body])
        captures[n] = replace(captures[n], body=mutate(captures[n].body, random))
        yield replace(whole, captures=tuple(captures))


def error_of(run: Callable[[], None]) -> AurionError | None:
    """Return the AurionError that a run raises."""
    try:
        run()
    except AurionError as error:
        return error
    return None


@pytest.mark.parametrize("fact", FACTS)
def test_broken_answer_is_an_error_or_gives_a_complete_calendar(fact: str, tmp_path: Path) -> None:
    """Exit code 5 or 6 and the old calendar, or a complete new one; never another exception."""
    whole, random = load(RECORDINGS / f"{fact}.json"), Random(fact)  # noqa: S311 - chance, no secret
    output, ledger, kept = (tmp_path / name for name in ("planning.ics", "ledger.sqlite", "kept.sqlite"))
    look = RenderOptions(zone=whole.school.zone, words=Catalogue("fr"), kinds=whole.school.kinds)
    target = CalendarTarget(sink=FileSink(path=output), output=str(output), options=look, title="Planning", past=4000)

    def run(recording: Recording) -> None:
        books = LedgerFile(ledger, whole.school.zone)
        publish(read(recording), recording.school, [target], books, PublishOptions(now=NOW, allow_mass_removal=True))

    run(whole)
    before = output.read_bytes()
    shutil.copy(ledger, kept)
    ended = {"well": 0, "badly": 0}
    for turn, broken in enumerate(broken_recordings(whole, random)):
        shutil.copy(kept, ledger)
        output.write_bytes(before)
        if error := error_of(lambda broken=broken: run(broken)):
            ended["badly"] += 1
            assert error.exit_code in {5, 6}, error
            assert output.read_bytes() == before
        else:
            ended["well"] += 1
            assert len(Calendar.from_ical(output.read_bytes()).walk("VEVENT")) >= before.count(b"BEGIN:VEVENT")
            if turn % 40 == 0:
                assert_same_events(output.read_bytes())
    assert min(ended.values()) > TURNS / 10, ended
