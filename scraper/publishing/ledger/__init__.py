"""The database of published calendars: events, revisions, changes."""
