"""Start the local page when the user logs in to this computer: one file in the folder that the system reads."""

import plistlib
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scraper.system.files import create_folders
from scraper.system.os_errors import translate_state_errors
from scraper.system.paths import APP
from scraper.system.processes import windowless_python

UNQUOTED, ESCAPED = r'(["`$\\])', r"\\\\\1"
"""Characters to escape between quotes in a desktop entry, where a backslash is itself written as two."""
COMMAND = ("-P", "-m", "scraper", "serve", "--no-open")


def autostart_file(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Return the file that starts the page: of launchd, of the Startup folder, or of the XDG autostart folder."""
    if platform == "darwin":
        return Path.home() / "Library" / "LaunchAgents" / f"{APP}-page.plist"
    if platform == "win32":
        roaming = Path(environment.get("APPDATA") or Path.home() / "AppData" / "Roaming")
        return roaming / "Microsoft" / "Windows" / "Start Menu" / "Programs" / "Startup" / f"{APP}.cmd"
    return Path(environment.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "autostart" / f"{APP}.desktop"


def turn_on(environment: Mapping[str, str], platform: str = sys.platform) -> None:
    """Write the file. Raise StateError."""
    path = autostart_file(environment, platform)
    with translate_state_errors(str(path)):
        create_folders(path.parent)
        path.write_text(autostart_text(platform), encoding="utf-8")


def turn_off(environment: Mapping[str, str]) -> None:
    """Delete the file. Raise StateError."""
    path = autostart_file(environment)
    with translate_state_errors(str(path)):
        path.unlink(missing_ok=True)


def is_on(environment: Mapping[str, str]) -> bool:
    """Return whether the file exists."""
    return autostart_file(environment).exists()


def autostart_text(platform: str) -> str:
    """Return the content of the file for that platform."""
    command = [sys.executable, *COMMAND]
    if platform == "darwin":
        agent = {"Label": f"{APP}-page", "ProgramArguments": command, "RunAtLoad": True, "ProcessType": "Background"}
        return plistlib.dumps(agent, sort_keys=False).decode()
    if platform == "win32":
        command[0] = windowless_python(sys.executable)
        return f'@start "" /min {subprocess.list2cmdline(command)}\r\n'
    quoted = " ".join(f'"{re.sub(UNQUOTED, ESCAPED, part).replace("%", "%%")}"' for part in command)
    return f"[Desktop Entry]\nType=Application\nName=Aurion\nExec={quoted}\nTerminal=false\n"
