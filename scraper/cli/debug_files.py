"""The folder of `--debug` and the file of `--record`."""

from pathlib import Path
from tempfile import NamedTemporaryFile

from scraper.config.path_text import path_fault
from scraper.domain.printable import escape_invisible
from scraper.errors import DeliveryError, SettingsError
from scraper.system.files import create_folders
from scraper.system.paths import expand_user


def debug_folder(given: str | None) -> Path | None:
    """Create the folder for `--debug`. Raise SettingsError if it cannot be written to."""
    if given is None:
        return None
    if (reason := path_fault(given)) and reason != "path-folder":
        raise SettingsError(reason, given=escape_invisible(given))
    folder = expand_user(given)
    try:
        create_folders(folder)
        with NamedTemporaryFile(dir=folder):
            return folder
    except (OSError, ValueError):
        raise SettingsError("debug", given=given) from None


def record_file(given: str | None) -> Path | None:
    """Return the file for `--record`. Raise SettingsError if it cannot be written."""
    if given is None:
        return None
    from scraper.publishing.output_file import file_sink
    from scraper.sinks.file_kind import RECORDING

    if given == "-":  # elsewhere this is standard output
        raise SettingsError("record", given=given)
    sink = file_sink(given, RECORDING)
    try:
        sink.check()
    except DeliveryError as error:
        if error.reason == "not-a-recording":
            raise
        raise SettingsError("record", given=given) from None
    return sink.path
