"""Check whether a failed navigation would succeed today: the recorded pages, judged with today's labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scraper.domain.recording import Failure, MenuEntry, Recording
from scraper.domain.school import School
from scraper.domain.text import fold
from scraper.parsing.menu import Open, Place, continue_link, entry_key, next_move
from scraper.parsing.page import SURE, Page, classify

_ON_THE_WAY = frozenset({"no-planning", "unknown-page", "consent"})

_HOSTS = {"other-host": "host", "scripts-elsewhere": "reached"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryOutcome:
    """The next step that is possible today, by `reason`.

    `menu`: the `label` that would be opened; `onward`: the `label` of the link that leaves a page; `page`: the `kind`
    that a page is recognised as; `host`: the `host` that would get the password; `reached`: the `host` of the page's
    scripts.
    """

    reason: str
    facts: Mapping[str, str] = field(default_factory=dict)


def retry(recording: Recording, today: School) -> RetryOutcome | None:
    """Return how the recorded run would continue with today's school file; None if it would fail as it did.

    Only for failures before the planning: such a recording contains no lessons.
    """
    failure = recording.failure
    if failure is None:
        return None
    if (host := str(failure.facts.get("host") or "")) and failure.reason in _HOSTS:
        known = today.login_hosts if failure.reason == "other-host" else (*today.login_hosts, *today.further_hosts)
        return RetryOutcome(reason=_HOSTS[failure.reason], facts={"host": host}) if host in known else None
    if failure.reason not in _ON_THE_WAY or not recording.snapshots:
        return None
    if failure.reason == "no-planning" and (found := _in_menu(recording, failure, today)):
        return found
    last = recording.snapshots[-1]
    if classify(last) is not Page.LOGIN and (entry := continue_link(last)):
        return RetryOutcome(reason="onward", facts={"label": entry.label})
    if failure.reason == "unknown-page" and (kind := classify(last)) in SURE:
        return RetryOutcome(reason="page", facts={"kind": kind})
    return None


def _in_menu(recording: Recording, failure: Failure, today: School) -> RetryOutcome | None:
    """Return the entry that would be opened today and was not opened then; None if that was not recorded."""
    tried, wanted = failure.facts.get("tried"), str(failure.facts.get("wanted") or "")
    if not isinstance(tried, list | tuple):
        return None
    entries: dict[Place, MenuEntry] = {}
    for page in recording.snapshots:
        entries |= {entry_key(e): replace(e, loaded=True) for e in page.entries}
    whole = replace(recording.snapshots[-1], entries=tuple(entries.values()))
    opened = {fold(str(labels)) for labels in tried}
    done = {here for here in entries if fold(" > ".join(here)) in opened}
    move = next_move(whole, done, today.menu_labels, wanted)
    if not isinstance(move, Open):
        return None
    return RetryOutcome(reason="menu", facts={"label": " > ".join((*move.entry.path, move.entry.label))})
