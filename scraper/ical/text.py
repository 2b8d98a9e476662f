"""What a person reads of an event: title, place, description, categories, in the words of one language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scraper.domain.planning import Event
from scraper.domain.printable import BIDI
from scraper.i18n import Catalogue

LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff{BIDI}]")
LONG = 16
BLANKS = re.compile(rf"[^\S\n]{{{LONG},}}")
SURROGATES = re.compile("[\ud800-\udfff]")
INVISIBLE = re.compile("[\\s\u00ad\u200b-\u200f\u2060\ufeff]*")


def clean(text: str) -> str:
    """The text with every line end as a newline and without what TEXT forbids: controls (RFC 5545 §3.3.11).

    Bidirectional overrides go, too: they reverse what is visible after them, in a calendar's list of events as well.

    Half a surrogate pair, which JSON can carry and UTF-8 cannot, becomes U+FFFD; a tab a blank, and so does a
    long run of blanks: readers take a folded line of nothing but blanks for the end of the property.
    """
    if text.isprintable() and " " * LONG not in text:
        return text
    lines = LINE_ENDS.sub("\n", text).replace("\t", " ")
    return SURROGATES.sub("\ufffd", BLANKS.sub(" ", CONTROLS.sub("", lines)))


def one_line(text: str) -> str:
    """The text on one line, runs of blanks folded; what stands alone and is not visible is left out."""
    return " ".join(word for word in clean(text).split() if not INVISIBLE.fullmatch(word))


def first_line(text: str) -> str:
    """The first line on which something is visible, folded; empty where there is none."""
    return next(filter(None, map(one_line, clean(text).split("\n"))), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventText:
    """Tells events in the language of `words`; `kinds` name the portal's codes, `labels` the lines."""

    words: Catalogue
    kinds: Mapping[str, str]
    labels: Mapping[str, str]

    def kind(self, event: Event) -> str:
        """The kind in words; a code that nobody knows is told as it is, with blanks for its underscores."""
        return one_line(self.kinds.get(event.kind) or event.kind.replace("_", " "))

    def summary(self, event: Event) -> str:
        """The subject, else the note's first line, the kind, the title's first line; exams are marked."""
        found = (
            one_line(event.subject)
            or first_line(event.note)
            or self.kind(event)
            or first_line(event.raw_title)
            or self.words("calendar.lesson")
        )
        if event.is_exam and not self._says_exam(found):
            return self.words("calendar.exam_summary", subject=found)
        return found

    def location(self, event: Event) -> str:
        """The rooms, or empty."""
        return ", ".join(filter(None, map(one_line, event.rooms)))

    def categories(self, event: Event) -> tuple[str, ...]:
        """The kind in words and, for an exam, the word for it; once each."""
        exam = self.words("calendar.exam") if event.is_exam else ""
        return tuple(dict.fromkeys(filter(None, (self.kind(event), exam))))

    def description(self, event: Event) -> str:
        """Kind, teachers, note and description, each with its label, then the whole title as it was."""
        teachers = [*filter(None, map(one_line, event.teachers))]
        told = {
            "kind": self.kind(event),
            "teacher" if len(teachers) == 1 else "teachers": ", ".join(teachers),
            "note": clean(event.note).strip(),
            "description": clean(event.description).strip(),
        }
        lines = [self.labels[name].format(text=text) for name, text in told.items() if one_line(text)]
        title = clean(event.raw_title).rstrip()
        written = [f"{self.labels['raw_title']}\n{title}"] if one_line(title) else []
        return "\n\n".join(filter(None, ["\n".join(lines), *written]))

    def _says_exam(self, summary: str) -> bool:
        """Whether one of the words for an exam, of either language, stands in it."""
        return re.search(rf"\b(?:{self.words('calendar.exam_words')})\b", summary, re.IGNORECASE) is not None
