"""Rules of the linter, each with the smallest change that breaks it."""

from io import BytesIO
from pathlib import Path

from scraper.i18n import LANGUAGES, Catalogue
from scraper.ical.lint.finding import Finding, table
from scraper.ical.lint.lint import lint_calendar
from tests.cases import for_each
from tests.factories import PARIS_VTIMEZONE
from tests.paths import ROOT

EXPECTED = sorted((ROOT / "fixtures" / "expected").rglob("*.ics"))
GOOD = f"""\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//example//example//EN
CALSCALE:GREGORIAN
NAME:Lessons
X-WR-CALNAME:Lessons
COLOR:steelblue
REFRESH-INTERVAL;VALUE=DURATION:PT6H
X-PUBLISHED-TTL:PT6H
{PARIS_VTIMEZONE}BEGIN:VEVENT
UID:one
DTSTAMP:20261102T060000Z
DTSTART;TZID=Europe/Paris:20261102T080000
DTEND;TZID=Europe/Paris:20261102T100000
SUMMARY;LANGUAGE=fr:Mécanique\\, première
DESCRIPTION:a\\nb\\;c\\\\d: "quoted"
CATEGORIES:one,two
TRANSP:OPAQUE
CLASS:PUBLIC
PRIORITY:5
GEO:50.6;3.05
SEQUENCE:1
LAST-MODIFIED:20261102T060000Z
STATUS:CANCELLED
ATTENDEE;CN="Doe, Jane: dean";RSVP=TRUE;ROLE=CHAIR:mailto:jane@example.org
RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO
EXDATE;TZID=Europe/Paris:20261109T080000,20261116T080000
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
DESCRIPTION:soon
END:VALARM
END:VEVENT
BEGIN:VEVENT
UID:two
DTSTAMP:20261102T060000Z
DTSTART;VALUE=DATE:20261103
DURATION:P1D
END:VEVENT
BEGIN:VTODO
UID:three
DTSTAMP:20261102T060000Z
DTSTART:20261103T080000Z
DUE:20261104T080000Z
PERCENT-COMPLETE:50
STATUS:IN-PROCESS
END:VTODO
BEGIN:VJOURNAL
UID:four
DTSTAMP:20261102T060000Z
STATUS:FINAL
END:VJOURNAL
BEGIN:VFREEBUSY
UID:five
DTSTAMP:20261102T060000Z
FREEBUSY:20261103T080000Z/PT1H,20261103T100000Z/20261103T110000Z
END:VFREEBUSY
END:VCALENDAR
"""
# The valid text, the text in its place, the rule, the level, the source, and what its line contains.
BROKEN = [
    ("VERSION:2.0\n", "", "property-missing", "RFC 5545 §3.6", "BEGIN:VCALENDAR"),
    ("VERSION:2.0", "VERSION:1.0", "word", "RFC 5545 §3.7.4", "VERSION:1.0"),
    ("VERSION:2.0", "VERSION:2.0\nVERSION:2.0", "property-twice", "RFC 5545 §3.6", "VERSION:2.0\nPRODID"),
    ("PRODID:-//example//example//EN\n", "", "prodid-missing", "RFC 5545 §3.7.3", "BEGIN:VCALENDAR"),
    ("PRODID:-//example//example//EN\n", "", "nextcloud-prodid", "Nextcloud", "BEGIN:VCALENDAR"),
    ("CALSCALE:GREGORIAN", "CALSCALE:JULIAN", "word", "RFC 5545 §3.7.1", "CALSCALE"),
    ("CALSCALE:GREGORIAN", "METHOD:PUBLISH", "method", "RFC 5546 §1.4", "METHOD"),
    ("CALSCALE:GREGORIAN", "METHOD:PUBLISH", "method-organizer", "RFC 5546 §3.2.1", "BEGIN:VEVENT"),
    ("CALSCALE:GREGORIAN", "SUMMARY:x", "property-misplaced", "RFC 5545 §3.6", "SUMMARY:x"),
    ("CALSCALE:GREGORIAN", "MADE-UP:x", "property-unknown", "RFC 5545 §3.8.8.1", "MADE-UP"),
    ("CALSCALE:GREGORIAN", "CALSCALE:GREGORIAN\n", "blank-line", "RFC 5545 §3.1", "\nNAME"),
    ("CALSCALE:GREGORIAN", "no colon here", "line-syntax", "RFC 5545 §3.1", "no colon here"),
    ("CALSCALE:GREGORIAN", "no colon here", "google-folding", "Google", "no colon here"),
    ("CALSCALE:GREGORIAN", "B@D:x", "line-syntax", "RFC 5545 §3.1", "B@D"),
    ("X-WR-CALNAME:Lessons\n", "", "name-alone", "RFC 7986 §5.1", "NAME:"),
    ("COLOR:steelblue", "COLOR:#4682b4", "color", "RFC 7986 §5.9", "COLOR"),
    (";VALUE=DURATION", "", "value-missing", "RFC 7986 §5.7", "REFRESH"),
    ("VALUE=DURATION:PT6H", "VALUE=DURATION:PT0S", "duration-positive", "RFC 7986 §5.7", "REFRESH"),
    ("VALUE=DURATION:PT6H", "VALUE=DURATION:6H", "duration", "RFC 5545 §3.3.6", "REFRESH"),
    ("REFRESH-INTERVAL;VALUE=DURATION:PT6H\nX-PUBLISHED-TTL:PT6H\n", "", "nextcloud-refresh", "Nextcloud", "BEGIN:VC"),
    ("TZID:Europe/Paris", "TZID:Europe/Rome", "zone-undefined", "RFC 5545 §3.2.19", "DTSTART;TZID"),
    ("TZID:Europe/Paris", "TZID:Europe/Rome", "outlook-zone", "Outlook", "DTSTART;TZID"),
    ("TZID:Europe/Paris", "TZID:Europe/Rome", "zone-unused", "RFC 5545 §3.6.5", "BEGIN:VTIMEZONE"),
    ("TZID:Europe/Paris\n", "", "property-missing", "RFC 5545 §3.6.5", "BEGIN:VTIMEZONE"),
    ("TZOFFSETTO:+0100\n", "", "property-missing", "RFC 5545 §3.6.5", "BEGIN:STANDARD"),
    ("TZOFFSETFROM:+0200\n", "", "property-missing", "RFC 5545 §3.6.5", "BEGIN:STANDARD"),
    ("DTSTART:19701025T030000\n", "", "dtstart-missing", "RFC 5545 §3.6.1", "BEGIN:STANDARD"),
    ("TZOFFSETTO:+0100", "TZOFFSETTO:+25", "utc-offset", "RFC 5545 §3.3.14", "TZOFFSETTO:+25"),
    ("19701025T030000", "19701025T030000Z", "zone-start", "RFC 5545 §3.6.5", "DTSTART:19701025T030000Z"),
    ("TZNAME:CET", "RDATE:19801025T030000", "outlook-rdate", "Outlook", "RDATE"),
    ("DAYLIGHT", "STANDARD", "outlook-observances", "Outlook", "BEGIN:VTIMEZONE"),
    ("END:VTIMEZONE\n", "END:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND:VTIMEZONE\n", "zone-twice",
     "RFC 5545 §3.6.5", "BEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND"),
    ("END:VTIMEZONE\n", "END:VTIMEZONE\nBEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND:VTIMEZONE\n", "zone-empty",
     "RFC 5545 §3.6.5", "BEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND"),
    ("UID:one\n", "", "uid-missing", "RFC 5545 §3.8.4.7", "BEGIN:VEVENT"),
    ("STATUS:CANCELLED", "STATUS:CANCELED", "strict-reader", "Home Assistant", "STATUS"),
    ("UID:one", "UID:one\nUID:oneb", "property-twice", "RFC 5545 §3.6.1", "UID:oneb"),
    ("UID:two", "UID:one", "uid-twice", "RFC 5545 §3.8.4.7", "UID:one\nDTSTAMP:20261102T060000Z\nDTSTART;VALUE"),
    ("DTSTAMP:20261102T060000Z\nDTSTART;TZID", "DTSTART;TZID", "property-missing", "RFC 5545 §3.6.1", "BEGIN:VEVENT"),
    ("DTSTAMP:20261102T060000Z", "DTSTAMP:20261102T060000", "utc", "RFC 5545 §3.8.7.2", "DTSTAMP"),
    ("LAST-MODIFIED:20261102T060000Z", "LAST-MODIFIED:20261102T060000", "utc", "RFC 5545 §3.8.7.3", "LAST-MOD"),
    ("TRANSP:OPAQUE", "CREATED:20261102T060000", "utc", "RFC 5545 §3.8.7.1", "CREATED"),
    ("LAST-MODIFIED:20261102T060000Z\n", "", "google-modified", "Google", "BEGIN:VEVENT"),
    ("DTSTART;VALUE=DATE:20261103\nDURATION:P1D\n", "", "dtstart-missing", "RFC 5545 §3.6.1", "BEGIN:VEVENT\nUID:two"),
    ("DTSTART;VALUE=DATE:20261103", "DTSTART;VALUE=DATE:20260231", "date", "RFC 5545 §3.3.4", "DTSTART;VALUE"),
    ("DTSTART;VALUE=DATE:20261103", "DTSTART:20261103", "date-time", "RFC 5545 §3.3.5", "DTSTART:20261103\n"),
    ("DTSTART;VALUE=DATE:20261103", "DTSTART;VALUE=TEXT:20261103", "value-type", "RFC 5545 §3.8.2.4", "DTSTART;VALUE"),
    ("DTSTART;VALUE=DATE", "DTSTART;TZID=Europe/Paris;VALUE=DATE", "tzid-date", "RFC 5545 §3.2.19",
     "DTSTART;TZID=Europe/Paris;VALUE"),
    ("DURATION:P1D", "DURATION:PT1H", "duration-days", "RFC 5545 §3.6.1", "DURATION:PT1H"),
    ("DURATION:P1D", "DURATION:P1D\nDTEND;VALUE=DATE:20261104", "end-and-duration", "RFC 5545 §3.6.1", "DURATION:P1D"),
    ("DURATION:P1D", "DTEND;VALUE=DATE:20261103", "end-order", "RFC 5545 §3.6.1", "DTEND;VALUE"),
    ("DURATION:P1D", "DTEND:20261104T080000Z", "end-type", "RFC 5545 §3.6.1", "DTEND:20261104"),
    ("DURATION:P1D", "DURATION:-P1D", "duration-positive", "RFC 5545 §3.8.2.5", "DURATION:-P1D"),
    ("Paris:20261102T100000", "Paris:20261102T080000", "end-order", "RFC 5545 §3.6.1", "DTEND"),
    ("Paris:20261102T100000", "Paris:20261102T100000Z", "tzid-utc", "RFC 5545 §3.2.19", "DTEND"),
    ("Paris:20261102T100000", "Paris:20261131T100000", "date-time", "RFC 5545 §3.3.5", "DTEND"),
    ("DTEND;TZID=Europe/Paris:", "DTEND:", "floating", "RFC 5545 §3.3.5", "DTEND:"),
    ("DUE:20261104T080000Z", "DUE:20261102T080000Z", "end-order", "RFC 5545 §3.6.2", "DUE"),
    ("PERCENT-COMPLETE:50", "PERCENT-COMPLETE:101", "range", "RFC 5545 §3.8.1.8", "PERCENT"),
    ("SEQUENCE:1", "SEQUENCE:one", "integer", "RFC 5545 §3.3.8", "SEQUENCE"),
    ("SEQUENCE:1", "SEQUENCE:1732873000000", "integer-huge", "RFC 5545 §3.3.8", "SEQUENCE"),
    ("SEQUENCE:1", "SEQUENCE:2147483648", "integer-huge", "RFC 5545 §3.3.8", "SEQUENCE"),
    ("SEQUENCE:1", "SEQUENCE:" + "9" * 60, "integer-huge", "RFC 5545 §3.3.8", "SEQUENCE"),
    ("SEQUENCE:1", "SEQUENCE:-1732873000000", "range", "RFC 5545 §3.8.7.4", "SEQUENCE"),
    ("PRIORITY:5", "PRIORITY:1732873000000", "range", "RFC 5545 §3.8.1.9", "PRIORITY"),
    ("PERCENT-COMPLETE:50", "PERCENT-COMPLETE:-5", "range", "RFC 5545 §3.8.1.8", "PERCENT"),
    ("SEQUENCE:1", "SEQUENCE:1.0", "integer", "RFC 5545 §3.3.8", "SEQUENCE"),
    ("SEQUENCE:1", "SEQUENCE:-1", "range", "RFC 5545 §3.8.7.4", "SEQUENCE"),
    ("PRIORITY:5", "PRIORITY:10", "range", "RFC 5545 §3.8.1.9", "PRIORITY"),
    ("STATUS:CANCELLED", "STATUS:CANCELED", "status", "RFC 5545 §3.8.1.11", "STATUS:CANCELED"),
    ("STATUS:CANCELLED", "STATUS:COMPLETED", "status", "RFC 5545 §3.8.1.11", "STATUS:COMPLETED"),
    ("STATUS:CANCELLED", "STATUS:CANCELLED", "google-cancelled", "Google", "STATUS:CANCELLED"),
    ("CLASS:PUBLIC", "CLASS:SECRET", "word-unknown", "RFC 5545 §3.8.1.3", "CLASS"),
    ("CLASS:PUBLIC", "CLASS:top secret", "word", "RFC 5545 §3.8.1.3", "CLASS"),
    ("TRANSP:OPAQUE", "TRANSP:BUSY", "word", "RFC 5545 §3.8.2.7", "TRANSP"),
    ("TRANSP:OPAQUE", "COLOR:red", "google-ignores", "Google", "COLOR:red"),
    ("TRANSP:OPAQUE", "URL:nowhere", "uri", "RFC 5545 §3.3.13", "URL"),
    ("TRANSP:OPAQUE", "ORGANIZER:Jane", "cal-address", "RFC 5545 §3.3.3", "ORGANIZER"),
    ("TRANSP:OPAQUE", "ATTACH;VALUE=BINARY:AAAA", "encoding", "RFC 5545 §3.2.7", "ATTACH"),
    ("TRANSP:OPAQUE", "ATTACH;VALUE=BINARY;ENCODING=BASE64:A-A", "binary", "RFC 5545 §3.3.1", "ATTACH"),
    ("TRANSP:OPAQUE", "RDATE;VALUE=PERIOD:20261102T080000Z/20261101T080000Z", "period", "RFC 5545 §3.3.9", "RDATE"),
    ("GEO:50.6;3.05", "GEO:50,6;3,05", "geo", "RFC 5545 §3.8.1.6", "GEO"),
    ("GEO:50.6;3.05", "GEO:95;3", "geo-range", "RFC 5545 §3.8.1.6", "GEO"),
    ("première", "première\\", "escape-end", "RFC 5545 §3.3.11", "SUMMARY"),
    ("première", "premi\\ère", "escape", "RFC 5545 §3.3.11", "SUMMARY"),
    ("Mécanique\\,", "Mécanique,", "separator", "RFC 5545 §3.3.11", "SUMMARY"),
    ("Mécanique\\,", "Mécanique;", "semicolon", "RFC 5545 §3.3.11", "SUMMARY"),
    ("one,two", "one;two", "semicolon", "RFC 5545 §3.3.11", "CATEGORIES"),
    ("première", "premi\x07ère", "control", "RFC 5545 §3.1", "SUMMARY"),
    ("one,two", "one," + "two" * 30, "line-long", "RFC 5545 §3.1", "CATEGORIES"),
    ("LANGUAGE=fr", 'LANGUAGE="fr', "parameter-syntax", "RFC 5545 §3.2", "SUMMARY"),
    ("LANGUAGE=fr", "LANGUAGE", "parameter-syntax", "RFC 5545 §3.2", "SUMMARY"),
    ("LANGUAGE=fr", "LANGUAGE=fr;LANGUAGE=en", "parameter-twice", "RFC 5545 §3.2", "SUMMARY"),
    ("LANGUAGE=fr", "LANGUAGE=fr,en", "parameter-value", "RFC 5545 §3.2", "SUMMARY"),
    ("LANGUAGE=fr", "TZID=Europe/Paris", "parameter-misplaced", "RFC 5545 §3.8.1.12", "SUMMARY"),
    ("RSVP=TRUE", "RSVP=YES", "parameter-value", "RFC 5545 §3.2", "ATTENDEE"),
    ("COUNT=3", "COUNT=3;UNTIL=20261201T000000Z", "recur-until-count", "RFC 5545 §3.3.10", "RRULE:FREQ=WEEKLY"),
    ("COUNT=3", "UNTIL=20261025T080000Z", "recur-until-early", "RFC 5545 §3.3.10", "RRULE:FREQ=WEEKLY"),
    ("COUNT=3", "UNTIL=20261201", "recur-until-type", "RFC 5545 §3.3.10", "RRULE:FREQ=WEEKLY"),
    ("COUNT=3", "UNTIL=20261201T080000", "recur-until-type", "RFC 5545 §3.3.10", "RRULE:FREQ=WEEKLY"),
    ("EXDATE;TZID=Europe/Paris:20261109T080000,20261116T080000", "EXDATE;VALUE=DATE:20261109", "exdate-type",
     "RFC 5545 §3.8.5.1", "EXDATE"),
    ("EXDATE;TZID=Europe/Paris:", "EXDATE:", "exdate-floating", "RFC 5545 §3.8.5.1", "EXDATE"),
    ("BEGIN:VALARM", "EXDATE;VALUE=DATE:20261109\nBEGIN:VALARM", "exdate-type",
     "RFC 5545 §3.8.5.1", "EXDATE;VALUE"),
    ("DURATION:P1D", "DURATION:P1D\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261104T000000Z", "exdate-type",
     "RFC 5545 §3.8.5.1", "EXDATE:"),
    ("BEGIN:VALARM", "RDATE;VALUE=DATE:20261112\nBEGIN:VALARM", "rdate-type", "RFC 5545 §3.8.5.2", "RDATE"),
    ("UID:two", "UID:one\nRECURRENCE-ID;VALUE=DATE:20261109", "recurrence-id-type", "RFC 5545 §3.8.4.4", "RECUR"),
    ("20261116T080000", "20261116T090000", "exdate-hour", "RFC 5545 §3.8.5.1", "EXDATE"),
    ("UID:two", "UID:one\nRECURRENCE-ID;TZID=Europe/Paris:20261109T090000", "recurrence-id-hour",
     "RFC 5545 §3.8.4.4", "RECUR"),
    ("UID:two", "UID:one\nRECURRENCE-ID:20261109T080000", "recurrence-id-floating", "RFC 5545 §3.8.4.4", "RECUR"),
    ("TZID=Europe/Paris:20261102T080000", "TZID=:20261102T080000", "tzid-empty", "RFC 5545 §3.2.19", "DTSTART;TZID=:"),
    ("DTSTART;TZID=Europe/Paris", "DTSTART;TZID=Elsewhere/Town", "zone-unknown", "RFC 5545 §3.2.19", "DTSTART;TZID"),
    ("DTEND;TZID=Europe/Paris:", "DTEND:", "end-floating", "RFC 5545 §3.6.1", "DTEND:"),
    ("20261102T100000", "20261102T100060", "leap-second", "RFC 5545 §3.3.12", "DTEND"),
    ("UID:one", "UID:", "uid-missing", "RFC 5545 §3.8.4.7", "BEGIN:VEVENT"),
    ("BEGIN:VJOURNAL", "begin:vjournal", "begin-lower", "RFC 5545 §2", "begin:v"),
    ("première", "premi\u2028ère", "line-separator", "RFC 5545 §3.1", "SUMMARY"),
    ("ACTION:DISPLAY\n", "", "property-missing", "RFC 5545 §3.6.6", "BEGIN:VALARM"),
    ("ACTION:DISPLAY", "ACTION:NONE", "word-unknown", "RFC 5545 §3.8.6.1", "ACTION"),
    ("ACTION:DISPLAY", "ACTION:PROCEDURE", "word-unknown", "RFC 5545 §3.8.6.1", "ACTION"),
    ("ACTION:DISPLAY", "ACTION:ring a bell", "word", "RFC 5545 §3.8.6.1", "ACTION"),
    ("BEGIN:VALARM", "BEGIN:VALARM ", "blank-name", "RFC 5545 §3.1", "BEGIN:VALARM "),
    ("END:VALARM", "END:VALARM\t", "blank-name", "RFC 5545 §3.1", "END:VALARM\t"),
    ("BEGIN:VEVENT\nUID:two", "BEGIN: VEVENT\nUID:two", "blank-name", "RFC 5545 §3.1", "BEGIN: VEVENT"),
    ("BEGIN:VEVENT\nUID:two", "BEGIN :VEVENT\nUID:two", "blank-name", "RFC 5545 §3.1", "BEGIN :VEVENT"),
    ("BEGIN:VCALENDAR", "BEGIN:VCALENDAR ", "blank-name", "RFC 5545 §3.1", "BEGIN:VCALENDAR "),
    ("UID:two", "UID :two", "blank-name", "RFC 5545 §3.1", "UID :two"),
    ("SUMMARY;LANGUAGE", "SUMMARY ;LANGUAGE", "blank-name", "RFC 5545 §3.1", "SUMMARY ;"),
    ("VERSION:2.0", "VERSION:2.0 ", "blank-value", "RFC 5545 §3.7.4", "VERSION"),
    ("STATUS:CANCELLED", "STATUS:CANCELLED ", "blank-value", "RFC 5545 §3.8.1.11", "STATUS:CANCELLED "),
    ("Paris:20261102T100000", "Paris: 20261102T100000", "blank-value", "RFC 5545 §3.8.2.2", "DTEND"),
    ("20261109T080000,", "20261109T080000, ", "blank-value", "RFC 5545 §3.8.5.1", "EXDATE"),
    ("TRIGGER:-PT15M", "TRIGGER:-PT15M ", "blank-value", "RFC 5545 §3.8.6.3", "TRIGGER"),
    ("TRIGGER:-PT15M\n", "", "property-missing", "RFC 5545 §3.6.6", "BEGIN:VALARM"),
    ("TRIGGER:-PT15M", "TRIGGER;VALUE=DATE-TIME:20261102T080000", "utc", "RFC 5545 §3.8.6.3", "TRIGGER"),
    ("DESCRIPTION:soon\n", "", "alarm-needs", "RFC 5545 §3.6.6", "BEGIN:VALARM"),
    ("DESCRIPTION:soon", "DESCRIPTION:soon\nREPEAT:2", "alarm-repeat", "RFC 5545 §3.6.6", "BEGIN:VALARM"),
    ("BEGIN:VALARM", "BEGIN:VALARM", "google-ignores", "Google", "BEGIN:VALARM"),
    ("VALARM", "VJOURNAL", "component-misplaced", "RFC 5545 §3.6.3", "BEGIN:VJOURNAL"),
    ("VALARM", "MADEUP", "component-unknown", "RFC 5545 §3.6", "BEGIN:MADEUP"),
    ("END:VALARM\n", "", "end-mismatch", "RFC 5545 §3.6", "END:VEVENT"),
    ("END:VJOURNAL", "END:VTODO", "end-mismatch", "RFC 5545 §3.6", "END:VTODO\nBEGIN:VFREEBUSY"),
    ("END:VCALENDAR\n", "", "never-closed", "RFC 5545 §3.6", "BEGIN:VCALENDAR"),
    ("END:VCALENDAR\n", "END:VCALENDAR\nX-A:b\n", "after-end", "RFC 5545 §3.4", "X-A"),
    ("END:VCALENDAR\n", "END:VCALENDAR", "last-line", "RFC 5545 §3.1", "END:VCALENDAR"),
    ("BEGIN:VCALENDAR", "X-A:b\nBEGIN:VCALENDAR", "before-begin", "RFC 5545 §3.4", "X-A"),
    ("BEGIN:VCALENDAR", " b\nBEGIN:VCALENDAR", "fold-first", "RFC 5545 §3.1", " b"),
    ("BEGIN:VCALENDAR", "\ufeffBEGIN:VCALENDAR", "bom", "RFC 5545 §3.1", "\ufeffBEGIN"),
]  # fmt: skip
RECURRENCES = [
    "COUNT=3", "FREQ=SOMETIMES", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;COUNT=0", "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;BYHOUR=24", "FREQ=DAILY;BYMONTH=13", "FREQ=DAILY;BYMONTH=0", "FREQ=WEEKLY;BYDAY=1MO",
    "FREQ=WEEKLY;BYDAY=XX",
    "FREQ=MONTHLY;BYMONTHDAY=32", "FREQ=WEEKLY;BYMONTHDAY=1", "FREQ=MONTHLY;BYWEEKNO=1", "FREQ=YEARLY;BYSETPOS=1",
    "FREQ=DAILY;MADEUP=1", "FREQ=DAILY;UNTIL=tomorrow", "FREQ=DAILY;", "FREQ=YEARLY;BYDAY=54MO", "FREQ=DAILY;WKST=1",
]  # fmt: skip


