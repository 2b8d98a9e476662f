"""Politeness towards a portal: its hours, a bucket of exchanges, places for sessions, and pauses after faults."""
