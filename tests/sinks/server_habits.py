"""The habits of CalDAV servers that `HabitServer` has, and the sources that describe them.

"hints" are the measurements in python-caldav's `caldav/compatibility_hints.py`, with the names that they have there.
"""

SERVERS: dict[str, tuple[frozenset[str], str]] = {
    "iCloud": (
        frozenset({"uid-412", "end-404"}),
        "hints: icloud (save-load.event.no-dtend, save.duplicate-uid.cross-calendar); bitfireAT/davx5-ose#1859",
    ),
    "Nextcloud": (frozenset({"uid-400", "trash"}), "nextcloud/server#7042, #30096, #42582"),
    "Nextcloud, proposed": (frozenset({"uid-409", "trash-delete"}), "nextcloud/server#61640; nextcloud/calendar#4091"),
    "Baïkal": (frozenset({"here-twice"}), "hints: baikal (save.no-uid-conflict)"),
    "Baïkal, old": (frozenset({"here-twice", "mkcol"}), "hints: baikal_old (create-calendar: mkcol-required)"),
    "Radicale": (frozenset(), "hints: radicale (save.no-uid-conflict); the real one is in the tests, too"),
    "Xandikos": (frozenset(), "hints: xandikos (save.no-uid-conflict); the real one is in the tests, too"),
    "Cyrus": (frozenset({"uid-unique"}), "hints: cyrus; cyrusimap/cyrus-imapd#2859"),
    "Cyrus 3.0, Fastmail": (frozenset({"uid-403"}), "cyrusimap/cyrus-imapd#2345; pimutils/vdirsyncer#1188"),
    "SOGo": (
        frozenset({"here-409", "no-if-none-match"}),
        "hints: sogo (save.no-uid-conflict, save.if-none-match)",
    ),
    "Open-Xchange": (
        frozenset({"uid-409", "own-address", "if-match"}),
        "hints: ox (create-calendar.stable-url, save-load.mutable.if-match-optional, save.duplicate-uid)",
    ),
    "mailbox.org": (
        frozenset({"uid-409", "own-address", "if-match", "busy-date", "sync-403"}),
        "Open-Xchange; alainm23/planify#2368; pimutils/vdirsyncer#733 (429)",
    ),
    "Yahoo": (
        frozenset({"uid-400", "own-address", "sync-501"}),
        "hints: yahoo (create-calendar.stable-url, sync-token); python-caldav/caldav#713",
    ),
    "SmarterMail": (frozenset({"no-listed-etag", "sync-400"}), "twentyhq/twenty#25648"),
    "Kerio": (frozenset({"plain-etag"}), "twentyhq/twenty#25648, a comment"),
    "Group-Office": (frozenset({"plain-etag"}), "Intermesh/groupoffice#556"),
    "DavMail": (frozenset({"plain-etag", "sync-501"}), "pimutils/vdirsyncer#246"),
    "Robur": (frozenset({"plain-etag", "here-twice", "sync-400"}), "hints: robur (save.etag, sync-token)"),
    "Bedework": (
        frozenset({"uid-412", "here-412", "escaped-put-etag", "sync-500"}),
        "hints: bedework (save.etag, save.no-uid-conflict, sync-token.limit); python-caldav/caldav#730",
    ),
    "Zimbra": (
        frozenset({"uid-silent", "own-address", "no-if-none-match"}),
        "hints: zimbra (save.duplicate-uid.cross-calendar, create-calendar.stable-url, save.if-none-match)",
    ),
    "GMX": (frozenset({"busy", "weak-put-etag", "sync-400"}), "hints: gmx (rate-limit, save.etag, sync-token)"),
    "Google": (
        frozenset({"no-mkcalendar", "no-if-none-match", "no-put-etag"}),
        "developers.google.com/workspace/calendar/caldav; gggard/AndroidCaldavSyncAdapater#101",
    ),
    "Google's address books": (frozenset({"location"}), "pimutils/vdirsyncer#1223 (CardDAV; RFC 9110 §10.2.2)"),
    "Infomaniak": (
        frozenset({"gone-418", "here-twice"}),
        "hints: infomaniak (sync-token.delete, save.no-uid-conflict)",
    ),
    "Posteo": (
        frozenset({"no-mkcalendar", "sync-403", "here-twice"}),
        "hints: posteo (create-calendar, save.no-uid-conflict); alainm23/planify#2368",
    ),
    "DAViCal, Synology": (
        frozenset({"here-twice"}),
        "hints: davical (save.no-uid-conflict), synology",
    ),
    "ownCloud 8": (frozenset({"no-put-etag"}), "owncloud-archive/calendar#716"),
    "a proxy that packs": (frozenset({"weak-etag"}), "personium/personium-core#5; RFC 9110 §8.8.3"),
    "a server that changes what it stores": (frozenset({"rewrites"}), "RFC 4791 §5.3.4: then it sends no ETag"),
    "SabreDAV": (frozenset({"one-500"}), "sabre-io/dav#991; nextcloud/server#30514: one event, status 500"),
    "a server with a rule of its own": (frozenset({"one-403"}), "RFC 4791 §5.3.2.1: preconditions that it may have"),
    "an adapter": (frozenset({"no-etag"}), "forwardemail/caldav-adapter#3"),
    "a server that chooses the names": (
        frozenset({"own-name"}),
        "hints: save-load.stable-url; pimutils/vdirsyncer#1223",
    ),
}
"""Each server's habits, and where they are described; see `HabitServer` for their meaning.

Zoho is not among them: nothing public describes what it does.
"""
STRANGE = frozenset({"one-423", "one-207", "empty-sync", "absolute-href", "escaped-href", "gzip", "chunked"})
"""Habits of no server in particular, which the standards allow."""
HABITS = tuple(sorted(STRANGE.union(*(habits for habits, _ in SERVERS.values()))))
