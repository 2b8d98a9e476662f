"""Kinds of files, recognised by their first bytes: a file is overwritten only by one of the same kind."""

import re
from dataclasses import dataclass
from pathlib import Path

from scraper.errors import SinkRefused

HEAD = 4096


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file that this program writes; `begins` matches its first bytes.

    `mode` are the permissions of a new file, as far as the umask allows them.
    """

    name: str
    begins: re.Pattern[bytes]
    mode: int = 0o666

    def check_replaceable(self, path: Path) -> None:
        """Raise SinkRefused unless the file at `path` is empty or of this kind; OSError if it is unreadable."""
        with path.open("rb") as file:
            head = file.read(HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
            if not self.begins.match(head) and (head or file.read(1)):
                raise SinkRefused(f"not-a-{self.name}", path=str(path))


CALENDAR = FileKind("calendar", re.compile(rb"BEGIN:VCALENDAR", re.IGNORECASE))
RECORDING = FileKind("recording", re.compile(rb'\{\s*"format"\s*:'), mode=0o600)
"""A recording or a report."""
BACKUP = FileKind("backup", re.compile(rb"-----BEGIN AGE ENCRYPTED FILE-----"), mode=0o600)
SCHOOL = FileKind("new-file", re.compile(rb"(?!)"))
"""A school file: never overwritten, since a user has filled it in."""
