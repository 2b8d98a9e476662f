"""The days to export."""

from datetime import date

from dateutil.relativedelta import relativedelta

from scraper.config.settings.model import MOST_MONTHS, Settings
from scraper.domain.planning import Period
from scraper.errors import SettingsError

EARLIEST, LATEST = 2000, 2100
"""The years in which a period may begin."""


def period_of(settings: Settings, today: date) -> Period:
    """Return the days to export, both ends included: from `first` (default: today) to `last` or `months` later.

    `today` is in the school's zone. Raise SettingsError: "period", "period-long".
    """
    first = settings.first or today
    try:
        last = settings.last or first + relativedelta(months=settings.months)
        period = Period(first=first, last=last)
    except (ValueError, OverflowError):
        raise SettingsError("period", first=first, last=settings.last or "…") from None
    if not EARLIEST <= first.year <= LATEST:
        raise SettingsError("period", first=first, last=last)
    if last > first + relativedelta(months=MOST_MONTHS):
        raise SettingsError("period-long", first=first, last=last, months=MOST_MONTHS)
    return period
