"""A demo portal with many students, each with lessons of the class and lessons of the student's own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from scraper.demo import Control, Demo, DemoUser, Variant

PARIS = ZoneInfo("Europe/Paris")
SHARED, OWN = 25, 3
"""The lessons of all students, one a week for nearly six months, and those of each."""
ROOM = "IC1_427"


def password_of(number: int) -> str:
    """The password of a student."""
    return f"motdepasse-{number}"


def login_of(number: int) -> str:
    """The login of a student."""
    return f"etudiant{number}@student.junia.com"


def lesson(number: int, title: str, day: datetime) -> dict[str, Any]:
    """A lesson of an hour."""
    return {
        "id": str(number), "title": f"{ROOM}\n\n{title}\nCOURS_TD\nMadame LEROUX", "start": day.isoformat(),
        "end": (day + timedelta(hours=1)).isoformat(), "allDay": False, "editable": True, "className": "COURS_TD",
    }  # fmt: skip


def lessons_of(number: int, monday: datetime) -> tuple[Mapping[str, Any], ...]:
    """The lessons of a student: those of all, and some with the student's number as the subject."""
    shared = (lesson(70_000_000 + n, "Optique", monday + timedelta(weeks=n)) for n in range(SHARED))
    first = 80_000_000 + number * 100
    own = (lesson(first + n, f"Projet de l'étudiant {number}", monday + timedelta(days=n, hours=3)) for n in range(OWN))
    return (*shared, *own)


def demo_of(count: int, monday: datetime, control: Control | None = None) -> Demo:
    """A demo portal with students from 1 to `count`, not started."""
    users = {
        login_of(n): DemoUser(password=password_of(n), name=f"Étudiant {n}", events=lessons_of(n, monday))
        for n in range(1, count + 1)
    }
    return Demo(variant=Variant(users=users), control=control or Control(), events=[])
