"""A failed run as a file that can be sent: structure kept, persons masked."""
