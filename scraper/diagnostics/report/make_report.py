"""Reports of a run, without personal data.

A report is a recording with a header, so every command that reads recordings also reads reports.
"""

import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scraper import __version__
from scraper.config.settings.validation import is_name
from scraper.diagnostics.report.html import skeleton
from scraper.diagnostics.report.mask_labels import Labels
from scraper.diagnostics.report.mask_recording import mask_recording
from scraper.diagnostics.report.masks import Masks
from scraper.diagnostics.report.vocabulary import known_hosts
from scraper.domain.planning import Planning
from scraper.domain.recording import Recording, Snapshot, dumps
from scraper.errors import SettingsError
from scraper.parsing.menu import labels_of
from scraper.parsing.redaction.secrets import mail_name
from scraper.system.paths import failure_file, failure_files

TOGETHER = 60
"""Seconds between the files of the last page and the recording if the same run wrote them."""
SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A masked recording with a header: versions, platform, steps with seconds, menu labels, the last page's skeleton.

    `words` is the number of masked words, ids and hosts.
    """

    recording: Recording
    head: Mapping[str, object] = field(default_factory=dict)
    words: int = 0

    @property
    def menu(self) -> list[str]:
        """The menu's labels in the report."""
        return _menu(self.recording.snapshots)

    def text(self) -> str:
        """Return the content of the report's file."""
        return dumps(self.recording, self.head)


def make_report(
    recording: Recording,
    *,
    page: str = "",
    logins: Iterable[str] = (),
    hidden: Iterable[str] = (),
    hosts: Iterable[str] = (),
) -> Report:
    """Return the report of a recording; `page` is the last page's HTML, `logins` and `hidden` are texts to hide.

    `hosts` are not masked, besides those of the known schools.
    """
    own = tuple(logins)
    masks = Masks(hidden, own, hosts)
    labels = Labels(masks, (mail_name(login) or login for login in own))
    safe = mask_recording(recording, masks, labels)
    head = {
        "program": __version__,
        "python": platform.python_version(),
        "platform": {"system": platform.system(), "machine": platform.machine()},
        "steps": [{"step": one.step, "seconds": one.seconds} for one in safe.snapshots],
        "menu": _menu(safe.snapshots),
        "page": skeleton(page, masks, labels.repeat) if page else "",
    }
    return Report(recording=safe, head=head, words=masks.masked_count)


def asking_host(recording: Recording) -> str:
    """Return the unknown host of the login or the scripts, which the school's file lacks; empty if there is none."""
    failure = recording.failure
    if failure is None or failure.reason not in {"other-host", "scripts-elsewhere"}:
        return ""
    host = str(failure.facts.get("host") or "")
    return "" if host.lower() in known_hosts() else host


def last_failure(state: Path, account: str | None) -> Path:
    """Return the path of the last failed run's recording, of an account or of any.

    Raise SettingsError("account-name"), or "no-failure" if there is none.
    """
    if account and not is_name(account):
        raise SettingsError("account-name", name=account)
    recordings = failure_files(state)
    own = failure_file(state, account or "")
    if not recordings or (account and own not in recordings):
        raise SettingsError("no-failure", path=str(own))
    return own if account else recordings[-1]


def last_page(recording: Path) -> str:
    """Return the last page's HTML that the same run saved beside a recording; "" if there is none."""
    page = recording.with_name(f"{recording.name.removesuffix('.json')}.html")
    try:
        if abs(page.stat().st_mtime - recording.stat().st_mtime) > TOGETHER:
            return ""
        return page.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def sample_titles(planning: Planning) -> Iterator[str]:
    """Yield some titles of events in the report, one of each shape."""
    shapes: dict[tuple[int, int], str] = {}
    for event in planning.events:
        title = event.raw_title
        shapes.setdefault((title.count("\n"), title.count(" - ")), title)
    yield from list(shapes.values())[:SAMPLES]


def _menu(pages: Iterable[Snapshot]) -> list[str]:
    return labels_of(page for page in pages if page.has_menu)