def written(text: str) -> bytes:
    """Return the text as a file, with its line ends."""
    return text.replace("\n", "\r\n").encode()


def findings(body: bytes) -> list[Finding]:
    """Return all findings of a file."""
    return list(lint_calendar(BytesIO(body)))


def rules(body: bytes) -> dict[str, Finding]:
    """Return the first finding of each rule."""
    return {finding.rule: finding for finding in reversed(findings(body))}


def breaches(body: bytes) -> list[str]:
    """Return the broken rules, without notes."""
    return [finding.rule for finding in findings(body) if finding.level != "note"]


def test_valid_calendar_has_only_notes() -> None:
    """Accept zones, alarms, recurrences, tasks, colours and a cancelled event."""
    assert {(finding.level, finding.source) for finding in findings(written(GOOD))} == {("note", "Google")}


@for_each("file", EXPECTED)
def test_calendars_of_the_program_have_no_findings(file: Path) -> None:
    """Lint the expected calendars of the fixtures."""
    assert [found for found in findings(file.read_bytes()) if found.level != "note"] == []


@for_each(("there", "instead", "rule", "source", "on"), BROKEN)
def test_finding_has_line_and_source(there: str, instead: str, rule: str, source: str, on: str) -> None:
    """The line is the broken one, or the beginning of its component."""
    broken = GOOD.replace(there, instead)
    assert there == instead or broken != GOOD
    found = rules(written(broken))
    assert rule in found, sorted(found)
    assert found[rule].source == source
    assert found[rule].line == broken[: broken.index(on)].count("\n") + 1
    assert found[rule].level in (
        {"error", "note"} if source.startswith("RFC") and rule != "floating" else {"client", "note"}
    )


