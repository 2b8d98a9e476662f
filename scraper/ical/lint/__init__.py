"""Check any program's .ics against RFC 5545 and the calendar programs that students use."""
