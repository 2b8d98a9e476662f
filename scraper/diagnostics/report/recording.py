"""A recording for a report: of its words only those of portals and menus stay; it still fails, or reads, as it did."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scraper import errors
from scraper.config.schools.files import shipped_school
from scraper.diagnostics.report.labels import Labels
from scraper.diagnostics.report.masks import Masks
from scraper.diagnostics.report.response import ResponseMasker
from scraper.domain.recording import Button, Capture, Failure, Field, Form, MenuEntry, Recording, Schedule, Snapshot
from scraper.domain.school import School
from scraper.parsing.page import Page, classify
from scraper.parsing.redaction.events import sent_titles
from scraper.parsing.redaction.urls import TOKEN_FIELD
from scraper.parsing.signs import may_be_persons
from scraper.parsing.title_layouts import LAYOUTS

_VERSION = re.compile(r"\d+(?:\.\d+){0,4}")
_TYPE = re.compile(
    r"(?:text|application)/(?:xml|html|json|xhtml\+xml)(?:;\s*charset=(?:utf-8|iso-8859-1))?", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TRACES = frozenset({"jsf", "primefaces", "aurion", "angular", "auriga"})
_PLANNED = re.compile(r"_(?:start|end)$")
_INSTANT = re.compile(r"-?\d{10,14}|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)?")
_COUNTED, _COUNTABLE = frozenset({"status", "seconds", "gone", "known", "line"}), 10_000
"""Facts that are small numbers; any other number may be somebody's."""
Spoken = Callable[[str], str]
"""Masks a label of a page."""
_OFTEN = 3
"""So many lessons have a kind that is kept in words."""
_REASON = re.compile(r"[a-z]+(?:-[a-z]+)*")


def masked(recording: Recording, masks: Masks, labels: Labels) -> Recording:
    """The recording with every word outside the vocabulary masked, ids, hosts and event numbers invented.

    Menus keep their labels, as `labels` says.
    """
    for text in _heard(recording):
        labels.learn_from(text)
    for kind in _kinds_in_words(recording):
        # A kind that the program does not know yet is what a maintainer must write into the school's file.
        if labels.menu(kind) == kind:
            masks.keep(kind)
    school = _school(recording.school, masks, labels)
    answers = ResponseMasker(masks=masks, layouts=recording.school.layouts)
    return replace(
        recording,
        school=school,
        versions={
            masks.identifier(n): v if _VERSION.fullmatch(v) else masks.text(v) for n, v in recording.versions.items()
        },
        snapshots=tuple(_snapshot(page, masks, labels) for page in recording.snapshots),
        captures=tuple(_capture(one, masks, answers) for one in recording.captures),
        failure=_failure(recording.failure, masks, labels) if recording.failure else None,
    )


def _kinds_in_words(recording: Recording) -> list[str]:
    """The kinds of lessons that come often and are no codes: no name of a person repeats so, among kinds."""
    counts = Counter(title.kind for title in sent_titles(recording) if not title.kind.isupper())
    return [kind for kind, count in counts.items() if count >= _OFTEN and not may_be_persons(kind)]


def _heard(recording: Recording) -> Iterator[str]:
    """The texts in which a page may name its student."""
    for page in recording.snapshots:
        yield from (page.title, *page.messages, *page.text.splitlines())
        yield from (entry.label for entry in page.entries)


def _school(school: School, masks: Masks, labels: Labels) -> School:
    """The program's own school as its file has it; of any other only what reading needs, under another namespace."""
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
        kinds={masks.text(code): masks.text(told) for code, told in school.kinds.items()},
        namespace=uuid4(),
    )


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return "Europe/Paris"


def _snapshot(page: Snapshot, masks: Masks, labels: Labels) -> Snapshot:
    # The buttons of a page that wants an answer show what a school calls it, as a menu's labels do.
    spoken = labels.menu if classify(page) is Page.CONSENT else labels.content
    return replace(
        page,
        entries=tuple(_entry(entry, labels, spoken) for entry in page.entries),
        address=masks.address(page.address),
        step=_step(page.step, labels),
        title=masks.text(page.title),
        ready=masks.identifier(page.ready),
        forms=tuple(_form(form, masks, spoken) for form in page.forms),
        schedules=tuple(_schedule(one, masks) for one in page.schedules),
        messages=tuple(map(masks.text, page.messages)),
        text=masks.text(page.text),
        traces=tuple(trace for trace in page.traces if trace in _TRACES),
        body_class=masks.identifier(page.body_class),
    )


