"""Which CalDAV server has which of the habits that `HabitServer` knows, and where that is described."""

SERVERS: dict[str, tuple[frozenset[str], str]] = {
    "iCloud": (frozenset({"uid-412", "end-404"}), "python-caldav icloud; bitfireAT/davx5-ose#1859"),
    "Nextcloud": (frozenset({"uid-403", "trash"}), "nextcloud/server#30096, #42582, #61640"),
    "Nextcloud 26": (frozenset({"uid-400", "trash-delete"}), "nextcloud/calendar#4091; nextcloud/server#34375"),
    "Baïkal": (frozenset({"uid-400"}), "sabre-io/dav, CalDAV/Backend/PDO.php; python-caldav baikal"),
    "Radicale": (frozenset({"uid-here-409"}), "python-caldav radicale; RFC 4791 §5.3.2.1"),
    "Cyrus": (frozenset({"uid-403"}), "cyrusimap/cyrus-imapd#2345; python-caldav cyrus"),
    "Fastmail": (frozenset({"uid-403"}), "Cyrus; pimutils/vdirsyncer#1188"),
    "SOGo": (frozenset({"uid-403", "no-put-etag", "sync-501"}), "python-caldav sogo (sync-token)"),
    "Open-Xchange": (frozenset({"uid-409", "own-name", "sync-403"}), "python-caldav ox (object-url, sync-token)"),
    "Yahoo": (frozenset({"uid-409", "own-address", "sync-501"}), "python-caldav#713; its hints for yahoo"),
    "SmarterMail": (frozenset({"no-put-etag", "sync-400"}), "python-caldav; vdirsyncer#992"),
    "Kerio": (frozenset({"plain-etag", "sync-501"}), "vdirsyncer, Kerio's ETags without quotes"),
    "Bedework": (frozenset({"uid-412", "sync-500"}), "python-caldav bedework; alainm23/planify#2368"),
    "Zimbra": (frozenset({"uid-silent", "own-address"}), "python-caldav zimbra (save.duplicate-uid, stable-url)"),
    "Google": (
        frozenset({"location", "no-mkcalendar", "rewrites"}),
        "developers.google.com/workspace/calendar/caldav",
    ),
    "Infomaniak": (frozenset({"busy", "sync-403"}), "python-caldav infomaniak"),
    "mailbox.org": (frozenset({"uid-409", "busy-date", "sync-403"}), "Open-Xchange; pimutils/vdirsyncer#733"),
    "Apache proxies": (frozenset({"weak-etag"}), "RFC 9110 §8.8.3; httpd's mod_deflate"),
    "Zoho": (
        frozenset({"rewrites", "weak-etag", "one-403"}),
        "bitfireAT/davx5-ose: no ETag after a change",
    ),
    "Posteo": (frozenset({"one-500"}), "sabre-io/dav: an exception for one object is a 500"),
    "DAViCal": (frozenset({"mkcol", "no-etag"}), "python-caldav davical (mkcol-required)"),
}
"""Each server's habits, and where they are described; see `HabitServer` for their meaning."""
HABITS = tuple(sorted({habit for habits, _ in SERVERS.values() for habit in habits}))
