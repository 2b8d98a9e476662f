"""The form in which a date or time of a series is written: RFC 5545 compares only dates of the same form."""

import re
from typing import NamedTuple

DATES = {"EXDATE", "RDATE", "RECURRENCE-ID"}
MOMENT = re.compile(r"[0-9]{8}(?:T([0-9]{6})(Z?))?", re.IGNORECASE)


class DateForm(NamedTuple):
    """The form of a date or time: "date", "local", or "absolute" (in UTC or with a zone); its zone and hour."""

    kind: str
    zone: str
    hour: str


def form_of(value: str, zone: str) -> DateForm | None:
    """Return the form of a date or time; None where it is not valid."""
    found = MOMENT.match(value)
    if found is None:
        return None
    if found[1] is None:
        return DateForm("date", "", "")
    return DateForm("absolute" if found[2] or zone else "local", "UTC" if found[2] else zone, found[1])
