"""Masking of a recording for a report: only the vocabulary's words stay, and parsing it has the same result."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scraper.config.schools.school_files import shipped_school
from scraper.diagnostics.report.mask_labels import Labels
from scraper.diagnostics.report.mask_response import ResponseMasker, sent_titles
from scraper.diagnostics.report.masks import Masks
from scraper.domain.recording import Capture, Failure, MenuEntry, Recording, Snapshot
from scraper.domain.school import DEFAULT_ZONE, School
from scraper.errors import error_class
from scraper.parsing.page import Page, classify
from scraper.parsing.redaction.redact_urls import TOKEN_FIELD
from scraper.parsing.title_layouts import LAYOUTS
from scraper.parsing.title_parts import may_be_persons

_VERSION = re.compile(r"\d+(?:\.\d+){0,4}")
_TYPE = re.compile(
    r"(?:text|application)/(?:xml|html|json|xhtml\+xml)(?:;\s*charset=(?:utf-8|iso-8859-1))?", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TRACES = frozenset({"jsf", "primefaces", "aurion", "angular", "auriga"})
_PLANNED = re.compile(r"_(?:start|end)$")
_INSTANT = re.compile(r"-?\d{10,14}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?")
_COUNTED, _COUNTABLE = frozenset({"status", "seconds", "gone", "known", "line"}), 10_000
"""Facts that are small numbers; any other number may be personal data."""
MaskLabel = Callable[[str], str]
"""A function that masks a label of a page."""
_OFTEN = 3
"""The number of lessons from which a kind in words is not masked."""
_REASON = re.compile(r"[a-z]+(?:-[a-z]+)*")


def mask_recording(recording: Recording, masks: Masks, labels: Labels) -> Recording:
    """Return the recording with all words outside the vocabulary, ids, hosts and event numbers masked.

    Menus keep their labels, see `Labels`.
    """
    for text in _texts(recording):
        labels.learn_from(text)
    for kind in _kinds_in_words(recording):
        # A kind that the program does not know yet must be readable: the maintainer adds it to the school's file.
        if labels.menu(kind) == kind:
            masks.keep(kind)
    school = _school(recording.school, masks, labels)
    masker = ResponseMasker(masks=masks, layouts=recording.school.layouts)
    return replace(
        recording,
        school=school,
        versions={
            masks.identifier(n): v if _VERSION.fullmatch(v) else masks.text(v) for n, v in recording.versions.items()
        },
        snapshots=tuple(_snapshot(page, masks, labels) for page in recording.snapshots),
        captures=tuple(_capture(one, masks, masker) for one in recording.captures),
        failure=_failure(recording.failure, masks, labels) if recording.failure else None,
    )


def _kinds_in_words(recording: Recording) -> list[str]:
    """Return the frequent kinds of lessons that are no codes; a name rarely occurs that often in place of a kind."""
    counts = Counter(title.kind for title in sent_titles(recording) if not title.kind.isupper())
    return [kind for kind, count in counts.items() if count >= _OFTEN and not may_be_persons(kind)]


def _texts(recording: Recording) -> Iterator[str]:
    """Yield the texts in which a page may contain the student's name."""
    for page in recording.snapshots:
        yield from (page.title, *page.messages, *page.text.splitlines())
        yield from (entry.label for entry in page.entries)


def _school(school: School, masks: Masks, labels: Labels) -> School:
    """Return a shipped school as in its file; of any other only the parser's fields, with a random namespace."""
    layouts = tuple(name if name in LAYOUTS else masks.text(name) for name in school.layouts)
    own = shipped_school(school.id) if school.id else None
    if own:
        return replace(own, base_url=masks.address(school.base_url), layouts=layouts)
    return School(
        id="",
        name=masks.host(school.name) if school.name == urlsplit(school.base_url).hostname else masks.text(school.name),
        base_url=masks.address(school.base_url),
        timezone=_zone(school.timezone),
        login=school.login if school.login in {"form", "sso"} else "form",
        menu_labels=tuple(labels.menu(label) for label in school.menu_labels),
        layouts=layouts,
        kinds={masks.text(code): masks.text(name) for code, name in school.kinds.items()},
        namespace=uuid4(),
    )


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return DEFAULT_ZONE


