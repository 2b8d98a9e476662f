"""Check the .ics of any program against RFC 5545 and the readers of students."""
