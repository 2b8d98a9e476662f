"""From a Recording to delivered calendars: read, compare, render, put in place. No browser; the clock is told."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from scraper.changes import Change, Compared, Known, compare, counts, proved_days, to_come
from scraper.check import check
from scraper.errors import AurionError, DeliveryError, SuspiciouslyEmpty, UnknownSchool
from scraper.ical import Draft, Look, Status, Telling, drafts, first_entries, render
from scraper.ledger import Books, Ledger
from scraper.ledger.rebuilt import days_of, known_in, published_in
from scraper.ledger.revisions import Published, entries, remembered
from scraper.planning import Event, Planning
from scraper.progress import Progress
from scraper.reading import read
from scraper.recording import Recording
from scraper.rules import Rule, apply
from scraper.school import School
from scraper.school_files import load_school
from scraper.sinks.sink import Sink
from scraper.words import Words

CANCELLED_DAYS = timedelta(days=30)
"""How long a cancelled lesson is shown after its hour."""
SCHOOL_YEAR = 8
"""The month in which a school year begins, summer's: what is past stays in the calendar since then."""
FEWEST_GONE, MOST_GONE = 5, 4 / 5
"""Of so many lessons to come more than this part must not be gone at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One calendar to publish: where, how events look in it, its name for people, by which rules events go into it.

    `output` is its name in the ledger. `past` is how many days past lessons stay; None: since the school year began.
    """

    sink: Sink
    output: str
    look: Look
    title: str
    rules: tuple[Rule, ...] = ()
    past: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a run. `requests` counts exchanges with the portal, `seconds` the whole run.

    `changes` is None where nothing was compared (a replay); `first` tells a first run, when everything was new.
    """

    outputs: tuple[str, ...]
    planning: Planning
    zone: ZoneInfo
    changes: tuple[Change, ...] | None = None
    first: bool = False
    requests: int = 0
    seconds: float = 0

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the period."""
        return self.planning.events

    @property
    def unproved(self) -> tuple[date, ...]:
        """The days of the period whose lessons may not all be known."""
        proved = proved_days(self.planning)
        return tuple(day for day in self.planning.period if day not in proved)


def publish(
    recording: Recording,
    targets: Sequence[Target],
    ledger: Ledger,
    progress: Progress,
    *,
    now: datetime,
    accept_empty: bool = False,
    before_commit: Callable[[], None] = lambda: None,
) -> Outcome:
    """Every target's calendar, as the ledger and the recording say it is now, delivered.

    `before_commit` is called when all is made, just before it is remembered: what raises there leaves all as it was.
    Raises what reading raises, LedgerError, SuspiciouslyEmpty, AurionError where a calendar would break a standard, or
    DeliveryError: a calendar that could not be delivered stays as it was, and the others are delivered.
    """
    with progress.step("reading"):
        planning = read(recording)
    with ledger.writing() as books:
        with progress.step("comparing"):
            further = [_further(books, target) for target in targets]
            before, days = _remembered(books, recording.school, targets, further)
            seen = days if before or days else None
            compared = compare(
                before, planning,
                zone=ledger.zone, namespace=recording.school.namespace, seen_days=seen, now=now,
            )  # fmt: skip
            if not accept_empty:
                _check_not_empty(before, compared.known, days & proved_days(planning), ledger.zone, now)
            told = compared.changes if seen is not None else ()
            books.keep(compared.known, proved_days(planning), told, now)
            bodies = [
                _taken(books, target, compared, planning, now, further=later)
                for target, later in zip(targets, further, strict=True)
            ]
            books.forget([target.output for target in targets], now)
            before_commit()
            books.commit()
        with progress.step("writing"):
            _deliver(targets, bodies)
    names = tuple(target.sink.name for target in targets)
    return Outcome(outputs=names, planning=planning, zone=ledger.zone, changes=compared.changes, first=seen is None)


def replayed(recording: Recording, sink: Sink | None, words: Words, progress: Progress) -> Outcome:
    """The recording's calendar as a first run would publish it, delivered (nowhere where there is no sink).

    Raises what reading raises, or DeliveryError; the calendar that is there then stays as it was.
    """
    with progress.step("reading"):
        planning = read(recording)
        body = rendered(recording, planning, words)
    if sink is not None:
        with progress.step("writing"):
            sink.deliver(body)
    return Outcome(outputs=(sink.name,) if sink else (), planning=planning, zone=recording.school.zone)


def rendered(recording: Recording, planning: Planning, words: Words) -> bytes:
    """The calendar's bytes: the same for the same recording."""
    school = recording.school
    look = Look(zone=school.zone, words=words, kinds=school.kinds)
    told = first_entries(planning, school.namespace, recording.taken_at, look)
    return render(told, look, title_of(school, words))


def title_of(school: School, words: Words) -> str:
    """What a calendar of that school is called where nobody named it."""
    return words("summary.name", school=school.name) if school.name else words("summary.name_alone")


