"""Remove what names a person or opens a session from a recording."""
