"""Where a calendar goes: a file, standard output."""