@for_each("rule", RECURRENCES)
def test_invalid_recurrence_is_found(rule: str) -> None:
    """FREQ, known parts once each, their ranges, and their combinations."""
    found = rules(written(GOOD.replace("RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO", f"RRULE:{rule}")))
    assert found.keys() & {"recur", "recur-part", "recur-together", "recur-ignored"}


@for_each("rule", ["RSCALE=HEBREW;FREQ=YEARLY;BYMONTH=5L;SKIP=FORWARD", "RSCALE=ETHIOPIC;FREQ=YEARLY;BYMONTH=13"])
def test_recurrence_of_another_calendar_has_its_own_months(rule: str) -> None:
    """RFC 7529 §4.2 has leap months, and more than twelve months."""
    assert breaches(written(GOOD.replace("RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO", f"RRULE:{rule}"))) == []


@for_each("language", LANGUAGES)
def test_every_rule_has_message_and_hint(language: str) -> None:
    """Each message and hint has a rule, too."""
    words = Catalogue(language)
    for rule in table("rules"):
        assert words.has(f"check.rules.{rule}.message"), rule
        assert words.has(f"check.rules.{rule}.hint"), rule
    assert words._find("check.rules").keys() == table("rules").keys()


@for_each("language", LANGUAGES)
@for_each(("there", "instead"), dict.fromkeys((there, instead) for there, instead, *_ in BROKEN))
def test_every_finding_has_the_facts_of_its_texts(language: str, there: str, instead: str) -> None:
    """The texts are those of both languages."""
    words = Catalogue(language)
    for finding in findings(written(GOOD.replace(there, instead))):
        for part in ("message", "hint"):
            assert words(f"check.rules.{finding.rule}.{part}", **finding.facts)


