"""Reasons why a browser or the driver did not start, found in its output."""

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

from scraper.domain.printable import printable
from scraper.errors import BrowserMissing
from scraper.system.system_packages import find_missing_libraries, install_command, package_of

LOGGED = re.compile(r"\[pid=[^\]]*\]\[(?:err|out)\] ?(.*)")
"""A line of the browser's output in Playwright's log."""
STAMP = re.compile(r"^\[\S*?\b(FATAL|ERROR|WARNING|INFO|VERBOSE\d*):[^\]]*\] *")
"""The prefix of a line of Chromium's log: process, time, severity, place in its code."""
LIBRARY = re.compile(r"(?:(/[^\n]*?): )?[Ee]rror (?:while )?loading shared librar(?:y|ies):? ([^:\s]+)")
"""The loader's message, of glibc and of musl: the program and the library that it lacks."""
SANDBOX = re.compile(
    r"no usable sandbox|sandboxing failed|s(?:et)?uid sandbox|move to new namespace|without --no-sandbox"
    r"|sandbox/linux|sandbox_host_linux",
    re.IGNORECASE,
)
POLICY = re.compile(r"remote debugging is disallowed|disallowed by the system admin", re.IGNORECASE)
SPAWN = re.compile(r"Failed to launch: .*\b(E[A-Z0-9]+)\s*$", re.MULTILINE)
ENDED = re.compile(r"process did exit: exitCode=(\w+), signal=(\w+)")
METHOD = re.compile(r"^(?:[A-Z]\w*\.\w+: |Error: )+")
LONGEST = 200
"""The most characters of another program's message that are shown."""
FORBIDDING = {
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "user/max_user_namespaces": ("0", "15000"),
}
"""Linux settings that prevent Chromium's sandbox: the value that does, and one that allows it."""


def clean_message(text: str) -> str:
    """Return another program's text on one line, without escape sequences, control characters and method names."""
    return METHOD.sub("", " ".join(printable(text).splitlines()).strip())


def last_line(lines: list[str]) -> str:
    """Return the most useful line: the missing library, else the last fatal error, error, or line."""
    written = [line for line in map(clean_message, lines) if line]
    grave = [
        [line for line in written if (found := STAMP.match(line)) and found[1] == kind] for kind in ("FATAL", "ERROR")
    ]
    known = [line for line in written if LIBRARY.search(line) or POLICY.search(line) or SANDBOX.search(line)]
    chosen = next((group[-1] for group in (known[:1], *grave, written) if group), "")
    return shorten(STAMP.sub("", chosen))


def shorten(text: str) -> str:
    """Return the text; where it is too long, its first sentences, or as many words as fit."""
    if len(text) <= LONGEST:
        return text
    start = text[:LONGEST]
    whole = re.match(r".*[.!?](?= )", start)
    return whole[0] if whole else f"{start.rpartition(' ')[0] or start}…"


def launch_error(path: Path, message: str, seconds: float, system: Path = Path("/proc/sys")) -> BrowserMissing:
    """Return the reason for Playwright's message; its log contains the browser's output."""
    detail = last_line(LOGGED.findall(message))
    facts = {"path": str(path), "detail": detail}
    if POLICY.search(message):
        return BrowserMissing("policy", **facts)
    if missing := find_missing_library(message):
        return BrowserMissing("package" if missing["package"] else "library", **facts, **missing)
    if SANDBOX.search(message):
        setting = find_forbidding_setting(system)
        return BrowserMissing("sandbox-forbidden" if setting else "sandbox", **facts, **setting)
    if found := SPAWN.search(message):
        return BrowserMissing("refused", path=str(path), detail=_os_error_text(found[1]))
    if re.search(r"Timeout \d+ms exceeded", message):
        return BrowserMissing("slow", **facts, seconds=round(seconds))
    if detail:
        return BrowserMissing("start", **facts)
    found = ENDED.search(message)
    return BrowserMissing(
        "silent", path=str(path), code=(found[2] if found[1] == "null" else found[1]) if found else ""
    )


def find_missing_library(text: str) -> dict[str, str]:
    """Return the libraries that a program lacks, with their packages and the install command; {} where none.

    The loader names only the first one; the others are looked up. `package` is empty where none is known.
    """
    found = LIBRARY.search(text)
    if found is None:
        return {}
    libraries = dict.fromkeys((found[2], *(find_missing_libraries(Path(found[1])) if found[1] else ())))
    package = " ".join(dict.fromkeys(filter(None, map(package_of, libraries))))
    command = install_command(package) if package else ""
    return {"library": ", ".join(libraries), "package": package, "command": command}


def find_forbidding_setting(system: Path = Path("/proc/sys")) -> Mapping[str, str]:
    """Return the Linux setting that prevents the sandbox: its name, value, and an allowed value; {} where none."""
    for name, (forbids, allows) in FORBIDDING.items():
        try:
            if (system / name).read_text().strip() == forbids:
                return {"setting": name.replace("/", "."), "value": forbids, "allowing": allows}
        except OSError:
            continue
    return {}


def _os_error_text(code: str) -> str:
    number = getattr(errno, code, None)
    return os.strerror(number) if number else code
