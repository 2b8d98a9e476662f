"""Calendars in the shapes that programs write, and hundreds of broken ones made from them: always the same."""

import re
from collections.abc import Callable, Iterator
from random import Random

from tests.factories import PARIS_VTIMEZONE

Mistake = tuple[str, str, str | Callable[[re.Match[str]], str]]
SHAPES = {
    "lesson": PARIS_VTIMEZONE + """\
BEGIN:VEVENT
UID:lesson-1
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Paris:20261202T080000
DTEND;TZID=Europe/Paris:20261202T100000
SUMMARY:Mécanique des fluides
LOCATION:Salle B204
DESCRIPTION:Groupe 2\\, avec Mme Dufour\\nApporter le cours
CATEGORIES:Cours
SEQUENCE:1
LAST-MODIFIED:20261101T080000Z
STATUS:CONFIRMED
TRANSP:OPAQUE
URL:https://planning.example/lesson?id=1
END:VEVENT
""",
    "week": PARIS_VTIMEZONE + "".join(
        f"""\
BEGIN:VEVENT
UID:week-{day}@planning.example
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Paris:2026120{day}T080000
DTEND;TZID=Europe/Paris:2026120{day}T093000
SUMMARY:{title}
LOCATION:Amphi {day}
DESCRIPTION:Une séance dont le texte est assez long pour que la ligne soit p
 liée au milieu d'un mot
CATEGORIES:TD,Info
PRIORITY:5
END:VEVENT
"""
        for day, title in ((1, "Algèbre"), (2, "Anglais\\, oral"), (3, "Réseaux\\; TP"), (4, "Sport"))
    ),
    "series": PARIS_VTIMEZONE + """\
BEGIN:VEVENT
UID:series-1
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Paris:20261201T080000
DTEND;TZID=Europe/Paris:20261201T100000
SUMMARY:Analyse
RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=TU
EXDATE;TZID=Europe/Paris:20261215T080000
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
DESCRIPTION:Dans un instant
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:series-1
DTSTAMP:20261101T080000Z
RECURRENCE-ID;TZID=Europe/Paris:20261208T080000
DTSTART;TZID=Europe/Paris:20261208T140000
DTEND;TZID=Europe/Paris:20261208T160000
SUMMARY:Analyse
END:VEVENT
""",
    "days": """\
BEGIN:VEVENT
UID:days-1
DTSTAMP:20261101T080000Z
DTSTART;VALUE=DATE:20261221
DTEND;VALUE=DATE:20270104
SUMMARY:Vacances
CLASS:PUBLIC
TRANSP:TRANSPARENT
END:VEVENT
BEGIN:VEVENT
UID:days-2
DTSTAMP:20261101T080000Z
DTSTART;VALUE=DATE:20261211
DURATION:P1D
SUMMARY:Jour de pont
RRULE:FREQ=YEARLY;UNTIL=20301231
EXDATE;VALUE=DATE:20271211
END:VEVENT
""",
    "utc": """\
BEGIN:VEVENT
UID:19970610T172345Z-AF23B2@calendar.example
DTSTAMP:19970610T172345Z
DTSTART:19970714T170000Z
DTEND:19970715T040000Z
SUMMARY:Fête du quartier
GEO:48.85299;2.36885
CONTACT:Jeanne Martin\\, 01 99 00 00 00
END:VEVENT
BEGIN:VEVENT
UID:utc-2
DTSTAMP:19970901T130000Z
DTSTART:19970903T163000Z
DURATION:PT1H30M
SUMMARY:Bilan de l'année
CLASS:PRIVATE
CATEGORIES:AFFAIRES,PERSONNEL
PRIORITY:1
ATTENDEE;CN="Martin, Jeanne";RSVP=TRUE:mailto:jeanne@calendar.example
ORGANIZER;CN=Paul:mailto:paul@calendar.example
END:VEVENT
""",
    "apple": PARIS_VTIMEZONE + """\
BEGIN:VEVENT
CREATED:20261101T080000Z
UID:A1B2C3D4-0000-4000-8000-000000000001
DTEND;TZID=Europe/Paris:20261205T120000
TRANSP:OPAQUE
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
SUMMARY:Forum des métiers
LAST-MODIFIED:20261101T080000Z
DTSTAMP:20261101T080000Z
DTSTART;TZID=Europe/Paris:20261205T090000
LOCATION:Hall\\n1 rue du Port
SEQUENCE:2
BEGIN:VALARM
X-WR-ALARMUID:0A0A
UID:0A0A
TRIGGER:-PT30M
DESCRIPTION:Rappel
ACTION:DISPLAY
END:VALARM
END:VEVENT
""",
    "google": PARIS_VTIMEZONE.replace("Europe/Paris", "Europe/Madrid") + """\
BEGIN:VEVENT
DTSTART;TZID=Europe/Madrid:20261203T170000
DTEND;TZID=Europe/Madrid:20261203T183000
RRULE:FREQ=WEEKLY;UNTIL=20261231T225959Z;BYDAY=TH
DTSTAMP:20261101T080000Z
UID:0abc1def2ghi@calendar.example
CREATED:20261001T120000Z
LAST-MODIFIED:20261101T080000Z
LOCATION:Local 3
SEQUENCE:0
STATUS:CONFIRMED
SUMMARY:Club de théâtre
TRANSP:OPAQUE
END:VEVENT
""",
    "outlook": PARIS_VTIMEZONE.replace("Europe/Paris", "Romance Standard Time") + """\
BEGIN:VEVENT
CLASS:PUBLIC
CREATED:20261101T080000Z
DESCRIPTION:Ordre du jour :\\n- budget\\n- divers
DTEND;TZID="Romance Standard Time":20261204T150000
DTSTAMP:20261101T080000Z
DTSTART;TZID="Romance Standard Time":20261204T140000
LAST-MODIFIED:20261101T080000Z
PRIORITY:5
SEQUENCE:0
SUMMARY;LANGUAGE=fr:Conseil
TRANSP:OPAQUE
UID:040000008200E00074C5B7101A82E00800000000
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
END:VEVENT
""",
}  # fmt: skip
INNER = r"BEGIN:VEVENT\nUID:inner\nDTSTAMP:20261101T080000Z\nDTSTART:20261230T080000Z\nSUMMARY:Dedans\nEND:VEVENT\n"
MOMENT = r"(?m)^(DTSTART|DTEND)([^:\n]*):(\d{8}T\d{6})(Z?)$"
# Name, what is there, what is written instead. One place of all that match is changed, drawn for each calendar.
MISTAKES: list[Mistake] = [
    ("begin-blank", r"(?m)^BEGIN:VEVENT$", "BEGIN:VEVENT "),
    ("begin-tab", r"(?m)^BEGIN:VEVENT$", "BEGIN:VEVENT\t"),
    ("begin-space-first", r"(?m)^BEGIN:VEVENT$", "BEGIN: VEVENT"),
    ("begin-lower", r"(?m)^BEGIN:VEVENT$", "begin:vevent"),
    ("begin-twice", r"(?m)^BEGIN:VEVENT$", "BEGIN:VEVENT\nBEGIN:VEVENT"),
    ("begin-missing", r"(?m)^BEGIN:VEVENT\n", ""),
    ("begin-calendar-blank", r"\ABEGIN:VCALENDAR", "BEGIN:VCALENDAR "),
    ("end-blank", r"(?m)^END:VEVENT$", "END:VEVENT "),
    ("end-other", r"(?m)^END:VEVENT$", "END:VTODO"),
    ("end-missing", r"(?m)^END:VEVENT\n", ""),
    ("end-calendar-missing", r"(?m)^END:VCALENDAR\n", ""),
    ("end-calendar-blank", r"(?m)^END:VCALENDAR$", "END:VCALENDAR "),
    ("zone-end-missing", r"(?m)^END:VTIMEZONE\n", ""),
    ("calendar-twice", r"\A(?s:.*)\Z", r"\g<0>\g<0>"),
    ("text-first", r"\A", "Calendrier\n"),
    ("text-after", r"\Z", "Fin\n"),
    ("blank-line-first", r"\A", "\n"),
    ("blank-line", r"(?m)^(?=SUMMARY|DTSTART)", "\n"),
    ("name-blank", r"(?m)^(SUMMARY|UID|DTSTART|DTEND)(?=[:;])", r"\1 "),
    ("value-blank-end", MOMENT, r"\g<0> "),
    ("value-blank-start", MOMENT, r"\1\2: \3\4"),
    ("colon-missing", r"(?m)^(SUMMARY|UID)(;[^:\n]*)?:", r"\1\2 "),
    ("line-unfolded", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nsuite du titre"),
    ("line-unfolded-colon", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nsuite du titre : fin"),
    ("fold-without-blank", r"(?m)^(SUMMARY[^:\n]*:...)(?=.)", "\\1\n"),
    ("line-long", r"(?m)^(SUMMARY)(;[^:\n]*)?:", rf"\1;X-LONG={'long' * 20}:"),
    ("parameter-quote-open", r"(?m)^(SUMMARY)(;[^:\n]*)?:", r'\1;LANGUAGE="fr:'),
    ("parameter-no-value", r"(?m)^(SUMMARY)(;[^:\n]*)?:", r"\1;LANGUAGE:"),
    ("parameter-empty", r"(?m)^(SUMMARY)(;[^:\n]*)?:", r"\1;:"),
    ("parameter-twice", r"(?m)^(SUMMARY)(;[^:\n]*)?:", r"\1;LANGUAGE=fr;LANGUAGE=en:"),
    ("uid-missing", r"(?m)^UID:.*\n(?!TRIGGER)", ""),
    ("uid-empty", r"(?m)^UID:.*$", "UID:"),
    ("uid-twice", r"(?m)^UID:.*\n", r"\g<0>UID:other\n"),
    ("uid-shared", r"(?m)^UID:week-.*$", "UID:week-2@planning.example"),
    ("stamp-missing", r"(?m)^DTSTAMP:.*\n", ""),
    ("stamp-local", r"(?m)^(DTSTAMP:.*)Z$", r"\1"),
    ("stamp-empty", r"(?m)^DTSTAMP:.*$", "DTSTAMP:"),
    ("start-missing", r"(?m)^DTSTART[^\n]*(2026|2027|1997)[^\n]*\n", ""),
    ("start-twice", r"(?m)^DTSTART[^\n]*(2026|1997)[^\n]*\n", r"\g<0>\g<0>"),
    ("start-empty", r"(?m)^(DTSTART[^:\n]*):(2026|1997).*$", r"\1:"),
    ("moment-date", MOMENT.replace("T\\d{6})", ")T\\d{6}"), r"\1\2:\3"),
    ("moment-minutes", MOMENT.replace("\\d{6})", "\\d{4})00"), r"\1\2:\3\4"),
    ("moment-iso", r"(?m)^(DTSTART|DTEND)([^:\n]*):(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(Z?)$",
     r"\1\2:\3-\4-\5T\6:\7:\8\9"),
    ("moment-offset", MOMENT, r"\1\2:\3+0100"),
    ("moment-milliseconds", MOMENT, r"\1\2:\3.000\4"),
    ("moment-lower", MOMENT.replace("\\d{8}T\\d{6})", "\\d{8})T(\\d{6})").replace("(Z?)", "Z?"), r"\1\2:\3t\4"),
    ("hour-24", r"(?m)^(DTEND[^:\n]*:\d{8}T)\d\d", r"\g<1>24"),
    ("minute-60", r"(?m)^(DTSTART[^:\n]*:2026\d{4}T\d\d)\d\d", r"\g<1>60"),
    ("second-60", MOMENT.replace("\\d{6})", "\\d{4})00"), r"\1\2:\g<3>60\4"),
    ("month-13", r"(?m)^(DTSTART[^:\n]*:2026)\d\d", r"\g<1>13"),
    ("day-31", r"(?m)^(DTSTART[^:\n]*:2026)\d{4}", r"\g<1>1131"),
    ("day-0", r"(?m)^(DTSTART[^:\n]*:2026\d\d)\d\d", r"\g<1>00"),
    ("end-before-start", r"(?m)^(DTEND[^:\n]*:)(2026|2027|1997)", r"\g<1>1990"),
    ("end-is-date", r"(?m)^DTEND[^:\n]*:(\d{8})T\d{6}Z?$", r"DTEND;VALUE=DATE:\1"),
    ("end-twice", r"(?m)^DTEND[^\n]*\n", r"\g<0>\g<0>"),
    ("end-and-duration", r"(?m)^DTEND[^\n]*\n", r"\g<0>DURATION:PT3H\n"),
    ("end-floating", r"(?m)^DTEND;TZID=[^:\n]*:", "DTEND:"),
    ("start-floating", r"(?m)^DTSTART;TZID=[^:\n]*:", "DTSTART:"),
    ("duration-word", r"(?m)^DURATION:.*$", "DURATION:1h30"),
    ("duration-no-t", r"(?m)^DURATION:.*$", "DURATION:P1H"),
    ("duration-negative", r"(?m)^DURATION:", "DURATION:-"),
    ("duration-empty", r"(?m)^DURATION:.*$", "DURATION:"),
    ("date-with-zone", r"(?m)^DTSTART;VALUE=DATE:", "DTSTART;VALUE=DATE;TZID=Europe/Paris:"),
    ("date-no-value", r"(?m)^(DTSTART|DTEND);VALUE=DATE:", r"\1:"),
    ("value-of-another-type", r"(?m)^(DTSTART)(;TZID=[^:\n]*)?:(?=2026|1997)", r"\1;VALUE=DATE\2:"),
    ("value-unknown", r"(?m)^(DTSTART)([^:\n]*):(?=2026|1997)", r"\1;VALUE=DAY:"),
    ("zone-utc-too", r"(?m)^(DTSTART;TZID=[^\n]*)$", r"\1Z"),
    ("zone-undefined", r"(?m)^TZID:.*$", "TZID:Elsewhere/Town"),
    ("zone-unknown", r"(?m)^(DTSTART;TZID=)[^:\n]*:", r"\1Elsewhere/Town:"),
    ("zone-empty-name", r"(?m)^(DTSTART;TZID=)[^:\n]*:", r"\1:"),
    ("zone-removed", r"(?s)BEGIN:VTIMEZONE.*END:VTIMEZONE\n", ""),
    ("zone-no-name", r"(?m)^TZID:.*\n", ""),
    ("zone-no-observance", r"(?s)BEGIN:STANDARD.*END:DAYLIGHT\n", ""),
    ("zone-offset-colon", r"TZOFFSETTO:\+0([12])00", r"TZOFFSETTO:+0\1:00"),
    ("zone-offset-hours", r"TZOFFSETTO:\+0([12])00", r"TZOFFSETTO:+\1"),
    ("zone-offset-missing", r"(?m)^TZOFFSETFROM:.*\n", ""),
    ("zone-start-utc", r"(?m)^DTSTART:(1970\w+)$", r"DTSTART:\1Z"),
    ("zone-rule-wrong", r"BYDAY=-1SU", "BYDAY=LAST"),
    ("rule-frequency", r"FREQ=(WEEKLY|YEARLY)(?=;[CU])", "FREQ=EVERYWEEK"),
    ("rule-no-frequency", r"FREQ=(WEEKLY|YEARLY);(?=[CU])", ""),
    ("rule-empty-part", r"(?m)^(RRULE:.*)$", r"\1;"),
    ("rule-unknown-part", r"(?m)^(RRULE:FREQ=[WY]\w+;[CU].*)$", r"\1;BYMOOD=GOOD"),
    ("rule-count-zero", r"(COUNT|UNTIL)=\w+", "COUNT=0"),
    ("rule-interval-zero", r"(?m)^(RRULE:FREQ=[WY]\w+;[CU].*)$", r"\1;INTERVAL=0"),
    ("rule-until-and-count", r"(?m)^(RRULE:FREQ=[WY]\w+;C.*)$", r"\1;UNTIL=20261210T000000Z"),
    ("rule-until-date", r"(COUNT=5|UNTIL=\w+Z)", "UNTIL=20261220"),
    ("rule-until-local", r"(COUNT=5|UNTIL=\w+)", "UNTIL=20261220T080000"),
    ("rule-day-name", r"BYDAY=T[UH]", "BYDAY=TUESDAY"),
    ("rule-day-numbered", r"BYDAY=(T[UH])", r"BYDAY=1\1"),
    ("rule-spaces", r"(COUNT|UNTIL)=", r" \1="),
    ("exdate-date", r"(?m)^EXDATE;TZID=[^:\n]*:(\d{8})\w+$", r"EXDATE;VALUE=DATE:\1"),
    ("exdate-date-no-value", r"(?m)^EXDATE;TZID=[^:\n]*:(\d{8})\w+$", r"EXDATE:\1"),
    ("exdate-floating", r"(?m)^EXDATE;TZID=[^:\n]*:", "EXDATE:"),
    ("exdate-time-of-day", r"(?m)^EXDATE;VALUE=DATE:(\d{8})$", r"EXDATE:\1T000000Z"),
    ("exdate-blanks", r"(?m)^(EXDATE[^:\n]*:)(.*)$", r"\1\2, \2"),
    ("exdate-other-hour", r"(?m)^(EXDATE;TZID=[^:\n]*:\d{8})T080000$", r"\1T090000"),
    ("rdate-date", r"(?m)^(RRULE:FREQ=WEEKLY;.*)$", "\\1\nRDATE;VALUE=DATE:20261224"),
    ("rdate-times", r"(?m)^(RRULE:FREQ=YEARLY;U.*)$", "\\1\nRDATE:20261224T080000Z"),
    ("moved-date", r"(?m)^RECURRENCE-ID;TZID=[^:\n]*:(\d{8})\w+$", r"RECURRENCE-ID;VALUE=DATE:\1"),
    ("moved-floating", r"(?m)^RECURRENCE-ID;TZID=[^:\n]*:", "RECURRENCE-ID:"),
    ("moved-unknown-hour", r"(?m)^(RECURRENCE-ID;TZID=[^:\n]*:\d{8})T080000$", r"\1T070000"),
    ("moved-no-id", r"(?m)^RECURRENCE-ID[^\n]*\n", ""),
    ("summary-comma", r"(?m)^(SUMMARY[^\n]*)$", r"\1, suite"),
    ("summary-semicolon", r"(?m)^(SUMMARY[^\n]*)$", r"\1; suite"),
    ("summary-backslash", r"(?m)^(SUMMARY[^\n]*)$", r"\1 C:\\temp"),
    ("summary-backslash-end", r"(?m)^(SUMMARY[^\n]*)$", r"\1\\"),
    ("summary-twice", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nSUMMARY:Autre"),
    ("summary-control", r"(?m)^(SUMMARY[^:\n]*:...)", "\\1\x07"),
    ("summary-nul", r"(?m)^(SUMMARY[^:\n]*:...)", "\\1\0"),
    ("summary-line-separator", r"(?m)^(SUMMARY[^:\n]*:...)", "\\1\u2028"),
    ("summary-next-line", r"(?m)^(SUMMARY[^:\n]*:...)", "\\1\x85"),
    ("summary-vertical-tab", r"(?m)^(SUMMARY[^:\n]*:...)", "\\1\x0b"),
    ("summary-return", r"(?m)^(SUMMARY[^:\n]*:...)", "\\1\r"),
    ("description-real-line", r"(?m)^(DESCRIPTION[^\n]*?)\\n", "\\1\n"),
    ("status-spelling", r"(?m)^STATUS:.*$", "STATUS:CANCELED"),
    ("status-french", r"(?m)^STATUS:.*$", "STATUS:CONFIRMÉ"),
    ("status-todo", r"(?m)^STATUS:.*$", "STATUS:COMPLETED"),
    ("transp-unknown", r"(?m)^TRANSP:.*$", "TRANSP:BUSY"),
    ("class-unknown", r"(?m)^CLASS:.*$", "CLASS:SECRET"),
    ("priority-word", r"(?m)^PRIORITY:.*$", "PRIORITY:high"),
    ("priority-eleven", r"(?m)^PRIORITY:.*$", "PRIORITY:11"),
    ("sequence-milliseconds", r"(?m)^SEQUENCE:.*$", "SEQUENCE:1732873000000"),
    ("sequence-negative", r"(?m)^SEQUENCE:.*$", "SEQUENCE:-1"),
    ("sequence-word", r"(?m)^SEQUENCE:.*$", "SEQUENCE:two"),
    ("sequence-empty", r"(?m)^SEQUENCE:.*$", "SEQUENCE:"),
    ("geo-comma", r"(?m)^GEO:.*$", "GEO:48,85;2,36"),
    ("geo-far", r"(?m)^GEO:.*$", "GEO:148.85;2.36"),
    ("attendee-name", r"(?m)^(ATTENDEE[^:\n]*:).*$", r"\1Jeanne Martin"),
    ("url-words", r"(?m)^URL:.*$", "URL:voir le site"),
    ("created-local", r"(?m)^(CREATED:.*)Z$", r"\1"),
    ("modified-date", r"(?m)^LAST-MODIFIED:(\d{8}).*$", r"LAST-MODIFIED:\1"),
    ("alarm-none", r"(?m)^ACTION:.*$", "ACTION:NONE"),
    ("alarm-procedure", r"(?m)^ACTION:.*$", "ACTION:PROCEDURE"),
    ("alarm-no-action", r"(?m)^ACTION:.*\n", ""),
    ("alarm-no-trigger", r"(?m)^TRIGGER:.*\n", ""),
    ("alarm-trigger-minutes", r"(?m)^TRIGGER:.*$", "TRIGGER:-15"),
    ("alarm-no-description", r"(?m)^DESCRIPTION:(Dans un instant|Rappel)\n", ""),
    ("alarm-repeat", r"(?m)^ACTION:.*$", r"\g<0>\nREPEAT:2"),
    ("name-lower", r"(?m)^(SUMMARY|UID)(?=[:;])", lambda found: found[0].lower()),
    ("calendar-lower", r"\ABEGIN:VCALENDAR", "begin:vcalendar"),
    ("color-hex", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nCOLOR:#ff8800"),
    ("attach-words", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nATTACH:le poly"),
    ("attach-no-encoding", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nATTACH;VALUE=BINARY:YWJj"),
    ("attach-no-base64", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nATTACH;VALUE=BINARY;ENCODING=BASE64:a-é"),
    ("organizer-name", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nORGANIZER:Mme Dufour"),
    ("attendee-rsvp", r"RSVP=TRUE", "RSVP=YES"),
    ("parameter-misplaced", r"(?m)^(SUMMARY)(;[^:\n]*)?:", r"\1;TZID=Europe/Paris:"),
    ("parameter-several", r"(?m)^(SUMMARY)(;[^:\n]*)?:", r"\1;LANGUAGE=fr,en:"),
    ("property-of-todo", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nPERCENT-COMPLETE:50"),
    ("event-in-event", r"(?m)^END:VEVENT\n", rf"{INNER}\g<0>"),
    ("rule-month-day", r"(?m)^(RRULE:FREQ=W\w+;[CU].*);BYDAY=\w+$", r"\1;BYMONTHDAY=1"),
    ("rule-week-number", r"(?m)^(RRULE:FREQ=W\w+;[CU].*)$", r"\1;BYWEEKNO=50"),
    ("rule-position-alone", r"(?m)^(RRULE:FREQ=Y\w+;[CU].*)$", r"\1;BYSETPOS=1"),
    ("alarm-in-calendar", r"(?m)^END:VCALENDAR$",
     r"BEGIN:VALARM\nACTION:AUDIO\nTRIGGER:-PT5M\nEND:VALARM\n\g<0>"),
    ("zone-twice", r"(?ms)^BEGIN:VTIMEZONE.*END:VTIMEZONE\n", r"\g<0>\g<0>"),
    ("method-publish", r"(?m)^CALSCALE:.*$", r"\g<0>\nMETHOD:PUBLISH"),
    ("refresh-no-value", r";VALUE=DURATION", ""),
    ("refresh-hours", r"PT6H", "6H"),
    ("duration-hours-of-day", r"(?m)^DURATION:P1D$", "DURATION:PT24H"),
    ("categories-semicolon", r"(?m)^CATEGORIES:.*$", r"\g<0>;Autre"),
    ("geo-one", r"(?m)^GEO:.*$", "GEO:48.85"),
    ("url-twice", r"(?m)^URL:.*\n", r"\g<0>\g<0>"),
    ("status-blank", r"(?m)^STATUS:.*$", r"\g<0> "),
    ("version-blank", r"(?m)^VERSION:.*$", r"\g<0> "),
    ("priority-blank", r"(?m)^PRIORITY:.*$", r"\g<0> "),
    ("related-unknown", r"(?m)^TRIGGER:", "TRIGGER;RELATED=MIDDLE:"),
    ("trigger-local", r"(?m)^TRIGGER:.*$", "TRIGGER;VALUE=DATE-TIME:20261201T070000"),
    ("product-empty", r"(?m)^PRODID:.*$", "PRODID:"),
    ("product-twice", r"(?m)^PRODID:.*\n", r"\g<0>\g<0>"),
    ("stamp-twice", r"(?m)^DTSTAMP:.*\n", r"\g<0>\g<0>"),
    ("location-twice", r"(?m)^LOCATION:.*\n", r"\g<0>LOCATION:Ailleurs\n"),
    ("sequence-twice", r"(?m)^SEQUENCE:.*\n", r"\g<0>\g<0>"),
    ("rule-twice", r"(?m)^RRULE:FREQ=\w+;[CU].*\n", r"\g<0>\g<0>"),
    ("property-unknown", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nTEACHER:Mme Dufour"),
    ("property-underscore", r"(?m)^(SUMMARY[^\n]*)$", "\\1\nX_TEACHER:Mme Dufour"),
    ("property-at-calendar", r"(?m)^BEGIN:VEVENT$", r"LOCATION:Lille\n\g<0>"),
    ("component-unknown", r"(?m)^END:VEVENT$", r"BEGIN:TEACHER\nX-NAME:Dufour\nEND:TEACHER\n\g<0>"),
    ("version-missing", r"(?m)^VERSION:.*\n", ""),
    ("version-one", r"(?m)^VERSION:.*$", "VERSION:1.0"),
    ("product-missing", r"(?m)^PRODID:.*\n", ""),
    ("scale-julian", r"(?m)^CALSCALE:.*$", "CALSCALE:JULIAN"),
]  # fmt: skip
# What the writer of a mistake wants to be read, where that is not the whole calendar.
INTENDED = {
    "event-in-event": rf"\g<0>{INNER}",
    "summary-comma": r"\1\\, suite",
    "summary-semicolon": r"\1\\; suite",
    "summary-backslash": r"\1 C:\\\\temp",
    "summary-backslash-end": r"\1\\\\",
    "categories-semicolon": r"\g<0>,Autre",
}
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "lf": lambda text: text.encode(),
    "cr": lambda text: text.replace("\n", "\r").encode(),
    "cr-cr-lf": lambda text: text.replace("\n", "\r\r\n").encode(),
    "bom": lambda text: b"\xef\xbb\xbf" + _ended(text),
    "latin-1": lambda text: text.replace("\n", "\r\n").encode("latin-1"),
    "utf-16": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "last-line-open": lambda text: _ended(text)[:-2],
    "cut": lambda text: _ended(text)[: len(text) * 2 // 3],
    "fold-in-character": lambda text: re.sub(rb"(SUMMARY[^\r]*?\xc3)", rb"\1\r\n ", _ended(text), count=1),
}
HEAD = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//planning.example//planning//FR
CALSCALE:GREGORIAN
REFRESH-INTERVAL;VALUE=DURATION:PT6H
"""


def whole_calendars() -> dict[str, bytes]:
    """Return the calendars without a mistake, by shape."""
    return {shape: _ended(_text(shape)) for shape in SHAPES}


def intended_calendars() -> Iterator[tuple[str, bytes]]:
    """Return the expected events of broken calendars that differ from the intact one."""
    yield from _changed([(name, there, INTENDED[name]) for name, there, _ in MISTAKES if name in INTENDED])


def broken_calendars() -> Iterator[tuple[str, bytes]]:
    """Return each calendar with one mistake, named `shape/mistake`, where the calendar has a place for it."""
    yield from _changed(MISTAKES)
    for shape in SHAPES:
        text = _text(shape)
        for name, encode in ENCODINGS.items():
            if (body := encode(text)) != _ended(text):
                yield f"{shape}/{name}", body


def _changed(mistakes: list[Mistake]) -> Iterator[tuple[str, bytes]]:
    for shape in SHAPES:
        text = _text(shape)
        for mistake, there, instead in mistakes:
            if places := list(re.finditer(there, text)):
                place = Random(f"{shape}/{mistake}").choice(places)  # noqa: S311 - the same each time
                yield (
                    f"{shape}/{mistake}",
                    _ended(
                        text[: place.start()]
                        + (instead(place) if callable(instead) else place.expand(instead))
                        + text[place.end() :]
                    ),
                )


def _text(shape: str) -> str:
    return f"{HEAD}{SHAPES[shape]}END:VCALENDAR\n"


def _ended(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()
