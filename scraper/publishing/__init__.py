"""Compare a timetable with the ledger, render it, hold or deliver it."""
