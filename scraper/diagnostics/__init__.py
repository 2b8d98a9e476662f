"""The state of this machine and of a failed run, to read or to send."""
