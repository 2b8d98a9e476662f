"""Hosting for an association: one service that keeps the calendars of many students up to date."""
