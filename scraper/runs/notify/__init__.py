"""Notifications about runs and changes."""
