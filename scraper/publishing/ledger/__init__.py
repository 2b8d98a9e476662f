"""The database of what was published: events, revisions, changes."""
