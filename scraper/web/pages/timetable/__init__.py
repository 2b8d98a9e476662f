"""The timetable as a calendar: from the ledger's events to the rows of a page; pure except for `routes`."""
