"""What all requests to the service's pages share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from scraper.config.schools.school_files import load_school
from scraper.domain.school import School
from scraper.hosting.channels import Channels
from scraper.hosting.feeds import FeedWriter
from scraper.hosting.keys import WebKeys
from scraper.hosting.service_settings import HostingSettings
from scraper.hosting.students import Students
from scraper.hosting.turns import Turns
from scraper.hosting.web.attempts import Attempts
from scraper.hosting.web.browser_sessions import BrowserSessions
from scraper.hosting.web.sign_ins import SignIns
from scraper.web.pages.server_state import ServerState

TRIES, TRIES_PERIOD = 5, timedelta(minutes=1)
"""The sign-ins that a network address may try in a period."""
LOGIN_TRIES, LOGIN_PERIOD = 10, timedelta(hours=1)
"""The same for a login, from all addresses together: schools lock accounts after too many wrong passwords.

Each browser in which the login was accepted before has as many of its own.
"""
TESTS, TESTS_PERIOD = 5, timedelta(hours=1)
"""The test notifications of a student."""


@dataclass(slots=True, kw_only=True)
class HostedState(ServerState):
    """The state of the service's web tier: database, keys and limits, beside what the local page has.

    `admins` are the login digests of the administrators, `registry` has the metrics of this process.
    """

    settings: HostingSettings
    engine: Engine = field(repr=False)
    keys: WebKeys = field(repr=False)
    sign_ins: SignIns
    turns: Turns
    feeds: FeedWriter
    registry: CollectorRegistry = field(repr=False)
    sessions: BrowserSessions = field(init=False)
    students: Students = field(init=False)
    tries: Attempts = field(init=False)
    login_tries: Attempts = field(init=False)
    tests: Attempts = field(init=False)
    channels: Channels = field(init=False)
    admins: frozenset[bytes] = field(init=False)
    schools: Mapping[str, School] = field(init=False)

    def __post_init__(self) -> None:
        """Create the parts that depend on the database and the clock."""
        ServerState.__post_init__(self)
        if self.is_secure:
            # With this prefix, browsers accept the cookie only over https, for this host alone and all of its paths:
            # no other host of the domain and no other path can set one.
            self.cookie_name = f"__Host-{self.cookie_name}"
        self.sessions = BrowserSessions(self.engine, self.keys)
        self.students = Students(self.engine)
        self.tries = Attempts(engine=self.engine, most=TRIES, period=TRIES_PERIOD)
        self.login_tries = Attempts(engine=self.engine, most=LOGIN_TRIES, period=LOGIN_PERIOD)
        self.tests = Attempts(engine=self.engine, most=TESTS, period=TESTS_PERIOD)
        self.channels = Channels(self.engine, self.sign_ins.sealer)
        admins = (one.partition("/") for one in self.settings.admins)
        self.admins = frozenset(self.keys.login_digest(school, login) for school, _, login in admins)
        self.schools = {one: load_school(one) for one in self.settings.schools}

    @property
    def known_browser_name(self) -> str:
        """The name of the cookie of a browser that is known for a login."""
        return f"{self.cookie_name}-known"

    @property
    def is_secure(self) -> bool:
        """Whether the public address is encrypted: then the cookie is sent nowhere else."""
        return urlsplit(self.settings.address).scheme == "https"
