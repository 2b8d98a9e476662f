"""The outputs of a run: the settings' `[[outputs]]`, completed by the general settings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from scraper.config.configuration import Config
from scraper.config.default_output import DEFAULT_FILE, default_output
from scraper.config.settings.model import Settings
from scraper.config.settings.table_schema import ALARMS, OutputTable, RuleTable, format_place
from scraper.config.settings.validation import real_path
from scraper.domain.choices import Client, Language
from scraper.domain.rules import Rule
from scraper.domain.sink_kind import Destination
from scraper.domain.sink_kinds import SINK_KINDS
from scraper.errors import SettingsError


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One calendar of a run.

    `path` is the file as the user wrote it (`~` not expanded), `-` for standard output, empty for `default_file` in the
    Downloads folder.
    `destination` is the calendar at a service, if it is pushed to one. `client` is the calendar program: any, google,
    apple, outlook or thunderbird. `name` is the calendar's name, empty for the default. `alarms` are the times of
    reminders before the start of a lesson, `exam_alarms` before that of an exam, `first_lesson_alarms` before the
    first lesson of a day. `rules` are the general rules, then the output's own.
    """

    path: str = ""
    default_file: str = DEFAULT_FILE
    destination: Destination | None = None
    client: Client = "any"
    language: Language = "fr"
    name: str = ""
    alarms: tuple[timedelta, ...] = ()
    exam_alarms: tuple[timedelta, ...] = ()
    first_lesson_alarms: tuple[timedelta, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def file(self) -> str:
        """The calendar's file, `-` for standard output. Raise SettingsError("downloads")."""
        return self.path or str(default_output(self.default_file))


def load_outputs(config: Config, account: str) -> tuple[Output, ...]:
    """Return the outputs of the account ("": of the general settings). Raise SettingsError."""
    return outputs_of(config.settings(account or None), config.default_file(account))


def outputs_of(settings: Settings, default_file: str = DEFAULT_FILE) -> tuple[Output, ...]:
    """Return the outputs of a run, at least one: the single `output`, or `[[outputs]]`, or the default file.

    `default_file` is the account's name for it (`Config.default_file`). Raise SettingsError("same-path") if two outputs
    have the same destination.
    """
    if settings.output is not None or not settings.outputs:
        return (_merge_output(OutputTable.model_construct(path=settings.output), settings, default_file),)
    _refuse_same_paths([output.place for output in settings.outputs])
    return tuple(_merge_output(output, settings, default_file) for output in settings.outputs)


def files_of(outputs: Iterable[Output]) -> tuple[str, ...]:
    """Return the calendar files; `-` is standard output. Raise SettingsError("downloads")."""
    files = (output.file for output in outputs if not output.destination)
    return tuple(file if file == "-" else str(Path(file).expanduser()) for file in files)


def destinations_of(settings: Settings) -> tuple[Destination, ...]:
    """Return the calendars at services. Raise SettingsError as `outputs_of` does."""
    return tuple(output.destination for output in outputs_of(settings) if output.destination)


def _merge_output(output: OutputTable, settings: Settings, default_file: str) -> Output:
    destination = output.destination
    client = SINK_KINDS[destination.kind].client if destination else None
    return Output(
        path=output.path or "",
        default_file=default_file,
        destination=destination,
        client=output.client or client or settings.client,
        language=output.language or settings.language,
        name=output.name,
        rules=rules_of((*settings.rules, *output.rules)),
        **{name: getattr(settings if getattr(output, name) is None else output, name) for name in ALARMS},
    )


def rules_of(tables: Iterable[RuleTable]) -> tuple[Rule, ...]:
    """Return the rules of these tables."""
    return tuple(Rule(**table.model_dump()) for table in tables)


def _refuse_same_paths(paths: list[str]) -> None:
    files = [path if path == "-" else Path(real_path(path)) for path in paths]
    for index, file in enumerate(files):
        if file in files[:index]:
            first = files.index(file)
            raise SettingsError(
                "same-path",
                place=format_place(("outputs", index)),
                other=format_place(("outputs", first)),
                given=paths[index],
            )
