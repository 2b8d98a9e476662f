"""The job of a run: one account, the days to export, and the calendars to write."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from scraper.config.accounts import load_account, require_school
from scraper.config.configuration import Config
from scraper.config.export_period import period_of
from scraper.config.outputs import Output, outputs_of
from scraper.config.portal_account import Account, build_account
from scraper.config.settings.model import Settings
from scraper.domain.planning import Period
from scraper.domain.school import School
from scraper.domain.sink_kind import Destination
from scraper.errors import CredentialsMissing
from scraper.i18n import Catalogue
from scraper.ical.entry import RenderOptions
from scraper.publishing.destinations import open_destination
from scraper.publishing.feeds.feed_files import FeedCalendar
from scraper.publishing.output_file import file_sink
from scraper.publishing.target import CalendarTarget, calendar_title
from scraper.sinks.sink import Sink, do_nothing
from scraper.sinks.stdout import standard_output


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """One account's part of a run. `past` is how long past lessons stay, as in the settings.

    `config` has the run's options. `feeds` are calendars to write in addition to those of the subscribers.
    `before_swap` is called just before a new calendar replaces the old one. With `review`, changes wait for the user's
    approval. `push` returns the sink of a calendar at a service, by default with its stored password and no prompt.
    """

    config: Config = field(repr=False)
    account: Account
    period: Period
    outputs: Sequence[Output]
    past: str | int
    feeds: tuple[FeedCalendar, ...] = ()
    before_swap: Callable[[], None] = do_nothing
    review: bool = False
    push: Callable[[Destination, str, Config], Sink] = open_destination

    @property
    def is_pushed(self) -> bool:
        """Whether a calendar goes to a service."""
        return any(output.destination for output in self.outputs)

    @property
    def is_piped(self) -> bool:
        """Whether a calendar goes to standard output."""
        return any(output.path == "-" for output in self.outputs)

    @property
    def targets(self) -> tuple[CalendarTarget, ...]:
        """The calendars of the job."""
        return self.targets_for(self.outputs)

    def targets_for(self, outputs: Iterable[Output]) -> tuple[CalendarTarget, ...]:
        """Return this account's calendars for the given outputs."""
        return tuple(map(self._target, outputs))

    def _target(self, output: Output) -> CalendarTarget:
        school, words = self.account.school, Catalogue(output.language)
        if output.destination:
            sink = self.push(output.destination, self.account.name, self.config)
        else:
            sink = build_sink(output.file, self.before_swap)
        options = RenderOptions(
            zone=school.zone, words=words, kinds=school.kinds, client=output.client, alarms=output.alarms,
            exam_alarms=output.exam_alarms, first_lesson_alarms=output.first_lesson_alarms,
        )  # fmt: skip
        return CalendarTarget(
            sink=sink, output=ledger_name(output), options=options, title=output.name or calendar_title(school, words),
            rules=output.rules, past=None if isinstance(self.past, str) else self.past,
        )  # fmt: skip


def build_job(
    settings: Settings,
    school: School,
    login: str,
    config: Config,
    *,
    name: str = "",
    debug: Path | None,
    before_swap: Callable[[], None],
) -> ExportJob:
    """Build the job that the settings describe. Raise SettingsError."""
    password = settings.password.get_secret_value() if settings.password else ""
    return ExportJob(
        config=config,
        account=build_account(settings, school, config.state, login=login, password=password, name=name, debug=debug),
        period=period_of(settings, datetime.now(UTC).astimezone(school.zone).date()),
        outputs=outputs_of(settings, config.default_file(name)),
        past=settings.past,
        before_swap=before_swap,
        review=settings.publish == "review",
    )


def build_sink(path: str, before_swap: Callable[[], None] = do_nothing) -> Sink:
    """Return the sink of a path: `-` is standard output."""
    return standard_output() if path == "-" else file_sink(path, before_swap=before_swap)


def ledger_name(output: Output) -> str:
    """Return the output's name in the ledger: its address, or the real path of its file, links resolved.

    Bytes of the path that are not UTF-8 are written as escapes.
    """
    if output.destination:
        return output.destination.address
    if output.path == "-":
        return "-"
    file = os.path.realpath(build_sink(output.file).name)
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def job_for_account(
    name: str,
    config: Config,
    *,
    debug: Path | None = None,
    before_swap: Callable[[], None] = do_nothing,
) -> ExportJob:
    """Build the job of the named account; for "", of the environment variables and general settings.

    Raise SettingsError, or CredentialsMissing where no login is set.
    """
    if name:
        named = load_account(name, config)
        settings, school, login = named.settings, named.school, named.login
    else:
        settings = config.settings()
        school, login = require_school(settings), settings.login or ""
        if not login:
            raise CredentialsMissing("login", school=school.name)
    return build_job(settings, school, login, config, name=name, debug=debug, before_swap=before_swap)
