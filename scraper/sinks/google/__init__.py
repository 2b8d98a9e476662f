"""A calendar of Google Calendar, which this program creates: it has access to no other."""