def _step(step: str, labels: Labels) -> str:
    head, dash, label = step.partition("menu-")
    return f"menu-{labels.again(label)}" if dash and not head else labels.again(step)


def _entry(entry: MenuEntry, labels: Labels, spoken: Spoken) -> MenuEntry:
    label = labels.menu if entry.place == "menu" else spoken
    place = "menu" if entry.place == "menu" else "content"
    return replace(entry, label=label(entry.label), path=tuple(map(label, entry.path)), place=place)


def _form(form: Form, masks: Masks, spoken: Spoken) -> Form:
    return Form(
        action=masks.address(form.action),
        method=masks.identifier(form.method),
        fields=tuple(_field(field, masks, spoken) for field in form.fields),
        buttons=tuple(_button(button, masks, spoken) for button in form.buttons),
    )


def _field(field: Field, masks: Masks, spoken: Spoken) -> Field:
    return replace(
        field,
        name=masks.identifier(field.name),
        id=masks.identifier(field.id),
        kind=masks.identifier(field.kind),
        autocomplete=masks.identifier(field.autocomplete),
        label=spoken(field.label),
    )


def _button(button: Button, masks: Masks, spoken: Spoken) -> Button:
    label, action = spoken(button.label), masks.address(button.action)
    return replace(button, label=label, kind=masks.identifier(button.kind), action=action)


def _schedule(one: Schedule, masks: Masks) -> Schedule:
    return Schedule(id=masks.identifier(one.id), widget=masks.identifier(one.widget), view=masks.identifier(one.view))


def _capture(one: Capture, masks: Masks, answers: ResponseMasker) -> Capture:
    return replace(
        one,
        address=masks.address(one.address),
        source=masks.identifier(one.source),
        request={masks.identifier(name): _value(name, held, one, masks) for name, held in one.request.items()},
        content_type=one.content_type if _TYPE.fullmatch(one.content_type) else "",
        body=answers.body(one.body),
    )


def _value(name: str, held: str, of: Capture, masks: Masks) -> str:
    if TOKEN_FIELD.search(name):
        return ""
    if held == of.source:
        return masks.identifier(held)
    return held if _PLANNED.search(name) and _INSTANT.fullmatch(held) else masks.text(held)


def _failure(failure: Failure, masks: Masks, labels: Labels) -> Failure:
    kind = getattr(errors, failure.error, None)
    known = isinstance(kind, type) and issubclass(kind, errors.AurionError)
    facts = {masks.identifier(name): _fact(name, held, masks, labels) for name, held in failure.facts.items()}
    return Failure(
        error=failure.error if known else masks.identifier(failure.error),
        reason=_reason(failure.reason, masks),
        facts=facts,
    )


def _reason(reason: str, masks: Masks) -> str:
    kept = _REASON.fullmatch(reason) and all(masks.knows(word) for word in reason.split("-"))
    return reason if kept else masks.text(reason)


def _fact(name: str, held: object, masks: Masks, labels: Labels) -> object:
    match held:
        case str():
            return _said(name, held, masks, labels)
        case list() | tuple():
            return [_fact(name, one, masks, labels) for one in held]
        case Mapping():
            return {masks.identifier(str(n)): _fact(str(n), one, masks, labels) for n, one in held.items()}
        case bool() | None:
            return held
        case int() | float() if name in _COUNTED and abs(held) < _COUNTABLE:
            return held
        case _:
            return 0


def _said(name: str, held: str, masks: Masks, labels: Labels) -> str:
    match name:
        case "host":
            return masks.host(held)
        case "address":
            return masks.address(held)
        case "source" | "field":
            return masks.identifier(held)
        case "id":
            return str(masks.number(held)) if held else ""
        case "labels" | "tried" | "wanted":
            return " > ".join(map(labels.again, re.split(r"\s*>\s*", held))) if held else ""
        case "first" | "last" if _DAY.fullmatch(held):
            return held
        case _:
            return masks.text(held)