def test_global_zone_needs_no_definition() -> None:
    """Accept a TZID that begins with a slash (RFC 5545 §3.2.19)."""
    assert breaches(written(GOOD.replace("TZID=Europe/Paris", "TZID=/example/Paris"))) == []


def test_moved_date_has_the_uid_of_its_series() -> None:
    """With a RECURRENCE-ID it is no second event."""
    moved = GOOD.replace("UID:two", "UID:one\nRECURRENCE-ID;TZID=Europe/Paris:20261109T080000")
    assert breaches(written(moved)) == []


@for_each(
    ("there", "rule"),
    [("VERSION:2.0\n", "property-missing"), ("DTSTAMP:20261102T060000Z\n", "property-missing")],
)
def test_breach_without_an_effect_is_a_note(there: str, rule: str) -> None:
    """No reader loses anything without VERSION or DTSTAMP."""
    body = written(GOOD.replace(there, "", 1))
    assert rules(body)[rule].level == "note"
    assert breaches(body) == []


def test_moved_date_can_precede_its_series() -> None:
    """Compare it with its series anywhere, also in UTC."""
    entry = "BEGIN:VEVENT\nUID:one\nDTSTAMP:20261102T060000Z\nDTSTART;VALUE=DATE:20261109\n"
    moved = entry + "RECURRENCE-ID{}\nEND:VEVENT\n"
    place = "END:VTIMEZONE\n"
    assert breaches(written(GOOD.replace(place, place + moved.format(":20261109T070000Z")))) == []
    whole_day = written(GOOD.replace(place, place + moved.format(";VALUE=DATE:20261109")))
    assert breaches(whole_day) == ["recurrence-id-type"]


