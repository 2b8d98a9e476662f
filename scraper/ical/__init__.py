"""Render events as .ics bytes: the same bytes for the same events, without clock or randomness.

It follows RFC 5545, RFC 7986, and the behaviour of Google, Apple, Outlook, Thunderbird and Nextcloud.
"""
