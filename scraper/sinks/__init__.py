"""Destinations of a calendar: a file, standard output, a CalDAV server, Google Calendar."""