def _snapshot(page: Snapshot, masks: Masks, labels: Labels) -> Snapshot:
    # The buttons of a consent page are as important as a menu's labels.
    mask_label = labels.menu if classify(page) is Page.CONSENT else labels.content
    return replace(
        page,
        entries=tuple(_entry(entry, labels, mask_label) for entry in page.entries),
        address=masks.address(page.address),
        step=_step(page.step, labels),
        title=masks.text(page.title),
        ready=masks.identifier(page.ready),
        forms=tuple(_mask_element(form, masks, mask_label) for form in page.forms),
        schedules=tuple(_mask_element(one, masks, mask_label) for one in page.schedules),
        messages=tuple(map(masks.text, page.messages)),
        text=masks.text(page.text),
        traces=tuple(trace for trace in page.traces if trace in _TRACES),
        body_class=masks.identifier(page.body_class),
    )


def _step(step: str, labels: Labels) -> str:
    head, dash, label = step.partition("menu-")
    return f"menu-{labels.repeat(label)}" if dash and not head else labels.repeat(step)


def _entry(entry: MenuEntry, labels: Labels, mask_label: MaskLabel) -> MenuEntry:
    label = labels.menu if entry.place == "menu" else mask_label
    place = "menu" if entry.place == "menu" else "content"
    return replace(entry, label=label(entry.label), path=tuple(map(label, entry.path)), place=place)


def _mask_element(element: Any, masks: Masks, mask_label: MaskLabel) -> Any:  # noqa: ANN401 - a form or a part of it
    """Mask a form, field, button or schedule: labels and addresses as such, all other texts as identifiers."""

    def mask(name: str, value: object) -> object:
        match name, value:
            case "label", str():
                return mask_label(value)
            case "action", str():
                return masks.address(value)
            case _, str():
                return masks.identifier(value)
            case _, tuple():
                return tuple(_mask_element(one, masks, mask_label) for one in value)
            case _:
                return value

    return replace(element, **{one.name: mask(one.name, getattr(element, one.name)) for one in fields(element)})


def _capture(one: Capture, masks: Masks, masker: ResponseMasker) -> Capture:
    return replace(
        one,
        address=masks.address(one.address),
        source=masks.identifier(one.source),
        request={masks.identifier(name): _value(name, value, one, masks) for name, value in one.request.items()},
        content_type=one.content_type if _TYPE.fullmatch(one.content_type) else "",
        body=masker.body(one.body),
    )


def _value(name: str, value: str, of: Capture, masks: Masks) -> str:
    if TOKEN_FIELD.search(name):
        return ""
    if value == of.source:
        return masks.identifier(value)
    return value if _PLANNED.search(name) and _INSTANT.fullmatch(value) else masks.text(value)


def _failure(failure: Failure, masks: Masks, labels: Labels) -> Failure:
    facts = {masks.identifier(name): _fact(name, value, masks, labels) for name, value in failure.facts.items()}
    return Failure(
        error=failure.error if error_class(failure.error) else masks.identifier(failure.error),
        reason=_reason(failure.reason, masks),
        facts=facts,
    )


def _reason(reason: str, masks: Masks) -> str:
    kept = _REASON.fullmatch(reason) and all(masks.knows(word) for word in reason.split("-"))
    return reason if kept else masks.text(reason)


def _fact(name: str, value: object, masks: Masks, labels: Labels) -> object:
    match value:
        case str():
            return _text_fact(name, value, masks, labels)
        case list() | tuple():
            return [_fact(name, one, masks, labels) for one in value]
        case Mapping():
            return {masks.identifier(str(n)): _fact(str(n), one, masks, labels) for n, one in value.items()}
        case bool() | None:
            return value
        case int() | float() if name in _COUNTED and abs(value) < _COUNTABLE:
            return value
        case _:
            return 0


def _text_fact(name: str, value: str, masks: Masks, labels: Labels) -> str:
    match name:
        case "host":
            return masks.host(value)
        case "address":
            return masks.address(value)
        case "source" | "field":
            return masks.identifier(value)
        case "id":
            return str(masks.number(value)) if value else ""
        case "labels" | "tried" | "wanted":
            return " > ".join(map(labels.repeat, re.split(r"\s*>\s*", value))) if value else ""
        case "first" | "last" if _DAY.fullmatch(value):
            return value
        case _:
            return masks.text(value)
