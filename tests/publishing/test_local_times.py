"""Times in words: runs in this machine's zone, lessons in the school's, with the zone where they differ."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scraper.i18n import Catalogue
from scraper.publishing.local_times import format_local_hour, format_local_time, local_time_facts, zone_note
from tests.cases import for_each
from tests.zones import machine_in

WORDS = Catalogue("en")
AT = datetime(2026, 11, 29, 11, 37, tzinfo=UTC)
PARIS, HAVANA = ZoneInfo("Europe/Paris"), ZoneInfo("America/Havana")


@for_each(
    ("machine", "school", "shown"),
    [
        ("Europe/Paris", PARIS, "Sun 2026-11-29 12:37"),
        ("Europe/Berlin", None, "Sun 2026-11-29 12:37"),
        ("UTC", PARIS, "Sun 2026-11-29 11:37 UTC"),
        ("UTC", None, "Sun 2026-11-29 11:37 UTC"),
        ("America/New_York", PARIS, "Sun 2026-11-29 06:37 UTC-5"),
        ("Asia/Kolkata", PARIS, "Sun 2026-11-29 17:07 UTC+05:30"),
        ("America/St_Johns", PARIS, "Sun 2026-11-29 08:07 UTC-03:30"),
        ("Pacific/Auckland", PARIS, "Mon 2026-11-30 00:37 UTC+13"),
        ("Europe/Paris", HAVANA, "Sun 2026-11-29 12:37 UTC+1"),
    ],
)
def test_time_of_a_run_is_in_the_zone_of_this_machine(machine: str, school: ZoneInfo | None, shown: str) -> None:
    """As one text, as day and hour, and as hour alone."""
    with machine_in(machine):
        assert format_local_time(AT, WORDS, school) == shown
        assert " ".join(local_time_facts(AT, WORDS, school).values()) == shown
        assert shown.endswith(format_local_hour(AT, school))


@for_each(
    ("machine", "note"), [("Europe/Paris", []), ("Europe/Madrid", []), ("UTC", ["Times of lessons: Europe/Paris."])]
)
def test_list_of_lessons_names_another_zone(machine: str, note: list[str]) -> None:
    """The zone is named only where this machine's clock differs."""
    with machine_in(machine):
        assert zone_note(AT, WORDS, PARIS) == note
