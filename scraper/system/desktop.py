"""Desktop notifications by the system's own command; without such a command nothing is shown."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scraper.system.environment import clean_environment
from scraper.system.paths import APP

SECONDS = 15
"""Time limit of the system's command."""
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
"""Windows only shows notifications of programs in the start menu, such as PowerShell; `$id` is its entry."""


def notification_command(system: str, title: str, text: str) -> tuple[str, ...]:
    """Return the command that shows a notification; the texts are arguments or variables, never part of a script."""
    match system:
        case "darwin":
            script = [part for line in MACOS for part in ("-e", line)]
            return ("osascript", *script, title, text)
        case "win32":
            return ("powershell", "-NoProfile", "-NonInteractive", "-Command", WINDOWS)
        case _:
            return ("notify-send", f"--app-name={APP}", "--", title, text)


def show_notification(title: str, text: str, environment: Mapping[str, str]) -> bool:
    """Show a notification; return whether the system's command succeeded."""
    program, *arguments = notification_command(sys.platform, title, text)
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
    """Return the address of the user's session bus, a variable that cron jobs lack."""
    if sys.platform in {"darwin", "win32"} or "DBUS_SESSION_BUS_ADDRESS" in environment:
        return {}
    folder = Path(environment.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/bus"} if (folder / "bus").exists() else {}
