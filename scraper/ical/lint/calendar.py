"""Check a calendar line by line: nesting of components, and rules about the whole calendar at its end."""

import re
from zoneinfo import ZoneInfo

from scraper.ical.lint.component import LONGEST_KEPT, MOST_NAMES, Component, LineCache, PropertyLine, open_component
from scraper.ical.lint.content_line import OBSERVANCES, Head, read_head, split_line
from scraper.ical.lint.finding import FindingCollector
from scraper.ical.lint.properties import kinds, words
from scraper.ical.lint.series import Series, judge_dates

DEEPEST = 16
MOST_HEADS = 500
MOST_UIDS = 100_000
MOST_ZONES = 1000
LONGEST_KEY = 400
MOST_REMEMBERED = 1000
LONGEST_REMEMBERED = 100
REPLACED = "\ufffd"
LINE_SEPARATORS = "\x85\u2028\u2029"
ZONE_NAME = re.compile(r"[A-Za-z0-9_+/-]{1,60}")
FREE_TEXT = {"escape", "separator"}


class Reader:
    """A checker that is fed content lines one by one; it keeps the open components, the zones and hashes of UIDs."""

    def __init__(self, report: FindingCollector) -> None:
        self._report = report
        self._stack: list[Component] = []
        self._memories: dict[str, LineCache] = {}
        self._beyond = 0
        self._calendars = 0
        self._reset()

    def _reset(self) -> None:
        self._zones: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._uids: set[int] = set()
        self._series = Series()

    def take(self, line: int, raw: bytes, *, cut: bool) -> None:
        """Check one content line; the value of a `cut` one is not checked."""
        top = self._stack[-1] if self._stack and not (cut or self._beyond) else None
        if top is None or not self._is_plain(top, line, raw):
            self._take(line, raw, cut=cut)

    def _is_plain(self, top: Component, line: int, raw: bytes) -> bool:
        """Return whether the line is valid and needs no further checks, as most lines; record its property then."""
        memory = top.memory
        if (known := memory.lines.get(raw)) is None:
            before, _, value = raw.partition(b":")
            head = memory.heads.get(before)
            if head is None or not head.plain:
                return False
            text = value.decode("utf-8", "replace")
            if not text.isprintable() or REPLACED in text or head.checker(text):
                return False
            known = head, text
            if len(raw) < LONGEST_REMEMBERED:
                if len(memory.lines) >= MOST_REMEMBERED:
                    memory.lines.clear()
                memory.lines[raw] = known
        head, text = known
        if head.zone and head.zone not in self._used:
            return False
        if head.name in top.properties:
            return top.spec is None or head.name not in top.spec.once
        if len(top.properties) >= MOST_NAMES:
            return False
        top.properties[head.name] = PropertyLine(line, head, text[:LONGEST_KEPT])
        return True

    def _take(self, line: int, raw: bytes, *, cut: bool) -> None:
        top = self._stack[-1] if self._stack else None
        head, value = self._head(line, raw, top)
        if head is None:
            return
        text = self._text(line, head, value, cut=cut)
        if head.name in {"BEGIN", "END"}:
            if text != text.strip():
                self._report.add("blank-name", line, text=f"{head.name}:{text}")
            if raw[:LONGEST_KEY] != raw[:LONGEST_KEY].upper():
                self._report.add("begin-lower", line, text=raw[:LONGEST_KEY].decode("utf-8", "replace"))
        if head.name == "BEGIN":
            self._begin(line, text.strip().upper())
        elif head.name == "END":
            self._end(line, text.strip().upper())
        elif top is None:
            self._report.add("after-end" if self._calendars else "before-begin", line)
        elif not self._beyond:
            self._property(top, line, head, text, cut=cut)

    def finish(self, line: int) -> None:
        """Report the problems that appear only at the end of the file."""
        for component in self._stack:
            self._report.add("never-closed", component.line, component=component.name)
        if self._calendars > 1:
            self._report.add("calendars-several", line, count=str(self._calendars))

    def _head(self, line: int, raw: bytes, top: Component | None) -> tuple[Head | None, bytes]:
        before, _, value = raw.partition(b":")
        if top and (known := top.memory.heads.get(before)):
            return known, value
        before, value, broken = split_line(raw)
        if broken:
            self._report.add(broken, line, text=raw[:100].decode("utf-8", "replace"))
            if not before:
                return None, b""
        head = read_head(before, top.spec if top else None)
        if top and not broken and len(before) < LONGEST_KEY:
            if len(top.memory.heads) >= MOST_HEADS:
                top.memory.heads.clear()
            top.memory.heads[before] = head
        return head, value

    def _text(self, line: int, head: Head, value: bytes, *, cut: bool) -> str:
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = value.decode("utf-8", "replace")
            if not cut:
                self._report.add("utf-8", line, name=head.name)
        if not text.isprintable():
            self._check_signs(line, head, text)
        return text

    def _check_signs(self, line: int, head: Head, text: str) -> None:
        for sign in text:
            if (sign < " " and sign != "\t") or sign == "\x7f":
                self._report.add("control", line, name=head.name, code=f"U+{ord(sign):04X}")
                return
            if sign in LINE_SEPARATORS:
                self._report.add("line-separator", line, name=head.name, code=f"U+{ord(sign):04X}")
                return

    def _property(self, top: Component, line: int, head: Head, text: str, *, cut: bool) -> None:
        if cut:
            self._report.add("line-huge", line, name=head.name)
        elif broken := head.checker(text):
            squeezed = "".join(text.split())
            if squeezed != text and broken not in FREE_TEXT and not head.checker(squeezed):
                broken, text = "blank-value", squeezed
            source = head.known.source if head.known else ""
            self._report.add(broken, line, source=source, name=head.name, value=text, allowed=head.allowed)
        for rule, source, facts in head.breaches:
            self._report.add(rule, line, source=source, **facts)
        if head.zone and head.zone not in self._used and len(self._used) < MOST_ZONES:
            self._used[head.zone] = line
        top.take(line, head, text, self._report)
        if head.name == "COLOR" and top.name == "VEVENT":
            self._report.add("google-ignores", line, name=head.name)
        elif head.name == "RDATE" and top.name in OBSERVANCES:
            self._report.add("outlook-rdate", line)

    def _begin(self, line: int, name: str) -> None:
        if len(self._stack) >= DEEPEST:
            self._beyond += 1
            self._report.add("nested-deep", line, deepest=str(DEEPEST))
            return
        parent = self._stack[-1] if self._stack else None
        spec = kinds().get(name)
        where = parent.name if parent else ""
        if (spec and where not in (spec.inside or {""})) or (parent is None and name != "VCALENDAR"):
            source = spec.source if spec else "RFC 5545 §3.6"
            self._report.add("component-misplaced", line, source=source, component=name, parent=where)
        elif spec is None and name not in words("others") and not name.startswith("X-"):
            self._report.add("component-unknown", line, component=name)
        if parent is None:
            self._calendars += name == "VCALENDAR"
            self._reset()
        else:
            parent.inside[name if spec else "other"] += 1
        if name == "VALARM":
            self._report.add("google-ignores", line, name=name)
        self._stack.append(open_component(name, line, self._memories.setdefault(name if spec else "", LineCache())))

    def _end(self, line: int, name: str) -> None:
        if self._beyond:
            self._beyond -= 1
            return
        if not self._stack:
            self._report.add("after-end" if self._calendars else "before-begin", line)
            return
        if self._stack[-1].name != name:
            self._report.add("end-mismatch", line, found=name, component=self._stack[-1].name)
            if not any(component.name == name for component in self._stack):
                return
        while self._stack:
            component = self._stack.pop()
            self._close(component, line)
            if component.name == name:
                return

    def _close(self, component: Component, line: int) -> None:
        component.judge(self._report)
        match component.name:
            case "VEVENT" | "VTODO" | "VJOURNAL":
                self._close_entry(component)
            case "VTIMEZONE":
                self._close_zone(component)
            case "VCALENDAR":
                self._close_calendar(component, line)

    def _close_entry(self, entry: Component) -> None:
        report = self._report
        judge_dates(entry, report)
        if uid := entry.value("UID"):
            mark = hash((uid, entry.value("RECURRENCE-ID")))
            if mark in self._uids:
                report.add("uid-twice", entry.properties["UID"].line, value=uid)
            elif len(self._uids) < MOST_UIDS:
                self._uids.add(mark)
            else:
                report.add("uids-many", entry.line, count=str(MOST_UIDS))
        self._series.take(entry)
        method = self._stack[0].value("METHOD") if self._stack else ""
        if entry.name == "VEVENT" and not method and "DTSTART" not in entry.properties:
            report.add("dtstart-missing", entry.line, component=entry.name, name="DTSTART")
        if method.upper() == "PUBLISH" and "ORGANIZER" not in entry.properties:
            report.add("method-organizer", entry.line)
        if entry.value("STATUS").upper() == "CANCELLED":
            report.add("google-cancelled", entry.properties["STATUS"].line)
        if entry.value("SEQUENCE").strip("0") and "LAST-MODIFIED" not in entry.properties:
            report.add("google-modified", entry.line)

    def _close_zone(self, zone: Component) -> None:
        name = zone.value("TZID")
        if name in self._zones:
            self._report.add("zone-twice", zone.line, zone=name)
        elif name and len(self._zones) < MOST_ZONES:
            self._zones[name] = zone.line

    def _close_calendar(self, calendar: Component, line: int) -> None:
        report, seen = self._report, calendar.properties
        self._series.judge(report)
        for zone, used in self._used.items():
            if zone not in self._zones and not zone.startswith("/"):
                report.add("zone-undefined" if _is_known(zone) else "zone-unknown", used, zone=zone)
        for zone, defined in self._zones.items():
            if zone not in self._used:
                report.add("zone-unused", defined, zone=zone)
        if calendar.inside.total() == calendar.inside["VTIMEZONE"]:
            # RFC 5545 §3.6 accepts a calendar with only a time zone; for subscribers it is empty.
            report.add("thunderbird-empty" if calendar.inside else "empty", line)
        if "METHOD" in seen:
            report.add("method", seen["METHOD"].line, value=calendar.value("METHOD"))
        if not seen.keys() & {"REFRESH-INTERVAL", "X-PUBLISHED-TTL"}:
            report.add("nextcloud-refresh", calendar.line)
        names = {"NAME", "X-WR-CALNAME"}
        if len(alone := seen.keys() & names) == 1:
            (present,), (missing,) = alone, names - alone
            report.add("name-alone", seen[present].line, name=present, missing=missing)


def _is_known(zone: str) -> bool:
    """Return whether the zone is an IANA zone, which many programs know without a definition."""
    try:
        return bool(ZONE_NAME.fullmatch(zone) and ZoneInfo(zone))
    except (KeyError, OSError, ValueError):
        return False
