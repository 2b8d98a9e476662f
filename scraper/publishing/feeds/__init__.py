"""Calendars for subscribers, as files behind secret addresses."""
