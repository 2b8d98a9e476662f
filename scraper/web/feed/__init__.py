"""The feed: calendars to which other programs subscribe."""
