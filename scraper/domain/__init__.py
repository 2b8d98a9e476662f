"""Types and rules of a timetable: events, changes, schools, recordings. No I/O, no clock."""
