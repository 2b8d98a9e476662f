"""Pending changes of an account: shown by day, then published or discarded."""

from contextlib import suppress
from itertools import groupby
from typing import Any

from starlette.responses import Response

from scraper.config.accounts import load_account
from scraper.domain.changes import Cancelled, Change, counts, known_event
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.publishing.describe import DescribedChange, describe_change
from scraper.publishing.feed_calendars import feed_targets
from scraper.publishing.job import job_for_account
from scraper.publishing.ledger.ledger import Ledger
from scraper.publishing.ledgers import ledger_of_settings
from scraper.publishing.local_times import format_full_day
from scraper.publishing.pending import PendingChanges, discard_pending
from scraper.publishing.publish import PublishOptions
from scraper.runs.manual import publish_manually
from scraper.system.run_history import Runs
from scraper.web.pages.request import PageRequest, get, post


def find_pending(request: PageRequest, account: str) -> PendingChanges | None:
    """Return the account's pending changes; None also where its ledger cannot be read (its next run reports that)."""
    with suppress(AurionError):
        return request.state.ledger_cache.pending(_ledger(request, account), request.now)
    return None


def _ledger(request: PageRequest, account: str) -> Ledger:
    return ledger_of_settings(request.config.settings(account), request.config.state)


def show_pending(request: PageRequest) -> Response:
    """Show the pending changes by day."""
    account, words = request.path["account"], request.words
    ledger = _ledger(request, account)
    pending = request.state.ledger_cache.pending(ledger, request.now)
    return request.render(
        "waiting.html", account=account, held=pending, days=_changes_by_day(pending, words) if pending else [],
        read=request.describe_time(pending.at, pending.zone) if pending else "",
        numbers=counts(pending.changes if pending else ()), is_second="publish" in request.query,
        portal=load_account(account, request.config).school.base_url, **_removal(pending, words),
    )  # fmt: skip


def decide(request: PageRequest) -> Response:
    """Publish or discard the pending changes, unless a run is under way."""
    account, action = request.path["account"], request.form.get("do")
    if action == "publish":
        pending = find_pending(request, account)
        if pending and pending.suspicious and request.form.get("gone") != str(_removal(pending, request.words)["gone"]):
            return request.redirect(f"/runs/{account}/waiting", publish="yes")
        job = job_for_account(account, request.config)
        targets = (*job.targets, *feed_targets(job, request.now))
        publish_manually(job.account, targets, PublishOptions(now=request.now))
    elif action == "drop":
        ledger = _ledger(request, account)
        with Runs(request.state.folder, account).lock():
            discard_pending(ledger)
    return request.redirect(f"/runs/{account}")


def _removal(pending: PendingChanges | None, words: Catalogue) -> dict[str, Any]:
    """Return how many lessons would be marked as cancelled, of how many, and from which day to which."""
    starts = [one.before.start for one in (pending.changes if pending else ()) if isinstance(one, Cancelled)]
    left = len(pending.planning.events) if pending else 0
    first, last = (format_full_day(pick(starts), words) if starts else "" for pick in (min, max))
    return {"gone": len(starts), "total": len(starts) + left, "first": first, "last": last}


def _changes_by_day(pending: PendingChanges, words: Catalogue) -> list[tuple[str, list[DescribedChange]]]:
    """Group the changes by day, with a moved lesson on the day on which it was before."""
    zone = pending.zone

    def day(change: Change) -> str:
        return words.format_date(known_event(change).start.astimezone(zone), "EEEE d MMMM y")

    return [
        (text, [describe_change(change, words, zone) for change in found])
        for text, found in groupby(pending.changes, key=day)
    ]


ROUTES = (get("/runs/{account}/waiting", show_pending), post("/runs/{account}/waiting", decide, harmless=True))
