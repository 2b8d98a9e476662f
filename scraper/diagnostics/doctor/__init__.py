"""What works on this machine and what does not: each check is a function that gives what it saw."""

from scraper.diagnostics.doctor.check import Check, State
from scraper.diagnostics.doctor.examine import examine

__all__ = ["Check", "State", "examine"]
