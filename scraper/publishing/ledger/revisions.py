"""Number the revisions of events: SEQUENCE and LAST-MODIFIED rise only where published content changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scraper.ical.entry import PublishedEvent, RenderedEvent

TICK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """The last published revision of an event in one calendar; `revised` is in UTC."""

    fingerprint: str
    sequence: int
    revised: datetime

    def is_later_than(self, other: "Revision") -> bool:
        """Return whether this revision came after the other one."""
        return (self.sequence, self.revised) > (other.sequence, other.revised)


def assign_revisions(
    events: Iterable[RenderedEvent], before: Mapping[str, Revision], now: datetime
) -> tuple[PublishedEvent, ...]:
    """Return the rendered events with their SEQUENCE and LAST-MODIFIED.

    LAST-MODIFIED rises even where the clock was set back: clients ignore an event with an older one.
    """
    now = now.astimezone(UTC).replace(microsecond=0)
    return tuple(_published_event(event, before.get(event.uid), now) for event in events)


def revisions_by_uid(events: Iterable[PublishedEvent]) -> dict[str, Revision]:
    """Return the revisions of the published events, by UID."""
    return {
        one.rendered.uid: Revision(fingerprint=one.rendered.fingerprint, sequence=one.sequence, revised=one.revised)
        for one in events
    }


def _published_event(rendered: RenderedEvent, before: Revision | None, now: datetime) -> PublishedEvent:
    if before is None:
        return PublishedEvent(rendered=rendered, sequence=0, revised=now)
    if before.fingerprint == rendered.fingerprint:
        return PublishedEvent(rendered=rendered, sequence=before.sequence, revised=before.revised)
    return PublishedEvent(rendered=rendered, sequence=before.sequence + 1, revised=max(now, before.revised + TICK))
