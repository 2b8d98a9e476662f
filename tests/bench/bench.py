"""Durations as ratios to their lower bounds. `bench.py [--strict]`, or `make bench`.

Everything is measured in one run: a machine that is slow today is slow for both sides of a ratio. With `--strict`, a
bound that is missed by a wide margin ends in exit code 1.
"""

import argparse
import json
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory

from feeds import REQUESTS, can_measure, failed_export, feed, memory, milliseconds, nginx
from portals import demo_portal, faces_portal, has_faces
from runs import INSIDE, PAIRS, Home, Pairs, export_of, floor_of, in_turn, seconds

from scraper.config.schools.school_files import load_school
from scraper.demo import LOGIN
from scraper.domain.planning import DAY, Period
from scraper.domain.progress import Silent
from scraper.domain.recording import Capture, Recording, Window, load
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.ical.lint.lint import lint_calendar
from scraper.parsing.read import read
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.publishing.publish import PublishOptions, publish
from scraper.publishing.replay_recording import render_recording, replay_recording
from scraper.publishing.target import CalendarTarget
from scraper.runs.worker import run_worker, start_waiting
from scraper.sinks.file import FileSink

WIDE = 1.5
"""Times a bound: missed by that much, it is no noise."""
INSIDE_RUNS = 3
MIDNIGHT = datetime(2026, 9, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure, with its bound if it has one."""

    what: str
    value: float
    unit: str = ""
    bound: float | None = None
    remark: str = ""

    @property
    def missed(self) -> bool:
        """Return whether the figure is above its bound."""
        return self.bound is not None and self.value > self.bound

    @property
    def far_off(self) -> bool:
        """Return whether the figure is too far above its bound to be noise."""
        return self.bound is not None and self.value > self.bound * WIDE


def exports(address: str, home: Home) -> Iterator[Figure]:
    """Measure an export as a process beside Chromium alone: cold, then with a stored session."""
    export = (sys.executable, "-m", "scraper", *export_of(address, home), "--quiet")
    floor = floor_of(address)
    for name, bound, before in (("cold", 1.8, home.forget), ("kept session", 1.5, lambda: None)):
        pairs = in_turn(lambda: home.run(*export), lambda: home.run(*floor), before=before)
        yield Figure(
            what=f"export / Chromium's floor, {name}", value=pairs.of_medians, bound=bound, remark=_reported(pairs)
        )


def clicks(address: str, home: Home) -> Iterator[Figure]:
    """Measure an export of the page by a waiting browser beside a cold export, both without a session."""
    settings = home.folder / ".config" / "aurion-planning" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    output = home.folder / "click.ics"
    settings.write_text(f'[accounts.click]\nurl = "{address}"\nlogin = "{LOGIN}"\noutput = "{output}"\n')

    def export(waiting: Popen[str] | None) -> None:
        result = run_worker(["click"], home.environment, lambda *_: None, waiting=waiting)
        if result.exit_code:
            sys.exit(f"update by the page: exit {result.exit_code} {result.message}")

    ready: list[Popen[str]] = []

    def prepare() -> None:
        home.forget()
        ready.append(start_waiting("click", home.environment))
        if (stream := ready[-1].stderr) is not None:
            stream.readline()

    def export_cold() -> None:
        home.forget()
        export(None)

    pairs = in_turn(lambda: export(ready.pop()), export_cold, before=prepare)
    settings.unlink()
    yield Figure(what="click on Update / cold export", value=pairs.of_medians, bound=0.6, remark=_reported(pairs))


def _reported(pairs: Pairs) -> str:
    a, b = statistics.median(pairs.first), statistics.median(pairs.second)
    return f"{a:.2f} s / {b:.2f} s; median of {PAIRS} pairs' ratios {pairs.median_ratio:.2f}"


def steps(address: str, home: Home) -> Iterator[Figure]:
    """Measure the steps of a cold export, from the first line of the program on, and its peak memory."""
    command = (sys.executable, str(INSIDE), *export_of(address, home))
    taken: dict[str, list[float]] = defaultdict(list)
    peaks = []
    for _ in range(INSIDE_RUNS):
        home.forget()
        reported = json.loads(home.run(*command))
        spans, reached = reported["spans"], 0.0
        for n, (name, began, ended) in enumerate(spans):
            taken["imports, settings" if n == 0 else f"before {name}"].append(began - reached)
            taken[name].append(ended - began)
            reached = ended
        taken["summary"].append(reported["end"] - reached)
        peaks.append(reported["megabytes"])
    for name, all_of_it in taken.items():
        value = statistics.median(all_of_it)
        if value >= 0.005:
            yield Figure(what=f"  step: {name}", value=value, unit="s")
    yield Figure(what="peak memory of Python", value=max(peaks), unit="MB", bound=150)


def exchanges(address: str, home: Home) -> Iterator[Figure]:
    """Count the requests to the portal for 1, 6 and 12 months of lessons."""
    recording = home.folder / "recording.json"
    for months in (1, 6, 12):
        home.forget()
        for name, bound in (("cold", 7), ("kept session", 5)):
            reported = home.export(address, "--months", str(months), "--record", str(recording))
            proofs = len(load(recording).captures) - 1
            remark = f"{reported['events']} events, {proofs} of the exchanges to prove days"
            allowed = bound + (proofs if name == "cold" else 0)
            yield Figure(
                what=f"exchanges, {months} months, {name}", value=reported["requests"], bound=allowed, remark=remark
            )


def rendering() -> Iterator[Figure]:
    """Measure reading and rendering of 1,000 and of 10,000 events."""
    words, took = Catalogue("fr"), {}
    for count in (1_000, 10_000):
        recording = _recording(count)
        replay_recording(_recording(10), None, words, Silent())
        took[count] = statistics.median(
            seconds(lambda r=recording: replay_recording(r, None, words, Silent())) for _ in range(3)
        )
    yield Figure(what="reading and rendering 1,000 events", value=took[1_000], unit="s", bound=0.5)
    yield Figure(
        what="10,000 events / 1,000", value=took[10_000] / took[1_000], bound=12, remark=f"{took[10_000]:.2f} s"
    )


def remembering() -> Iterator[Figure]:
    """Measure publishing of 1,000 and 10,000 events: a first run, and one without a change."""
    took: dict[tuple[int, str], float] = {}
    for count in (1_000, 10_000):
        recording = _recording(count)
        first, again = [], []
        for _ in range(3):
            with TemporaryDirectory() as folder:
                run = _publishing(recording, Path(folder))
                first.append(seconds(run))
                before = (Path(folder) / "planning.ics").stat().st_mtime_ns
                again.append(seconds(run))
                if (Path(folder) / "planning.ics").stat().st_mtime_ns != before:
                    sys.exit("a run without a change wrote the calendar")
        took[count, "first"], took[count, "again"] = statistics.median(first), statistics.median(again)
    for name in ("first", "again"):
        small, large = took[1_000, name], took[10_000, name]
        yield Figure(what=f"ledger and rendering, 1,000 events, {name}", value=small, unit="s", bound=0.7)
        yield Figure(what=f"  10,000 events / 1,000, {name}", value=large / small, bound=12, remark=f"{large:.2f} s")


def checking() -> Iterator[Figure]:
    """Measure the linter with a calendar of 10,000 events."""
    recording = _recording(10_000)
    body = render_recording(recording, read(recording), Catalogue("fr"))
    took = statistics.median(seconds(lambda: list(lint_calendar(BytesIO(body)))) for _ in range(3))
    yield Figure(what="checking 10,000 events", value=took, unit="s", bound=2, remark=f"{len(body) / 1e6:.1f} MB")


def _publishing(recording: Recording, folder: Path) -> Callable[[], object]:
    """Return a run from the recording on, into that folder."""
    look = RenderOptions(zone=recording.school.zone, words=Catalogue("fr"))
    path = folder / "planning.ics"
    target = CalendarTarget(sink=FileSink(path=path), output=str(path), options=look, title="Planning")
    ledger = LedgerFile(folder / "ledger" / "one.sqlite", recording.school.zone)
    return lambda: publish(read(recording), recording.school, [target], ledger, PublishOptions(now=MIDNIGHT))


def _recording(count: int) -> Recording:
    starts = [MIDNIGHT + timedelta(hours=2 * n) for n in range(count)]
    events = ",".join(_lesson(number, start) for number, start in enumerate(starts))
    body = (
        "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\"><changes><update id=\"form:j_idt118\">"
        f'<![CDATA[{{"events" : [{events}]}}]]></update></changes></partial-response>'
    )
    window = Window(start=MIDNIGHT, end=starts[-1] + DAY)
    capture = Capture(
        at=MIDNIGHT, address="https://aurion.test", source="form:j_idt118", window=window, own=window, body=body
    )
    period = Period(first=date(2026, 9, 1), last=window.end.date())
    return Recording(school=load_school("junia"), period=period, taken_at=MIDNIGHT, captures=(capture,))


def _lesson(number: int, start: datetime) -> str:
    end = start + timedelta(hours=1, minutes=50)
    title = r"IC1_318\nSans document\nMesures et capteurs\nCOURS_TD\nMadame TERRAIL \/ Monsieur LOMBRET"
    return (
        f'{{"id": "{number}","title": "{title}","start": "{start:%Y-%m-%dT%H:%M:%S%z}",'
        f'"end": "{end:%Y-%m-%dT%H:%M:%S%z}","allDay":false,"editable":true,"className":"COURS_TD"}}'
    )


def helping(home: Home) -> Iterator[Figure]:
    """Measure `--help` beside a Python that does nothing."""
    pairs = in_turn(
        lambda: home.run(sys.executable, "-m", "scraper", "--help"),
        lambda: home.run(sys.executable, "-c", ""),
        before=lambda: None,
    )
    alone = f"Python alone {statistics.median(pairs.second):.2f} s"
    yield Figure(what="aurion --help", value=statistics.median(pairs.first), unit="s", bound=0.3, remark=alone)


def serving() -> Iterator[Figure]:
    """Measure requests to the feed beside nginx with the same file, and the feed's memory after them."""
    if not can_measure():
        yield Figure(what="feed", value=0, remark="not measured: it needs ab, of Apache's tools")
        return
    body = b"BEGIN:VCALENDAR\r\n" + b"X-LESSON:Mesures et instrumentation\r\n" * 2000 + b"END:VCALENDAR\r\n"
    with (
        TemporaryDirectory() as one,
        TemporaryDirectory() as other,
        feed(Path(one), body) as (ours, pid),
        nginx(Path(other), body) as theirs,
    ):
        milliseconds(ours, conditional=False)
        held = memory(pid)
        for what, conditional in (("304", True), ("whole", False)):
            took = milliseconds(ours, conditional=conditional)
            yield Figure(what=f"feed, a request ({what})", value=took, unit="ms", bound=1)
            if theirs:
                ratio = took / milliseconds(theirs, conditional=conditional)
                yield Figure(what=f"feed, beside nginx ({what})", value=ratio, unit="times", bound=10)
        yield Figure(what=f"feed, memory of {2 * REQUESTS} requests", value=memory(pid) - held, unit="MB", bound=2)


def serving_alone() -> Iterator[Figure]:
    """Measure the feed while its own export fails; every answer must be 200 or 304."""
    if not can_measure():
        return
    body = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    with TemporaryDirectory() as folder, feed(Path(folder), body, "--every", "1h") as (ours, pid):
        milliseconds(ours, conditional=False)
        held = memory(pid)
        milliseconds(ours, conditional=True)
        reported = f"200 and 304 alone; the export meanwhile: {failed_export(Path(folder))}"
        grown = memory(pid) - held
        yield Figure(
            what=f"portal down, memory of {REQUESTS} requests", value=grown, unit="MB", bound=2, remark=reported
        )


def figures(home: Home) -> Iterator[Figure]:
    """Yield all figures, in the order of the table."""
    yield from rendering()
    yield from remembering()
    yield from checking()
    yield from helping(home)
    yield from serving()
    yield from serving_alone()
    with demo_portal() as demo:
        yield from exchanges(demo, home)
        if not has_faces():
            yield from _speed(demo, home)
    if has_faces():
        with faces_portal() as faces:
            yield from _speed(faces, home)


def _speed(address: str, home: Home) -> Iterator[Figure]:
    yield from exports(address, home)
    yield from clicks(address, home)
    yield from steps(address, home)


def row(one: Figure) -> str:
    """Return a figure as a line of the table."""
    digits = 0 if one.value >= 20 or one.value == int(one.value) else 2
    value = f"{one.value:.{digits}f} {one.unit}"
    bound = "" if one.bound is None else f"at most {one.bound:g}"
    mark = "" if one.bound is None else "missed" if one.missed else "met"
    return f"{one.what:<42} {value:<9} {bound:<12} {mark:<7} {one.remark}".rstrip() + "\n"


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="exit 1 where a bound is missed by a wide margin")
    strict = parser.parse_args().strict
    against = "a JSF portal beside the checkout" if has_faces() else "the demo portal"
    sys.stdout.write(f"export, steps and memory against {against}; exchanges against the demo portal\n\n")
    found = []
    with TemporaryDirectory() as folder:
        for one in figures(Home(folder=Path(folder))):
            found.append(one)
            sys.stdout.write(row(one))
            sys.stdout.flush()
    return 1 if strict and any(one.far_off for one in found) else 0


if __name__ == "__main__":
    sys.exit(main())
