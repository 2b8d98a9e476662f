"""Classes: students who share most of their lessons. What changes for one has probably changed for all of them.

No lesson is copied from one student to another: a change that one reading finds only makes the others due. One member
of a class after the other, the canary, is read by day; any other reading of a member serves as well. A canary of
the afternoon is not read in the night: its next reading is 18 hours later.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from scraper.domain.changes import KINDS, Added, Cancelled, Change
from scraper.hosting.database.clock import Clock
from scraper.hosting.database.service_tables import class_change, student, turn
from scraper.hosting.priority import Priority

CANARY_PERIOD = timedelta(minutes=75)
"""The time after which a class is read again by day."""
SAMPLE = 64
"""The most lessons kept of a student, always those with the smallest digests: two samples are comparable."""
SHARED = 0.5
"""The part of their lessons that the members of a class share."""
CHANGES_KEPT = timedelta(days=3)


def digest(text: str) -> int:
    """Return a number of 64 bits for a text, with a sign as PostgreSQL's integers have."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), signed=True)


def lesson_sample(ids: Iterable[str]) -> list[int]:
    """Return the sample of a planning's lessons."""
    return sorted({digest(one) for one in ids})[:SAMPLE]


def change_key(change: Change) -> str:
    """Return a text that is the same for all students whom this change concerns."""
    event = change.before if isinstance(change, Cancelled) else change.after
    before = "" if isinstance(change, Added) else change.before.id
    hours = f"{event.start.isoformat()} {event.end.isoformat()}"
    return f"{KINDS[type(change)]} {before} {event.id} {hours} {event.raw_title}"


def spread_changes(
    connection: Connection, read: Row[Any], began: datetime, now: datetime, changes: Collection[str]
) -> None:
    """Make the class due where a reading, begun at `began`, found changes that are new to the class.

    Later readings of other members have seen them. A first reading finds no changes.
    """
    if read.class_id is None or read.succeeded_at is None or not changes:
        return
    rows = [{"class_id": read.class_id, "change": digest(change), "at": now} for change in changes]
    new = insert(class_change).values(rows).on_conflict_do_nothing().returning(class_change.c.change)
    if not connection.execute(new).all():
        return
    others = update(turn).where(
        turn.c.class_id == read.class_id, turn.c.student != read.student,
        or_(turn.c.due_at.is_not(None), turn.c.enqueued_at.is_not(None)),
        or_(turn.c.succeeded_at.is_(None), turn.c.succeeded_at < began),
    )  # fmt: skip
    due = {
        "due_at": func.least(turn.c.due_at, now),
        "priority": func.greatest(turn.c.priority, Priority.CLASS),
        "reason": "class",
    }
    connection.execute(others.values(due))


def make_canaries_due(connection: Connection, clock: Clock, portal: str) -> None:
    """Make one member due of each class of which no member was read for a while, the one read longest ago.

    After a pause of the portal, the class that was read longest ago comes first.
    """
    member = turn.alias()
    classes = select(member.c.class_id, func.max(member.c.succeeded_at).label("read_at")).group_by(member.c.class_id)
    is_near = or_(
        member.c.enqueued_at.is_not(None), (member.c.priority >= Priority.CANARY) & (member.c.due_at <= clock())
    )
    old = classes.where(member.c.portal == portal, member.c.class_id.is_not(None)).having(
        func.max(member.c.succeeded_at) <= clock() - CANARY_PERIOD, ~func.bool_or(is_near),
    ).subquery()  # fmt: skip
    order = func.row_number().over(partition_by=turn.c.class_id, order_by=(turn.c.succeeded_at, turn.c.student))
    members = select(turn.c.student, old.c.read_at, order.label("number")).join(old, old.c.class_id == turn.c.class_id)
    waiting = members.join(student, student.c.id == turn.c.student).where(
        turn.c.portal == portal, turn.c.due_at.is_not(None), turn.c.attempts == 0, student.c.state == "active"
    ).subquery()  # fmt: skip
    due = {"due_at": waiting.c.read_at + CANARY_PERIOD, "priority": Priority.CANARY, "reason": "canary"}
    is_canary = (turn.c.student == waiting.c.student) & (waiting.c.number == 1)
    connection.execute(update(turn).where(is_canary).values(due))


def update_classes(connection: Connection, clock: Clock, portal: str) -> int:
    """Form the classes of a portal again from all samples; return how many there are."""
    rows = connection.execute(
        select(turn.c.student, turn.c.class_id, turn.c.lessons)
        .where(turn.c.portal == portal, turn.c.lessons.is_not(None))
        .order_by(turn.c.class_id.nulls_last(), turn.c.student)
    ).all()
    found = form_classes({row.student: row.lessons for row in rows})
    moved: dict[int | None, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.class_id != (number := found.get(row.student)):
            moved[number].append(row.student)
    for number, members in moved.items():
        connection.execute(update(turn).where(turn.c.student.in_(members)).values(class_id=number))
    connection.execute(delete(class_change).where(class_change.c.at < clock() - CHANGES_KEPT))
    return len(set(found.values()))


def form_classes(samples: Mapping[UUID, Collection[int]]) -> dict[UUID, int]:
    """Return the class of each student who shares most lessons with others; a class is named after its first member.

    The first student represents a class; a later one joins the class of the first member with most of its lessons.
    """
    first_of: dict[int, list[UUID]] = {}
    members: dict[UUID, list[UUID]] = {}
    for one, sample in samples.items():
        shared = Counter(first for lesson in sample for first in first_of.get(lesson, ()))
        best, count = max(shared.items(), key=lambda pair: pair[1], default=(one, 0))
        if count and _similarity(sample, samples[best]) >= SHARED:
            members[best].append(one)
            continue
        members[one] = [one]
        for lesson in sample:
            first_of.setdefault(lesson, []).append(one)
    return {one: digest(first.hex) for first, together in members.items() if len(together) > 1 for one in together}


def _similarity(one: Collection[int], other: Collection[int]) -> float:
    """Return the part of the lessons of both that they share, estimated from the smallest digests of their union."""
    union = sorted({*one, *other})[:SAMPLE]
    return len({*union} & {*one} & {*other}) / len(union) if union else 0.0
