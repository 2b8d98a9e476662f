"""Validated settings of a run: options override variables, the account's table and the file's general keys."""
