"""The events of a recording as the portal sent them, and how their titles are read."""

from collections.abc import Iterator, Mapping

from scraper.domain.recording import Recording
from scraper.domain.text import clean
from scraper.errors import AurionError
from scraper.parsing.events import class_of, wire_events
from scraper.parsing.partial_response import updates
from scraper.parsing.title import Title, read_titles


def sent_events(recording: Recording) -> Iterator[Mapping[str, object]]:
    """Yield every event of every answer, even of an answer that the parser rejects."""
    for capture in recording.captures:
        try:
            texts = updates(capture.body).values()
        except AurionError:
            continue
        for text in texts:
            yield from (event for event in wire_events(text) or () if isinstance(event, dict))


def sent_titles(recording: Recording) -> list[Title]:
    """Parse the titles of all events sent, with their repetitions."""
    wire = {
        str(n): (clean(str(event.get("title") or "")), clean(class_of(event)).strip())
        for n, event in enumerate(sent_events(recording))
    }
    return list(read_titles(wire, recording.school.layouts, recording.school.kinds).values())
