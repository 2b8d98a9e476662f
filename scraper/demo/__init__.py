"""A small Aurion portal on 127.0.0.1: login, menu, planning with the real FullCalendar, faults on demand.

It responds as PrimeFaces 5.3 and Mojarra 2.2 do at a school: same ids, same order of updates, same spacing. Its
people, rooms and lessons are invented.
"""

from scraper.demo.controls import Control, Fault, LoggedExchange
from scraper.demo.demo_server import Demo
from scraper.demo.variant import DemoUser, Rubrique, Variant
from scraper.domain.demo_student import LOGIN, NAMESPACE, PASSWORD

__all__ = [
    "LOGIN",
    "NAMESPACE",
    "PASSWORD",
    "Control",
    "Demo",
    "DemoUser",
    "Fault",
    "LoggedExchange",
    "Rubrique",
    "Variant",
]
