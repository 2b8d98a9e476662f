"""A service with students who are notified by a server of ntfy on this machine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select

from scraper.hosting.channels import Channels
from scraper.hosting.database.service_tables import notification_channel
from scraper.hosting.notice_sender import NoticeSender
from scraper.hosting.sealing import Opener, Sealer
from scraper.hosting.students import Students
from tests.hosting.service import HostedService, PortalInMemory


@dataclass(slots=True, kw_only=True)
class NotifiedService(HostedService):
    """A service with the test's server of ntfy as its first."""

    portal: PortalInMemory = field(default_factory=PortalInMemory)

    @property
    def channels(self) -> Channels:
        """The channels as the web tier has them."""
        return Channels(self.engine, Sealer(self.settings.keys))

    def set_up(self, number: int = 1, language: str = "fr") -> UUID:
        """Add a student with a planning and with a channel, the topic `topic-` and the number, that got its test."""
        owner = self.add_student(number)
        Students(self.engine).save_language(owner, language)
        self.work()
        self.save(owner, f"topic-{number}")
        self.send()
        return owner

    def save(self, owner: UUID, topic: str = "phone") -> None:
        """Save a channel of ntfy."""
        self.channels.save(owner, "ntfy", {"server": self.ntfy_servers[0], "topic": topic})

    def row(self, owner: UUID) -> Row[Any]:
        """The row of the student's channel."""
        found = select(notification_channel).where(notification_channel.c.student == owner)
        with self.engine.connect() as connection:
            return connection.execute(found).one()

    def is_paused(self, owner: UUID) -> bool:
        """Whether the student's channel is paused."""
        found = self.channels.find(owner)
        assert found is not None
        return found.is_paused

    def test_result(self, owner: UUID) -> str | None:
        """How the last test of the student ended."""
        found = self.channels.find(owner)
        assert found is not None
        return found.test

    def send(self) -> None:
        """Send what is due."""
        self.worker.notice_sender.send_due(Event())

    def send_later(self, *, hours: int = 0, minutes: int = 0) -> None:
        """Send what will be due then."""
        ahead = later(hours, minutes)
        opener = Opener(self.settings.keys)
        NoticeSender(engine=self.engine, settings=self.settings, opener=opener, clock=ahead).send_due(Event())


def later(hours: int, minutes: int) -> Callable[[], ColumnElement[Any]]:
    """A clock that is ahead."""
    return lambda: func.clock_timestamp() + func.make_interval(0, 0, 0, 0, hours, minutes)
