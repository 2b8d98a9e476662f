"""Diagnostics: checks of this machine, and reports of failed runs."""
