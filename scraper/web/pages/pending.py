"""What a run would change, before it is published: looked at by day, then published or not."""

from contextlib import suppress
from itertools import groupby

from starlette.responses import Response

from scraper.config.settings.loading import load_settings
from scraper.domain.changes import Added, Change, counts
from scraper.domain.planning import Event
from scraper.domain.progress import Silent
from scraper.errors import AurionError
from scraper.i18n import Catalogue
from scraper.publishing.describe import DescribedChange, describe_change
from scraper.publishing.feeds.publish import feed_targets
from scraper.publishing.job import job_for_account
from scraper.publishing.ledgers import ledger_of_settings
from scraper.publishing.pending import PendingChanges, discard_pending
from scraper.publishing.times import format_day
from scraper.runs.manual import publish_manually
from scraper.system.run_history import Runs
from scraper.web.pages.messages import moment
from scraper.web.pages.request import PageRequest, get, post
from scraper.web.pages.server_state import ServerState


def what_waits(desk: ServerState, account: str) -> PendingChanges | None:
    """What waits of that account; None also where its ledger cannot be read, which the next run tells."""
    with suppress(AurionError):
        return desk.recall.waiting(ledger_of_settings(load_settings({}, desk.environment, account)), desk.clock())
    return None


def look(visit: PageRequest) -> Response:
    """What waits, by day."""
    account, desk, words = visit.path["account"], visit.desk, visit.words
    held = desk.recall.waiting(ledger_of_settings(load_settings({}, desk.environment, account)), visit.now)
    return visit.render(
        "waiting.html", account=account, held=held, days=_days(held, words) if held else [],
        read=moment(held.at, visit.now, words, held.zone) if held else "", numbers=counts(held.changes if held else ()),
    )  # fmt: skip


def decide(visit: PageRequest) -> Response:
    """Publishes what waits, or forgets it. A run that goes on meanwhile keeps both from it."""
    account, environment, wish = visit.path["account"], visit.desk.environment, visit.form.get("do")
    if wish == "publish":
        job = job_for_account(account, environment)
        publish_manually(job.account, (*job.targets, *feed_targets(job)), Silent(), visit.now)
    elif wish == "drop":
        ledger = ledger_of_settings(load_settings({}, environment, account))
        with Runs(visit.desk.state, account).lock():
            discard_pending(ledger)
    return visit.goes_to(f"/runs/{account}")


def _days(held: PendingChanges, words: Catalogue) -> list[tuple[str, list[DescribedChange]]]:
    """Each day with its changes; a lesson that moved stands on the day that people know it by."""
    ordered = sorted(held.changes, key=lambda change: _known(change).start)
    by_day = groupby(ordered, key=lambda change: format_day(_known(change).start.astimezone(held.zone), words))
    return [(day, [describe_change(change, words, held.zone) for change in found]) for day, found in by_day]


def _known(change: Change) -> Event:
    return change.after if isinstance(change, Added) else change.before


ROUTES = (get("/runs/{account}/waiting", look), post("/runs/{account}/waiting", decide, harmless=True))
