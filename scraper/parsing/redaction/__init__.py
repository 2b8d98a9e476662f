"""Removal of names, secrets and sessions from recordings."""
