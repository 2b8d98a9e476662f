"""When an event of a calendar is a new revision: when, and only when, something else published of it changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scraper.ical.entry import PublishedEvent, RenderedEvent

TICK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What is remembered of an event in one calendar; `revised` is in UTC."""

    fingerprint: str
    sequence: int
    revised: datetime

    def is_later_than(self, other: "Revision") -> bool:
        """Whether it is a revision that came after the other one."""
        return (self.sequence, self.revised) > (other.sequence, other.revised)


def entries(
    drafts: Iterable[RenderedEvent], before: Mapping[str, Revision], now: datetime
) -> tuple[PublishedEvent, ...]:
    """The drafts as they are published now. A clock that was set back moves no stamp back: clients would not look."""
    now = now.astimezone(UTC).replace(microsecond=0)
    return tuple(_entry(draft, before.get(draft.uid), now) for draft in drafts)


def remembered(entries: Iterable[PublishedEvent]) -> dict[str, Revision]:
    """What there is to remember of them, by UID."""
    return {
        e.draft.uid: Revision(fingerprint=e.draft.fingerprint, sequence=e.sequence, revised=e.revised) for e in entries
    }


def _entry(draft: RenderedEvent, before: Revision | None, now: datetime) -> PublishedEvent:
    if before is None:
        return PublishedEvent(draft=draft, sequence=0, revised=now)
    if before.fingerprint == draft.fingerprint:
        return PublishedEvent(draft=draft, sequence=before.sequence, revised=before.revised)
    return PublishedEvent(draft=draft, sequence=before.sequence + 1, revised=max(now, before.revised + TICK))