def with_todays_knowledge(recording: Recording, school: str = "") -> Recording:
    """The recording read with what is known of its school today: a layout mended since is used, UIDs stay.

    `school` names one whose file is to be used instead. Raises UnknownSchool where that one is unknown.
    """
    try:
        today = load_school(school or recording.school.id)
    except UnknownSchool:
        if school:
            raise
        return recording
    known: School = replace(recording.school, layouts=today.layouts, kinds=today.kinds, menu_labels=today.menu_labels)
    return replace(recording, school=known)


def _further(books: Books, target: Target) -> dict[str, Published]:
    """What the calendar that is there tells of later revisions than the ledger, which may be lost or an old copy."""
    there = _current(target.sink)
    if there is None or there == books.last_body(target.output):
        return {}
    noted = books.published(target.output)
    return {uid: one for uid, one in published_in(there).items() if uid not in noted or one.is_later_than(noted[uid])}


def _remembered(
    books: Books, school: School, targets: Sequence[Target], further: Sequence[Mapping[str, Published]]
) -> tuple[tuple[Known, ...], set[date]]:
    """What the ledger knows and of which days; of a lost one, or an old copy, what the calendars there tell."""
    known, days = {one.uid: one for one in books.known()}, books.days()
    is_lost = not known and not days
    ids: set[str] = set()
    for target, later in zip(targets, further, strict=True):
        if not is_lost and not any(uid in known and one.revised > known[uid].last_seen for uid, one in later.items()):
            continue
        for one in known_in(_current(target.sink), school, target.look):
            old = known.get(one.uid)
            if old is not None and one.last_seen > old.last_seen:
                known[one.uid] = replace(one, first_seen=old.first_seen)
            elif is_lost and old is None and one.event.id not in ids:
                known[one.uid] = one
                ids.add(one.event.id)
    return tuple(known.values()), days_of(tuple(known.values())) if is_lost else days


def _current(sink: Sink) -> bytes | None:
    with suppress(DeliveryError):
        return sink.current()
    return None


def _check_not_empty(
    before: Collection[Known], after: Collection[Known], days: Collection[date], zone: ZoneInfo, now: datetime
) -> None:
    """Raises SuspiciouslyEmpty where most lessons to come are gone at once, on days that both runs proved."""
    known = to_come(before, now, days, zone)
    left = {one.uid for one in after if one.cancelled_since is None}
    gone = [one for one in known if one.uid not in left]
    if len(known) >= FEWEST_GONE and len(gone) > MOST_GONE * len(known):
        first, last = (pick(one.event.start.date() for one in gone) for pick in (min, max))
        raise SuspiciouslyEmpty(gone=len(gone), known=len(known), first=first.isoformat(), last=last.isoformat())


def _taken(
    books: Books,
    target: Target,
    compared: Compared,
    planning: Planning,
    now: datetime,
    *,
    further: Mapping[str, Published],
) -> bytes:
    """The target's calendar, noted in the books."""
    before = {**books.published(target.output), **further}
    told = entries(_drafts(target, compared.known, planning, now), before, now)
    body = render(told, target.look, target.title)
    _check_own(body)
    books.keep_published(target.output, before | remembered(told))
    books.keep_body(target.output, body, len(told), counts(compared.changes), now)
    return body


def _check_own(body: bytes) -> None:
    """Raises AurionError where what we would publish breaks a standard: a bug of ours, and the old calendar stays."""
    for finding in check(BytesIO(body)):
        if finding.level == "error":
            raise AurionError("check", rule=finding.rule, line=finding.line, source=finding.source)


def _drafts(target: Target, known: Sequence[Known], planning: Planning, now: datetime) -> tuple[Draft, ...]:
    shown = sorted(
        (one for one in known if _is_shown(one, planning, target, now)),
        key=lambda one: (one.event.start.timestamp(), one.event.end.timestamp(), one.uid),
    )
    return drafts(_tellings(target, shown), target.look)


def _tellings(target: Target, shown: Iterable[Known]) -> Iterator[Telling]:
    kinds = target.look.all_kinds
    for one in shown:
        status: Status = "CONFIRMED" if one.cancelled_since is None else "CANCELLED"
        if not target.rules:
            yield Telling(one.event, one.uid, status)
        elif ruled := apply(target.rules, one.event, kinds):
            yield Telling(ruled.event, one.uid, status, ruled.categories)


def _is_shown(one: Known, planning: Planning, target: Target, now: datetime) -> bool:
    """Whether a calendar still has it: a cancelled one for a while, a past one since its school year began."""
    if one.cancelled_since is not None and one.event.end < now - CANCELLED_DAYS:
        return False
    if one.event.belongs_to(planning.period, target.look.zone):
        return True
    today = now.astimezone(target.look.zone).date()
    since = date(today.year - (today.month < SCHOOL_YEAR), SCHOOL_YEAR, 1)
    if target.past is not None:
        since = today - timedelta(days=target.past)
    return one.event.end.astimezone(target.look.zone).date() >= since


def _deliver(targets: Sequence[Target], bodies: Sequence[bytes]) -> None:
    """Each to its place; the first failure is raised when all were tried."""
    failed: list[AurionError] = []
    for target, body in zip(targets, bodies, strict=True):
        try:
            target.sink.deliver(body)
        except DeliveryError as error:
            failed.append(error)
    if failed:
        raise failed[0]
