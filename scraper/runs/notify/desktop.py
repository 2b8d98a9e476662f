"""A notification on the user's own desktop, by the system's own command; where there is none, nothing happens."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scraper.system.processes import clean_environment

SECONDS = 15
"""How long the system's command may take."""
MACOS = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")
WINDOWS = """
$ErrorActionPreference = 'Stop'
[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] > $null
$kind = [Windows.UI.Notifications.ToastTemplateType]::ToastText02
$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($kind)
$texts = $xml.GetElementsByTagName('text')
$texts.Item(0).AppendChild($xml.CreateTextNode($env:NOTIFY_TITLE)) > $null
$texts.Item(1).AppendChild($xml.CreateTextNode($env:NOTIFY_TEXT)) > $null
$id = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
$toast = [Windows.UI.Notifications.ToastNotification]::new($xml)
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($id).Show($toast)
"""
"""Windows shows notifications of programs with an entry in the start menu only: PowerShell has one."""


def command(system: str, title: str, text: str) -> tuple[str, ...]:
    """The command that shows it there: a text is an argument of its own or a variable, never part of a script."""
    match system:
        case "darwin":
            script = [part for line in MACOS for part in ("-e", line)]
            return ("osascript", *script, title, text)
        case "win32":
            return ("powershell", "-NoProfile", "-NonInteractive", "-Command", WINDOWS)
        case _:
            return ("notify-send", "--app-name=aurion-planning", "--", title, text)


def show(title: str, text: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the system took it."""
    program, *arguments = command(sys.platform, title, text)
    found = shutil.which(program, path=environment.get("PATH"))
    if found is None:
        return False
    try:
        done = subprocess.run(  # noqa: S603 - commands of this module
            [found, *arguments],
            env=clean_environment(environment) | _bus(environment) | {"NOTIFY_TITLE": title, "NOTIFY_TEXT": text},
            check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
        )  # fmt: skip
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _bus(environment: Mapping[str, str]) -> dict[str, str]:
    """Where the user's session listens, which cron does not tell."""
    if sys.platform in {"darwin", "win32"} or "DBUS_SESSION_BUS_ADDRESS" in environment:
        return {}
    folder = Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"} if (folder / "bus").exists() else {}
