"""A student's Aurion planning, written as a calendar file (.ics)."""

__version__ = "0.1.0"
