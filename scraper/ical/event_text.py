"""An event's text for users in one language: title, location, description, categories."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scraper.domain.planning import Event
from scraper.domain.printable import BIDI, LINE_END, SURROGATE
from scraper.ical.entry import CalendarWords

CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff{BIDI}]")
LONG = 16
_BLANKS = re.compile(rf"[^\S\n]{{{LONG},}}")
INVISIBLE = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]*")


def clean_value(text: str) -> str:
    """Return the text with newlines as line ends and without control characters, which TEXT forbids (§3.3.11).

    Bidirectional overrides are removed as well: they would reverse the text after them, even in a list of events.

    Half a surrogate pair, which JSON can contain but UTF-8 cannot, becomes U+FFFD. A tab becomes a blank, and so does a
    long run of blanks: some programs take a folded line of blanks for the end of the property.
    """
    if text.isprintable() and " " * LONG not in text:
        return text
    lines = LINE_END.sub("\n", text).replace("\t", " ")
    return SURROGATE.sub("\ufffd", _BLANKS.sub(" ", CONTROLS.sub("", lines)))


def one_line(text: str) -> str:
    """Return the text on one line, runs of blanks folded, words of invisible characters removed."""
    return " ".join(word for word in clean_value(text).split() if not INVISIBLE.fullmatch(word))


def first_line(text: str) -> str:
    """Return the first line with visible text, folded; empty where there is none."""
    return next(filter(None, map(one_line, clean_value(text).split("\n"))), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventText:
    """The texts of events in the language of `words`; `kinds` has words for the portal's codes, `labels` for lines."""

    words: CalendarWords
    kinds: Mapping[str, str]
    labels: Mapping[str, str]

    def kind(self, event: Event) -> str:
        """Return the kind in words; for an unknown code, the code with blanks for underscores."""
        return one_line(self.kinds.get(event.kind) or event.kind.replace("_", " "))

    def title(self, event: Event) -> str:
        """Return the subject, else the note's first line, the kind or the title's first line."""
        return (
            one_line(event.subject)
            or first_line(event.note)
            or self.kind(event)
            or first_line(event.raw_title)
            or self.words("calendar.lesson")
        )

    def summary(self, event: Event) -> str:
        """Return the title; exams are marked, unless the title has a word for an exam, in either language."""
        found = self.title(event)
        named = rf"\b(?:{self.words('calendar.exam_words')})\b"
        if event.is_exam and not re.search(named, found, re.IGNORECASE):
            return self.words("calendar.exam_summary", subject=found)
        return found

    def location(self, event: Event) -> str:
        """Return the rooms, or empty."""
        return ", ".join(filter(None, map(one_line, event.rooms)))

    def categories(self, event: Event) -> tuple[str, ...]:
        """Return the distinct kind and, for an exam, the word for it."""
        exam = self.words("calendar.exam") if event.is_exam else ""
        return tuple(dict.fromkeys(filter(None, (self.kind(event), exam))))

    def description(self, event: Event) -> str:
        """Return kind, teachers, note and description, each with its label, then the portal's complete title."""
        teachers = [*filter(None, map(one_line, event.teachers))]
        fields = {
            "kind": self.kind(event),
            "teacher" if len(teachers) == 1 else "teachers": ", ".join(teachers),
            "note": clean_value(event.note).strip(),
            "description": clean_value(event.description).strip(),
        }
        lines = [self.labels[name].format(text=text) for name, text in fields.items() if one_line(text)]
        title = clean_value(event.raw_title).rstrip()
        original = [f"{self.labels['raw_title']}\n{title}"] if one_line(title) else []
        return "\n\n".join(filter(None, ["\n".join(lines), *original]))
