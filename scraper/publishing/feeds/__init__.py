"""Publish calendars for subscribers: files behind secret addresses."""
