"""What the page turned on for the server itself: exports at intervals, the home network."""

from dataclasses import dataclass
from pathlib import Path

from scraper.errors import ScheduleError
from scraper.runs.schedule.plan import Plan, parse_plan
from scraper.system.json_store import JsonFile


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The options in a state folder; they apply from the next look of the running server, and to later servers."""

    state: Path

    @property
    def every(self) -> str:
        """The interval of the exports, such as `6h`; empty where there are none."""
        return str(self._file.read().get("every") or "")

    @property
    def has_network(self) -> bool:
        """Whether devices of the home network can read the calendars."""
        return self._file.read().get("network") is True

    @property
    def plan(self) -> Plan | None:
        """The plan of the exports; None where there are none."""
        try:
            return parse_plan(self.every, None, "0") if self.every else None
        except ScheduleError:
            return None

    def set_every(self, every: str) -> None:
        """Store the interval; empty for none. Raise ScheduleError, DeliveryError or AnotherRun."""
        if every:
            parse_plan(every, None, "0")
        self._set("every", every)

    def set_network(self, *, is_on: bool) -> None:
        """Store whether the home network can read the calendars. Raise DeliveryError or AnotherRun."""
        self._set("network", is_on)

    def _set(self, name: str, value: object) -> None:
        with self._file.change() as content:
            content[name] = value

    @property
    def _file(self) -> JsonFile:
        return JsonFile(self.state / "page" / "options.json")
