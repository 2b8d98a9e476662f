"""Lessons made around the clock that the program reads, for tests that export from a demo portal."""

from datetime import datetime, time, timedelta
from typing import Any

from scraper.demo.event_json import FORMAT
from scraper.demo.variant import ZONE

DAYS_AHEAD = 27
"""The shortest month, less a day for a test that runs over midnight."""
EXAMS = (5, 20)


def lessons_ahead() -> list[dict[str, Any]]:
    """Return a lesson on each of the days after today, each in a room of its own: English, optics and two exams.

    None is today, and none is later than a month ahead of today: a run before midnight and one after it find the same.
    """
    today = datetime.now(ZONE).date()
    return [_lesson(n, datetime.combine(today + timedelta(days=n), time(10), ZONE)) for n in range(1, DAYS_AHEAD + 1)]


def _lesson(number: int, start: datetime) -> dict[str, Any]:
    exam = number in EXAMS
    subject = "Optique" if exam or number % 2 else "Anglais"
    return {
        "id": str(81_000_000 + number),
        "title": f"IC1_{400 + number}\n\n{subject}\n{'DS_SURV' if exam else 'COURS_TD'}\nMadame LEROUX",
        "start": start.strftime(FORMAT),
        "end": (start + timedelta(hours=2)).strftime(FORMAT),
        "allDay": False,
        "editable": True,
        "className": "est-epreuve" if exam else "COURS_TD",
    }
