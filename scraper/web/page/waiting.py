"""What a run would change, before it is published: looked at by day, then published or not."""

from contextlib import suppress
from itertools import groupby

from starlette.responses import Response

from scraper.by_hand import publish_now
from scraper.changes import Added, Change, counts
from scraper.errors import AurionError
from scraper.held import Held, drop_held
from scraper.meant import job_named, ledger_of
from scraper.planning import Event
from scraper.progress import Silent
from scraper.runs import Runs
from scraper.settings.loading import load_settings
from scraper.telling import Described, described
from scraper.times import day_of
from scraper.web.feeding import feed_targets
from scraper.web.page.desk import Desk
from scraper.web.page.saying import moment
from scraper.web.page.visit import Visit, get, post
from scraper.words import Words


def what_waits(desk: Desk, account: str) -> Held | None:
    """What waits of that account; None also where its ledger cannot be read, which the next run tells."""
    with suppress(AurionError):
        return desk.recall.waiting(ledger_of(load_settings({}, desk.environment, account)), desk.clock())
    return None


def look(visit: Visit) -> Response:
    """What waits, by day."""
    account, desk, words = visit.path["account"], visit.desk, visit.words
    held = desk.recall.waiting(ledger_of(load_settings({}, desk.environment, account)), visit.now)
    return visit.render(
        "waiting.html", account=account, held=held, days=_days(held, words) if held else [],
        read=moment(held.at, visit.now, words, held.zone) if held else "", numbers=counts(held.changes if held else ()),
    )  # fmt: skip


def decide(visit: Visit) -> Response:
    """Publishes what waits, or forgets it. A run that goes on meanwhile keeps both from it."""
    account, environment, wish = visit.path["account"], visit.desk.environment, visit.form.get("do")
    if wish == "publish":
        job = job_named(account, environment)
        publish_now(job.account, (*job.targets, *feed_targets(job)), Silent(), visit.now)
    elif wish == "drop":
        ledger = ledger_of(load_settings({}, environment, account))
        with Runs(visit.desk.state, account).going():
            drop_held(ledger)
    return visit.goes_to(f"/runs/{account}")


def _days(held: Held, words: Words) -> list[tuple[str, list[Described]]]:
    """Each day with its changes; a lesson that moved stands on the day that people know it by."""
    ordered = sorted(held.changes, key=lambda change: _known(change).start)
    by_day = groupby(ordered, key=lambda change: day_of(_known(change).start.astimezone(held.zone), words))
    return [(day, [described(change, words, held.zone) for change in found]) for day, found in by_day]


def _known(change: Change) -> Event:
    return change.after if isinstance(change, Added) else change.before


ROUTES = (get("/runs/{account}/waiting", look), post("/runs/{account}/waiting", decide, harmless=True))
