"""What outlives a request: where things are kept, and who may come in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event

from scraper.web.page.chores import Chores
from scraper.web.page.door import Door
from scraper.web.page.recall import Recall
from scraper.words import LANGUAGES, Words


@dataclass(slots=True, kw_only=True)
class Desk:
    """One server's. `root` is the prefix under which a proxy shows it, empty or with a slash before it.

    `environment` is the server's own; `over` tells that it ends, `recall` spares reading
    a ledger again.
    """

    state: Path
    environment: Mapping[str, str] = field(repr=False)
    clock: Callable[[], datetime]
    root: str = ""
    host: str = "127.0.0.1"
    over: Event = field(default_factory=Event)
    recall: Recall = field(default_factory=Recall)
    door: Door = field(init=False)
    chores: Chores = field(init=False)
    words: Mapping[str, Words] = field(init=False)

    def __post_init__(self) -> None:
        """Its door, its words, and what goes on beside the answers."""
        self.chores = Chores(clock=self.clock, over=self.over)
        self.door = Door(state=self.state, clock=self.clock)
        self.words = {language: Words(language) for language in LANGUAGES}
