"""Durations as users write them: `10m`, `2h`, `1d`."""

import re
from datetime import timedelta

NO_ALARM = "none"
"""The text for no reminder."""
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Return the duration. Raise ValueError where the text is none."""
    found = re.fullmatch(r"([0-9]{1,6}) ?([mhd])", text.strip().lower())
    if found is None:
        raise ValueError(text)
    return timedelta(**{UNITS[found[2]]: int(found[1])})
