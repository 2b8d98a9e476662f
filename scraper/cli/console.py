"""A console for terminals that adds colours but removes those in the text."""

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from scraper.domain.printable import PrintableStream, printable


class PrintableConsole(Console):
    """A console that removes escape sequences and control characters from every text."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render with each text made printable; control segments come from the console itself."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)


def console_on(stream: TextIO, width: int | None = None) -> Console:
    """Return a console on a stream, bypassing the filter that would remove the console's own colours."""
    unfiltered = stream.stream if isinstance(stream, PrintableStream) else stream
    return PrintableConsole(file=unfiltered, highlight=False, width=width)
