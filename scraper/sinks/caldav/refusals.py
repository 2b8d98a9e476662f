"""One error for all events that a CalDAV server refused."""

from collections import Counter
from collections.abc import Collection as Several

from scraper.errors import SinkRefused
from scraper.sinks.push_state import MOST, RefusedObject, join_labels

_REASONS = {"taken": "caldav-taken", "trash": "caldav-trash", "lost": "caldav-lost"}


def refusal_error(path: str, refused: Several[RefusedObject]) -> SinkRefused:
    """Return an error of the most frequent kind with its events; the others are listed with their reasons."""
    refused = sorted(refused, key=lambda one: one.label.rpartition("(")[2])  # by start
    kind = Counter(one.kind for one in refused).most_common(1)[0][0]
    main = [one for one in refused if one.kind == kind]
    words = Counter(one.words for one in main if one.words).most_common()
    others = [f"{one.label}: {one.words}" for one in refused if one.kind != kind]
    return SinkRefused(
        _REASONS.get(kind, "caldav-refused"),
        path=path,
        count=len(refused),
        named=join_labels([one.label for one in main]),
        events=[one.label for one in [*main, *(one for one in refused if one.kind != kind)]][:MOST],
        at=next((one.at for one in main if one.at), ""),
        answer=words[0][0] if words else "",
        others=join_labels(others),
    )
