"""The events of a recording as the portal sent them, and how their titles are read."""

from collections.abc import Iterator, Mapping

from scraper.domain.recording import Recording
from scraper.domain.text import clean
from scraper.errors import AurionError
from scraper.parsing.events import class_of, wire_events
from scraper.parsing.partial_response import updates
from scraper.parsing.title import Title, read_titles


def sent_events(recording: Recording) -> Iterator[Mapping[str, object]]:
    """Yield every event of every answer, also of one that reading refuses."""
    for capture in recording.captures:
        try:
            texts = updates(capture.body).values()
        except AurionError:
            continue
        for text in texts:
            yield from (event for event in wire_events(text) or () if isinstance(event, dict))


def sent_titles(recording: Recording) -> list[Title]:
    """Read the titles of all events that were sent, each as often as it was."""
    wire = {
        str(n): (clean(str(event.get("title") or "")), clean(class_of(event)).strip())
        for n, event in enumerate(sent_events(recording))
    }
    return list(read_titles(wire, recording.school.layouts, recording.school.kinds).values())
