"""Changes in words and as data, with the event before and after."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scraper.config.export_period import period_of
from scraper.config.settings.model import Settings
from scraper.domain.changes import Added, Cancelled, Change, Edited, Moved, Restored
from scraper.domain.planning import DAY, Event
from scraper.errors import SettingsError, SuspiciouslyEmpty
from scraper.i18n import Catalogue
from scraper.ical.event_text import EventText
from scraper.publishing.describe import MAX_WIDTH, change_as_data, event_title, format_change, format_change_briefly
from tests.cases import for_each
from tests.factories import PARIS, event

HOUR = timedelta(hours=1)
UNTIL = "jusqu’à"  # noqa: RUF001 - French
MONDAY = "lun. 02/03/2026 journée"
LESSON = event(
    start=datetime(2026, 3, 3, 10, 15, tzinfo=PARIS), end=datetime(2026, 3, 3, 12, 15, tzinfo=PARIS), subject="Algèbre"
)
DAYS = replace(
    LESSON, start=datetime(2026, 3, 2, tzinfo=PARIS), end=datetime(2026, 3, 4, tzinfo=PARIS), all_day=True
)  # fmt: skip
LATER = replace(LESSON, start=LESSON.start + 2 * DAY - 2 * HOUR, end=LESSON.end + 2 * DAY - 2 * HOUR)


def moved(before: Event, **changes: object) -> Moved:
    """Return the change to these hours."""
    return Moved(uid="u", before=before, after=replace(before, **changes))  # type: ignore[arg-type]


@for_each(
    ("change", "reported"),
    [
        (Added(uid="u", after=LESSON), "ajouté : Algèbre, mar. 03/03/2026 10:15"),
        (Cancelled(uid="u", before=LESSON), "annulé : Algèbre, mar. 03/03/2026 10:15"),
        (
            Moved(uid="u", before=LESSON, after=LATER),
            "déplacé : Algèbre, mar. 03/03/2026 10:15 → jeu. 05/03/2026 08:15",
        ),
        (
            moved(LESSON, end=LESSON.end + HOUR),
            f"déplacé : Algèbre, mar. 03/03/2026 10:15, {UNTIL} 12:15 → mar. 03/03/2026 10:15, {UNTIL} 13:15",
        ),
        (
            moved(LESSON, start=LESSON.start - HOUR),
            f"déplacé : Algèbre, mar. 03/03/2026 10:15, {UNTIL} 12:15 → mar. 03/03/2026 09:15, {UNTIL} 12:15",
        ),
        (
            moved(DAYS, end=DAYS.end + DAY),
            f"déplacé : Algèbre, {MONDAY}, {UNTIL} mar. 03/03/2026 → {MONDAY}, {UNTIL} mer. 04/03/2026",
        ),
        (
            Edited(uid="u", before=LESSON, after=replace(LESSON, rooms=("B", "A"), is_exam=True)),
            "modifié : Algèbre, mar. 03/03/2026 10:15 ; salle IC1_222 → A, B ; examen non → oui",
        ),
        (Restored(uid="u", before=LESSON, after=LESSON), "rétabli : Algèbre, mar. 03/03/2026 10:15"),
        (
            Restored(uid="u", before=LESSON, after=LATER),
            "rétabli : Algèbre, mar. 03/03/2026 10:15 → jeu. 05/03/2026 08:15",
        ),
    ],
)
def test_change_is_described_with_before_and_after(change: Change, reported: str) -> None:
    """The kind comes first; the end is added where the length changed, then each part that differs."""
    assert format_change(change, Catalogue("fr"), PARIS) == reported


def test_long_text_is_shortened() -> None:
    """The calendar and the data have it in full."""
    short, long = event(), event(subject="Maths " * 1500)
    change = Edited(uid="1", before=short, after=long)
    assert len(format_change(change, Catalogue("en"), PARIS)) < 3 * MAX_WIDTH
    assert long.subject in str(change_as_data(change))


def test_change_as_data_has_every_part() -> None:
    """Times are in the school's zone; exam and whole day are included."""
    reported = change_as_data(Cancelled(uid="u", before=replace(LESSON, is_exam=True)))
    assert (reported["change"], reported["after"]) == ("cancelled", None)
    assert {"start": "2026-03-03T10:15:00+01:00", "all_day": False, "exam": True}.items() <= reported["before"].items()  # type: ignore[attr-defined]


def test_days_in_a_sentence_have_the_form_of_the_language() -> None:
    """Errors have days, and a run has a time."""
    gone = SuspiciouslyEmpty("gone", gone=9, known=9, first=LESSON.start.date(), last=LATER.start.date(), account="")
    assert "(du 03/03/2026 au 05/03/2026)" in Catalogue("fr").error(gone)[0]
    assert "(2026-03-03 to 2026-03-05)" in Catalogue("en").error(gone)[0]
    with pytest.raises(SettingsError) as caught:
        period_of(Settings(first=LATER.start.date(), last=LESSON.start.date()), LESSON.start.date())
    assert "(du 05/03/2026 au 03/03/2026)" in Catalogue("fr").error(caught.value)[0]
    assert Catalogue("fr")("doctor.run.well.message", at=LESSON.start) == "03/03/2026 10:15 : réussi"


@for_each("language", ["fr", "en"])
def test_event_has_one_title_everywhere(language: str) -> None:
    """Lists of changes and notifications use the title of the calendar, whatever fields the lesson has."""
    words = Catalogue(language)
    calendar = EventText(words=words, kinds=words.table("calendar.kinds"), labels={})
    for fields in ({}, {"subject": ""}, {"subject": "", "note": "\n Salle  haute\nb"}, {"subject": "", "kind": "CM"}):
        lesson = replace(LESSON, **{"note": "", "kind": "", "raw_title": "x\ny", **fields})
        title = calendar.summary(lesson)
        assert event_title(lesson, words) == title
        change = Added(uid="u", after=lesson)
        assert title in format_change(change, words, PARIS)
        assert f", {title} " in format_change_briefly(change, lesson.start, PARIS, words).replace(":", " :")
