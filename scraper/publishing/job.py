"""One account's part of a run: who, which days, into which calendars."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from scraper.errors import CredentialsMissing
from scraper.i18n import Catalogue

if TYPE_CHECKING:
    from scraper.config.settings.model import Settings

if TYPE_CHECKING:
    from scraper.config.account import Account
    from scraper.config.outputs import Output
    from scraper.config.settings.model import Settings
    from scraper.domain.planning import Period
    from scraper.domain.school import School
    from scraper.ical.entry import Client
    from scraper.publishing.target import CalendarTarget
    from scraper.sinks.sink import Sink


def at_once() -> None:
    """Nothing to do before a calendar takes the old one's place."""


def pushed(output: "Output", account: str) -> "Sink":
    """Where a calendar goes that is a server's: with the password that is kept; nobody is asked for it."""
    from scraper.publishing.caldav_accounts import sink_with_kept_password  # noqa: PLC0415 - only where there is one

    return sink_with_kept_password(output, account)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """One account's part of a run. `past` is how long lessons that are over stay, as the settings say it.

    `feeds` are clients for which the feed shall have a calendar, besides those that are subscribed. `before_swap` is
    called just before a new calendar takes the old one's place; `hold` keeps changes back until a person's word; `push`
    gives the way to a server's calendar.
    """

    account: "Account"
    period: "Period"
    outputs: "Sequence[Output]"
    past: str | int
    feeds: "tuple[Client | Literal[''], ...]" = ()
    before_swap: Callable[[], None] = at_once
    hold: bool = False
    push: "Callable[[Output, str], Sink]" = pushed

    @property
    def is_pushed(self) -> bool:
        """Whether a calendar goes to a server."""
        return any(output.caldav for output in self.outputs)

    @property
    def is_piped(self) -> bool:
        """Whether a calendar goes to standard output."""
        return any(output.path == "-" for output in self.outputs)

    @property
    def targets(self) -> "tuple[CalendarTarget, ...]":
        """Its calendars."""
        return self.targets_for(self.outputs)

    def targets_for(self, outputs: "Iterable[Output]") -> "tuple[CalendarTarget, ...]":
        """Calendars of this account's that go there."""
        return targets_of(
            outputs, self.account.school, self.past, self.account.name, before_swap=self.before_swap, push=self.push
        )  # fmt: skip


def job_of(
    settings: "Settings",
    school: "School",
    login: str,
    *,
    name: str = "",
    debug: Path | None = None,
    before_swap: Callable[[], None] = at_once,
) -> ExportJob:
    """What these settings ask for. Raises SettingsError."""
    from scraper.config.account import account_from  # noqa: PLC0415 - imported while a browser starts
    from scraper.config.outputs import outputs_of  # noqa: PLC0415 - likewise
    from scraper.config.settings.loading import period_of  # noqa: PLC0415 - likewise

    password = settings.password.get_secret_value() if settings.password else ""
    return ExportJob(
        account=account_from(settings, school, login=login, password=password, name=name, debug=debug),
        period=period_of(settings, datetime.now(UTC).astimezone(school.zone).date()),
        outputs=outputs_of(settings),
        past=settings.past,
        before_swap=before_swap,
        hold=settings.publish == "review",
    )


def targets_of(
    outputs: "Iterable[Output]",
    school: "School",
    past: str | int,
    account: str = "",
    *,
    before_swap: Callable[[], None] = at_once,
    push: "Callable[[Output, str], Sink]" = pushed,
) -> "tuple[CalendarTarget, ...]":
    """The calendars of a run."""
    from scraper.ical.entry import RenderOptions  # noqa: PLC0415 - likewise
    from scraper.publishing.target import CalendarTarget, title_of  # noqa: PLC0415 - likewise

    targets = []
    for output in outputs:
        sink = push(output, account) if output.caldav else sink_of(output.path or None, account, before_swap)
        words = Catalogue(output.language)
        look = RenderOptions(
            zone=school.zone, words=words, kinds=school.kinds, client=output.client, alarms=output.alarms,
            exam_alarms=output.exam_alarms,
        )  # fmt: skip
        targets.append(
            CalendarTarget(
                sink=sink, output=ledger_name(output, account), look=look,
                title=output.name or title_of(school, words), rules=output.rules,
                past=None if isinstance(past, str) else past,
            )
        )  # fmt: skip
    return tuple(targets)


def sink_of(output: str | None, account: str = "", before_swap: Callable[[], None] = at_once) -> "Sink":
    """Where the calendar goes: `-` is standard output, nothing given the user's Downloads folder."""
    from scraper.config.settings.loading import default_output  # noqa: PLC0415 - a browser starts meanwhile
    from scraper.publishing.output_file import file_sink  # noqa: PLC0415 - a browser starts meanwhile
    from scraper.sinks.stdout import standard_output  # noqa: PLC0415 - a browser starts meanwhile

    if output == "-":
        return standard_output()
    return file_sink(str(default_output(account or None)) if output is None else output, before_swap=before_swap)


def ledger_name(output: "Output", account: str = "") -> str:
    """The address, or the file meant, whatever links lead to it; as text also where its name is none."""
    if output.caldav or output.path == "-":
        return output.caldav or "-"
    file = os.path.realpath(sink_of(output.path or None, account).name)
    return os.fsencode(file).decode("utf-8", "backslashreplace")


def job_for_account(
    name: str,
    environment: Mapping[str, str],
    options: Mapping[str, object] | None = None,
    *,
    debug: Path | None = None,
    before_swap: Callable[[], None] = at_once,
) -> ExportJob:
    """The job of that account; of none (""), the one that variables and general settings tell of.

    Raises SettingsError, CredentialsMissing where they name no login.
    """
    from scraper.config.accounts import account_named, require_school  # noqa: PLC0415 - likewise
    from scraper.config.settings.loading import load_settings  # noqa: PLC0415 - likewise

    if name:
        named = account_named(name, environment, options)
        settings, school, login = named.settings, named.school, named.login
    else:
        settings = load_settings(options or {}, environment)
        school, login = require_school(settings), settings.login or ""
        if not login:
            raise CredentialsMissing("login", school=school.name)
    return job_of(settings, school, login, name=name, debug=debug, before_swap=before_swap)
