"""Conversion of a report to a test fixture: a recording and its expected result."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scraper.config.configuration import Config
from scraper.config.known_logins import known_logins
from scraper.config.schools.school_files import load_school
from scraper.diagnostics.report.make_report import make_report
from scraper.domain.decoding import decode_text
from scraper.domain.planning import Planning
from scraper.domain.recording import Recording, dumps, load
from scraper.errors import AurionError, SettingsError
from scraper.i18n import Catalogue
from scraper.parsing.events import wire_events
from scraper.parsing.partial_response import updates
from scraper.parsing.read import read
from scraper.parsing.retry import retry
from scraper.publishing.replay_recording import render_recording, with_current_school

_FACT = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def load_masked(path: Path, config: Config) -> Recording:
    """Return the recording in a report; that of any other file is masked. Raise BadRecording like `load`."""
    recording = load(path)
    if "report" in json.loads(decode_text(path.read_bytes())):
        return recording
    return make_report(recording, logins=known_logins(config)).recording


def find_checkout(start: Path) -> Path:
    """Return the checkout of this program that contains `start`. Raise SettingsError("no-checkout")."""
    for folder in (start, *start.parents):
        if (folder / "fixtures" / "recordings").is_dir() and (folder / "scraper" / "__main__.py").is_file():
            return folder
    raise SettingsError("no-checkout", path=str(start))


def write_fixture(recording: Recording, root: Path, *, school: str, fact: str) -> tuple[Path, ...]:
    """Write the fixture's files and return their paths.

    `school` is the school's id, if empty the recording's; `fact` is the name of the files, if empty that of the
    failure. Raise SettingsError for an unknown school, an invalid name, or a file that exists.
    """
    if not (school or recording.school.id):
        raise SettingsError("fixture-school")
    known = replace(recording, school=load_school(school or recording.school.id))
    name = fact or _name(known)
    if not _FACT.fullmatch(name):
        raise SettingsError("fixture-name", given=name)
    files = {root / "fixtures" / place / known.school.id / f"{name}{end}": text for place, end, text in _parts(known)}
    for path in files:
        # A file with another suffix is a fixture of the same fact, and the two would contradict each other.
        if found := next(iter(path.parent.glob(f"{name}.*")), None):
            raise SettingsError("fixture-exists", path=str(found))
    for path, body in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(body)
    return tuple(files)


def expected_result(recording: Recording) -> tuple[str, bytes]:
    """Return the expected result of a recording, as a file's suffix and content: a calendar, or the run's error."""
    today = with_current_school(recording)
    if found := retry(today, today.school):
        return ".json", _json({"repaired": found.reason, **found.facts, "exit_code": 0})
    try:
        return ".ics", render_recording(today, read(today), Catalogue("fr"))
    except AurionError as error:
        return ".json", _json({"error": type(error).__name__, "reason": error.reason, "exit_code": error.exit_code})


def _parts(recording: Recording) -> Iterator[tuple[str, str, bytes]]:
    """Yield the fixture's files: folder, suffix, content."""
    suffix, body = expected_result(recording)
    yield "recordings", ".json", dumps(recording).encode()
    yield "expected", suffix, body
    if suffix == ".ics":
        yield "events", ".json", _events(recording, read(recording))


def _events(recording: Recording, planning: Planning) -> bytes:
    """Return the planning's events as the portal sent them, from which the demo portal can record the fixture again."""
    ids = {event.id for event in planning.events}
    found: dict[str, object] = {}
    for capture in recording.captures:
        for text in updates(capture.body).values():
            wired = (event for event in wire_events(text) or () if isinstance(event, dict))
            found |= {str(event["id"]): event for event in wired if str(event.get("id")) in ids}
    lines = (json.dumps(event, ensure_ascii=False) for event in found.values())
    return ('{"events" : [' + ",\n".join(lines) + "]}\n").encode()


def _name(recording: Recording) -> str:
    failure = recording.failure
    return (failure.reason or failure.error.lower()) if failure else "titles-as-reported"


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()
