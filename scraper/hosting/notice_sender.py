"""Send what students are notified of. Workers do it beside their jobs, so that a slow service delays no reading.

A notification is sent at most once. That it is sent is written before the request: a worker that is killed during the
request leaves it out, which is better than twice, because the calendar and its page have the change. After a kill
before the request, or an answer by which the service did not accept it, it is sent later.
"""

import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from threading import Event
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, Row, case, null, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from scraper.domain.printable import printable
from scraper.errors import DatabaseUnavailable, SettingsError
from scraper.hosting.channels import RETRIES, WAITING
from scraper.hosting.database.clock import DATABASE_CLOCK, Clock, read_clock
from scraper.hosting.database.service_tables import notification_channel as channel
from scraper.hosting.logs import log_failure
from scraper.hosting.notices import NoticeWriter
from scraper.hosting.public_post import post_json
from scraper.hosting.sealing import Opener, Sealed
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.students import Students
from scraper.system.crash_report import describe_crash
from scraper.system.repeat import repeat
from scraper.web.pages.notification_addresses import FIELDS, wrong_fields

EVERY_SECONDS = 5.0
LEASE = timedelta(minutes=5)
"""Time after which a worker that has not finished with a channel is taken for dead."""
BUSY_WAIT = timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=max(RETRIES))
MOST_LETTERS = 1800
"""Services cut or refuse longer messages."""
DISCORD = "https://discord.com"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSender:
    """Sends what is due to the students' channels. Several workers may do it at once."""

    engine: Engine
    settings: HostingSettings
    opener: Opener
    clock: Clock = DATABASE_CLOCK

    def run(self, stop: Event) -> None:
        """Send what is due every few seconds until `stop` is set; a failure is logged."""
        repeat(lambda: self.send_due(stop), EVERY_SECONDS, stop, partial(log_failure, "notices"))

    def send_due(self, stop: Event) -> None:
        """Send until nothing is due. A channel that fails is due again later, and does not stop the others.

        Raise SQLAlchemyError or DatabaseUnavailable.
        """
        while not stop.is_set() and (claimed := self._claim()) is not None:
            try:
                outcome = self._send(claimed)
            except (SQLAlchemyError, DatabaseUnavailable):
                raise
            except SettingsError as error:  # other than damage, it is this machine's: a key that it lacks
                outcome = "invalid" if error.reason == "hosting-sealed" else "busy"
            except Exception as error:  # noqa: BLE001 - a bug must not repeat itself at once, again and again
                log.error("notice: %s", describe_crash(error))  # noqa: TRY400 - the message may contain a secret
                outcome = "failed"
            self._finish(claimed, outcome)
            if outcome:
                log.info("notice: %s %s", claimed.kind, outcome)

    def _claim(self) -> Row[Any] | None:
        """Take the next channel that is due away from the other workers, and return it; None where nothing is due."""
        now = self.clock()
        # What is later than it can be was written before the clock was set back.
        is_free = or_(channel.c.claimed_until.is_(None), ~channel.c.claimed_until.between(now, now + LEASE))
        is_due = ~channel.c.due_at.between(now, now + LONGEST_WAIT)
        due = select(channel.c.student).where(is_due, is_free).order_by(channel.c.due_at).limit(1)
        with self.engine.begin() as connection:
            until = read_clock(connection, self.clock) + LEASE
            own = channel.c.student == due.with_for_update(skip_locked=True).scalar_subquery()
            claim = update(channel).where(own).values(claimed_until=until, due_at=until)
            return connection.execute(claim.returning(channel)).first()

    def _send(self, claimed: Row[Any]) -> str:
        """Send what is new; return the outcome, empty where nothing is."""
        if (owner := Students(self.engine).get(claimed.student)) is None:
            return ""
        plain = self.opener.open(owner.id, Sealed(body=claimed.sealed, key_version=claimed.key_version))
        notice = NoticeWriter(self.engine, self.settings).write(owner, claimed)
        if not self._update(claimed, sent_until=notice.sent_until, reported=notice.reported) or not notice.title:
            return ""
        return deliver(json.loads(plain), printable(notice.title), printable(notice.text)[:MOST_LETTERS], self.settings)

    def _finish(self, claimed: Row[Any], outcome: str) -> None:
        """Write how the sending ended, and when to look again, unless something else has become due meanwhile."""
        later, values = self.clock(), dict[str, Any]()
        if claimed.test == WAITING and outcome:
            values["test"] = "unreachable" if outcome == "unanswered" else outcome
        if outcome in {"", "sent"}:
            later = later if outcome else null()
            values |= {"failures": 0} if outcome else {}
        elif outcome == "busy":
            later += BUSY_WAIT
        else:
            is_paused = claimed.failures >= len(RETRIES)
            later = null() if is_paused else later + timedelta(hours=RETRIES[claimed.failures])
            values["failures"] = channel.c.failures + 1
        if outcome not in {"", "sent", "unanswered"}:
            values |= {"sent_until": claimed.sent_until, "reported": claimed.reported}
        values["due_at"] = case((channel.c.due_at == claimed.due_at, later), else_=channel.c.due_at)
        self._update(claimed, claimed_until=None, **values)

    def _update(self, claimed: Row[Any], **values: object) -> bool:
        """Change the row; return False where it is not this worker's any more: replaced, deleted or claimed again."""
        own = channel.c.student == claimed.student, channel.c.claimed_until == claimed.claimed_until
        with self.engine.begin() as connection:
            return bool(connection.execute(update(channel).where(*own).values(values)).rowcount)


def deliver(address: Any, title: str, text: str, settings: HostingSettings) -> str:  # noqa: ANN401 - any JSON
    """Send a notification to an address that the web tier has sealed; return the outcome.

    The address is checked again here: a web tier that was taken over could seal any.
    """
    if not isinstance(address, dict) or (kind := address.get("kind")) not in settings.channel_kinds:
        return "invalid"
    fields = {name: str(address.get(name, "")) for name in FIELDS[kind]}
    if wrong_fields(kind, fields):
        return "invalid"
    if kind == "ntfy":
        if fields["server"] not in settings.ntfy_servers:
            return "invalid"
        return post_json(f"{fields['server']}/", {"topic": fields["topic"], "title": title, "message": text})
    number, token = (quote(part, safe="") for part in fields["webhook"].rstrip("/").split("/")[-2:])
    body = {"content": f"**{title}**\n{text}", "allowed_mentions": {"parse": []}}
    return post_json(f"{DISCORD}/api/webhooks/{number}/{token}", body)
