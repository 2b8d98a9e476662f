"""The web server: the local page, and the feed of calendars at secret addresses for phones and Google."""
