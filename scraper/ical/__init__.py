"""Events to the bytes of an .ics, the same bytes for the same events; no clock, nothing random.

RFC 5545 and RFC 7986, and what Google, Apple, Outlook, Thunderbird and Nextcloud do with a file.
"""
