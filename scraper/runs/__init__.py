"""Exports with nobody there: when the portal is asked, in which process, and what a person is told of it."""
