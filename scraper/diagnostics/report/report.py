"""A report: one file that shows how a run went, and nothing of whose planning it was.

It is a recording with a head, so that whatever reads a recording reads a report.
"""

import platform
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from scraper import __version__
from scraper.config.settings.validation import is_name
from scraper.diagnostics.report.html import skeleton
from scraper.diagnostics.report.labels import Labels, greeted
from scraper.diagnostics.report.masks import Masks
from scraper.diagnostics.report.recording import masked
from scraper.diagnostics.report.vocabulary import known_hosts
from scraper.domain.decoding import decode_text
from scraper.domain.planning import Planning
from scraper.domain.recording import Recording, Snapshot, dumps
from scraper.errors import SettingsError
from scraper.parsing.menu import labels_of
from scraper.parsing.read import read
from scraper.parsing.redaction.secrets import mail_name
from scraper.system.paths import settings_file

TOGETHER = 60
"""Seconds within which a page and a recording are written by the same run."""
SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A masked recording and its head: versions, platform, steps with seconds, menu labels, the last page's skeleton.

    `words` counts the words, ids and hosts that were masked.
    """

    recording: Recording
    head: Mapping[str, object] = field(default_factory=dict)
    words: int = 0

    @property
    def menu(self) -> list[str]:
        """The labels of the menu, as they stand in the report."""
        return _menu(self.recording.snapshots)

    def text(self) -> str:
        """The file's text."""
        return dumps(self.recording, self.head)


def made(
    recording: Recording,
    *,
    page: str = "",
    logins: Iterable[str] = (),
    hidden: Iterable[str] = (),
    hosts: Iterable[str] = (),
) -> Report:
    """The report of a recording; `page` is the last page's HTML, `logins` and `hidden` what nobody may read in it.

    `hosts` are those that stay as they are, beside the known schools'.
    """
    own = tuple(logins)
    masks = Masks(hidden, own, hosts)
    labels = Labels(masks, (mail_name(login) or login for login in own))
    safe = masked(recording, masks, labels)
    _join_greeted(recording, page, masks)
    head = {
        "program": __version__,
        "python": platform.python_version(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "steps": [{"step": one.step, "seconds": one.seconds} for one in safe.snapshots],
        "menu": _menu(safe.snapshots),
        "page": skeleton(page, masks, labels.again) if page else "",
    }
    return Report(recording=safe, head=head, words=masks.masked)


def _join_greeted(recording: Recording, page: str, masks: Masks) -> None:
    """Let a greeted name have one mask: a recording has it under an invented name, the last page has the true one."""
    texts = [text for one in recording.snapshots for text in (*one.messages, *one.text.splitlines())]
    shown = [name for text in texts for name in greeted(text)]
    for own in greeted(" ".join(unescape(re.sub("<[^>]*>", " ", page)).split())):
        for word, other in zip(own, shown[-1] if shown else (), strict=False):
            masks.join(word, other)


def asking_host(recording: Recording) -> str:
    """The unknown host that asked for the login, without which nobody can repair the school; empty where none did."""
    failure = recording.failure
    if failure is None or failure.reason != "other-host":
        return ""
    host = str(failure.facts.get("host") or "")
    return "" if host.lower() in known_hosts() else host


def last_failure(state: Path, account: str | None) -> Path:
    """The recording that the last failed run left, of that account or of any.

    Raises SettingsError: "account-name", "no-failure" where there is none.
    """
    if account and not is_name(account):
        raise SettingsError("account-name", name=account)
    left = sorted(state.glob("failure*.json"), key=lambda path: path.stat().st_mtime)
    own = state / f"failure-{account}.json" if account else state / "failure.json"
    if not left or (account and own not in left):
        raise SettingsError("no-failure", path=str(own))
    return own if account else left[-1]


def logins_known(environment: Mapping[str, str]) -> Iterator[str]:
    """Every login that settings or environment name, however they are: a report must not depend on a whole file."""
    yield from (value for name, value in environment.items() if name == "AURION_LOGIN" and value)
    try:
        tables: list[object] = [tomllib.loads(decode_text(settings_file().read_bytes()))]
    except (OSError, ValueError):
        return
    while tables:
        match tables.pop():
            case dict() as table:
                yield from (str(value) for name, value in table.items() if name == "login")
                tables += table.values()
            case list() as several:
                tables += several


def last_page(recording: Path) -> str:
    """The HTML that the run which left a recording left beside it; empty where there is none of the same run."""
    beside = recording.with_name(f"{recording.name.removesuffix('.json')}.html")
    try:
        if abs(beside.stat().st_mtime - recording.stat().st_mtime) > TOGETHER:
            return ""
        return beside.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def samples(planning: Planning) -> Iterator[str]:
    """Titles of events as they stand in the report, one of each shape, so that a person sees what is told."""
    shapes: dict[tuple[int, int], str] = {}
    for event in planning.events:
        title = event.raw_title
        shapes.setdefault((title.count("\n"), title.count(" - ")), title)
    yield from list(shapes.values())[:SAMPLES]


def planning_of(report: Report) -> Planning:
    """What reading the report gives. Raises the AurionError with which it ends."""
    return read(report.recording)


def _menu(pages: Iterable[Snapshot]) -> list[str]:
    return labels_of(page for page in pages if any(entry.place == "menu" for entry in page.entries))