def test_series_of_whole_days_has_dates() -> None:
    """EXDATE and RDATE are dates, also on several lines; RDATE can have periods beside times."""
    days = "DURATION:P1D\nRRULE:FREQ=DAILY;COUNT=9\nEXDATE;VALUE=DATE:20261104\nEXDATE;VALUE=DATE:20261105,20261106"
    assert breaches(written(GOOD.replace("DURATION:P1D", days))) == []
    period = "RDATE;VALUE=PERIOD:20261112T080000Z/PT1H\nBEGIN:VALARM"
    assert breaches(written(GOOD.replace("BEGIN:VALARM", period))) == []


def test_space_after_begin_hides_no_other_finding() -> None:
    """The component is read: one finding for each such line, and Home Assistant's."""
    broken = GOOD.replace("BEGIN:VEVENT", "BEGIN:VEVENT ").replace("END:VEVENT", "END:VEVENT ")
    assert breaches(written(broken)) == ["blank-name", "strict-reader", "blank-name", "blank-name", "blank-name"]


def test_calendar_without_events_is_reported() -> None:
    """With a zone alone it empties Thunderbird's copy; without any component it breaks RFC 5545."""
    zone_alone = GOOD[: GOOD.index("BEGIN:VEVENT")] + "END:VCALENDAR\n"
    assert {"thunderbird-empty", "empty"} & rules(written(zone_alone)).keys() == {"thunderbird-empty"}
    nothing = GOOD[: GOOD.index("BEGIN:VTIMEZONE")] + "END:VCALENDAR\n"
    assert {"empty", "thunderbird-empty"} <= rules(written(nothing)).keys()


