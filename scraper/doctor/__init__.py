"""What works on this machine and what does not: each check is a function that gives what it saw."""

from scraper.doctor.check import Check, State
from scraper.doctor.examination import examine

__all__ = ["Check", "State", "examine"]
