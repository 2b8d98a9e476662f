"""Unattended and manual runs: scheduling, back-off, worker processes, status and notifications."""
