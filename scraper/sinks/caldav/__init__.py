"""A calendar at a CalDAV server (RFC 4791)."""
