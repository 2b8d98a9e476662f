"""A student's Aurion planning, written as an .ics that calendars trust."""

__version__ = "0.1.0"
