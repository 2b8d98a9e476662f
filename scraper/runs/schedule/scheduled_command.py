"""The command that the timer runs, with its environment variables and the folders that it writes to."""

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from scraper.errors import ScheduleError
from scraper.runs.worker import command_line

BOUND = timedelta(minutes=45)
"""Time limit of a run, after which it is killed with its browser."""
EXPORT = ("export", "--all", "--unattended")
CARRIED = (
    *("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_DOWNLOAD_DIR"),
    *("LANG", "LC_ALL", "LC_MESSAGES", "TZ", "PYTHONPATH", "PLAYWRIGHT_BROWSERS_PATH", "PYTHON_KEYRING_BACKEND"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "XDG_CURRENT_DESKTOP"),
)
PATHS = (
    "AURION_OUTPUT",
    "AURION_BROWSER",
    "AURION_CA_FILE",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
NOT_CARRIED = ("AURION_VISIBLE", "AURION_GOOGLE_CLIENT_SECRET")
SECRET_NAME = re.compile(r"AURION_.*(PASS|NOTIFY|TOKEN|SECRET)")
SECRET_VALUE = re.compile(r"://[^/\s]*@")
PROXY_NAME = re.compile(r".*_PROXY", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledCommand:
    """The command of an unattended run: interpreter, variables, folders that it may write to; all paths are absolute.

    `state` is the state folder.
    """

    python: str
    state: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    writable: tuple[Path, ...] = ()

    @property
    def home(self) -> Path:
        """The command's working folder: the user's home, which exists before the program's folders."""
        return Path(self.environment.get("HOME") or Path.home())

    @property
    def command(self) -> tuple[str, ...]:
        """The unattended export."""
        return command_line(*EXPORT, python=self.python)


def scheduled_command(environment: Mapping[str, str], state: Path, writable: Iterable[Path]) -> ScheduledCommand:
    """Return the command with the relevant variables of the environment.

    Raise ScheduleError if a variable holds a secret or cannot be written to a timer's file.
    """
    carried = {name: environment[name] for name in sorted(environment) if _is_carried(name) and environment[name]}
    for name in secret_variables(environment):
        raise ScheduleError(_secret(name, carried[name]), name=name)
    carried |= {name: _absolute_path(carried[name]) for name in PATHS if name in carried}
    if "PYTHONPATH" in carried:
        carried["PYTHONPATH"] = os.pathsep.join(map(_absolute_path, carried["PYTHONPATH"].split(os.pathsep)))
    folders = tuple(dict.fromkeys((state, *(Path(_absolute_path(str(folder))) for folder in writable))))
    for name, value in {**carried, "python": sys.executable, "path": "".join(map(str, folders))}.items():
        if CONTROL.search(value):
            raise ScheduleError("control", name=name)
    if not sys.executable:
        raise ScheduleError("python")
    return ScheduledCommand(python=sys.executable, state=state, environment=carried, writable=folders)


def secret_variables(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables that an export needs and a timer's file must not contain."""
    carried = (name for name in sorted(environment) if _is_carried(name) and environment[name])
    return tuple(name for name in carried if _secret(name, environment[name]))


def without_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without a secret: those that a timer's file may contain."""
    return {name: value for name, value in environment.items() if not _secret(name, value)}


def _secret(name: str, value: str) -> str:
    """Return the reason why a timer's file must not contain the variable, "" if it may."""
    if PROXY_NAME.fullmatch(name) and "@" in value:
        return "secret-proxy"
    return "secret" if SECRET_NAME.match(name) or SECRET_VALUE.search(value) else ""


def _is_carried(name: str) -> bool:
    return (name in CARRIED or name.startswith("AURION_")) and name not in NOT_CARRIED


def _absolute_path(path: str) -> str:
    """Return the absolute path: the timer runs in another current folder."""
    return path if path == "-" else os.path.abspath(os.path.expanduser(path))  # noqa: PTH100, PTH111 - keeps symlinks
