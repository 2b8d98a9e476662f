"""Checks of the machine, the settings and the portals, for `aurion doctor`."""

from scraper.diagnostics.doctor.check_result import Check, State
from scraper.diagnostics.doctor.examine import examine

__all__ = ["Check", "State", "examine"]