def test_second_calendar_is_checked_on_its_own() -> None:
    """Accept it with UIDs and zones of its own."""
    assert breaches(written(GOOD + GOOD)) == []
    assert "calendars-several" in rules(written(GOOD + GOOD))


@for_each(
    ("start", "until", "early"),
    [
        ("DTSTART;TZID=Europe/Paris:20261102T003000", "20261101T233000Z", False),
        ("DTSTART;TZID=Europe/Paris:20261102T003000", "20261031T233000Z", True),
        ("DTSTART:20261102T080000Z", "20261102T080000Z", False),
        ("DTSTART:20261102T080000Z", "20261102T075959Z", True),
        ("DTSTART;VALUE=DATE:20261102", "20261102", False),
        ("DTSTART;VALUE=DATE:20261102", "20261101", True),
        ("DTSTART;TZID=Europe/Paris:20261302T003000", "20261031T233000Z", False),
    ],
)
def test_series_that_ends_before_it_begins_is_found(start: str, until: str, early: bool) -> None:  # noqa: FBT001 - a table's column
    """UTC beside a zone may be on the day before."""
    event = f"BEGIN:VEVENT\nUID:a\nDTSTAMP:20261101T000000Z\n{start}\nRRULE:FREQ=WEEKLY;UNTIL={until}\nEND:VEVENT\n"
    body = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{event}END:VCALENDAR\n".replace("\n", "\r\n").encode()
    assert ("recur-until-early" in {one.rule for one in lint_calendar(BytesIO(body))}) is early
