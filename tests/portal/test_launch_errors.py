"""The reason why a browser does not start, from Playwright's log and the browser's own output."""

from pathlib import Path

from scraper.portal.launch_errors import LONGEST, clean_message, find_forbidding_setting, launch_error, shorten
from tests.cases import for_each

LOG = """BrowserType.launch: Target page, context or browser has been closed
Browser logs:

<launching> /opt/x --headless --user-data-dir=/tmp/p
<launched> pid=7
{lines}
Call log:
  - <launching> /opt/x --headless --user-data-dir=/tmp/p
  - <launched> pid=7
{call}
  - [pid=7] <gracefully close start>
  - [pid=7] <process did exit: exitCode={code}, signal={signal}>
  - [pid=7] <gracefully close end>
"""
SLOW = """BrowserType.launch: Timeout 8000ms exceeded.
Call log:
  - <launching> /opt/x --headless
  - <launched> pid=7
"""
STAMP = "[7:7:1129/104700.123456:{}:content/browser/x.cc:12] "


def log(*lines: str, code: str = "1", signal: str = "null") -> str:
    """Return Playwright's error for a browser that wrote these lines and ended."""
    written = [f"[pid=7][err] {line}" for line in lines]
    return LOG.format(
        lines="\n".join(written), call="\n".join(f"  - {line}" for line in written), code=code, signal=signal
    )


def seen(message: str, system: Path = Path("/nowhere")) -> tuple[str, str]:
    """Return the reason and the browser's message."""
    error = launch_error(Path("/opt/x"), message, 60, system)
    assert error.facts["path"] == "/opt/x"
    return error.reason, str(error.facts.get("detail", ""))


@for_each(
    ("lines", "reason", "detail"),
    [
        (["/opt/x: error while loading shared libraries: libfoo.so.9: cannot open shared object file"], "library",
         "/opt/x: error while loading shared libraries: libfoo.so.9: cannot open shared object file"),
        ([STAMP.format("FATAL") + "No usable sandbox!"], "sandbox", "No usable sandbox!"),
        (["The setuid sandbox is not running as root.", "Trace/breakpoint trap"], "sandbox",
         "The setuid sandbox is not running as root."),
        ([STAMP.format("FATAL") + 'Check failed: sys_chroot("/proc/self/fdinfo/") == 0',
          "Failed to move to new namespace: PID namespaces supported"], "sandbox",
         "Failed to move to new namespace: PID namespaces supported"),
        (["DevTools remote debugging is disallowed by the system admin."], "policy",
         "DevTools remote debugging is disallowed by the system admin."),
        (["Warning: x", STAMP.format("ERROR") + "Missing X server or $DISPLAY",
          STAMP.format("ERROR") + "The platform failed to initialize.  Exiting.", "#0 0x55", "[0x1]"], "start",
         "The platform failed to initialize.  Exiting."),
        ([STAMP.format("ERROR") + "dbus", STAMP.format("FATAL") + "out of memory", "#0 0x55"], "start",
         "out of memory"),
        (["ls: unrecognized option '--headless'", "Try 'ls --help' for more information."], "start",
         "Try 'ls --help' for more information."),
        (["\x1b[31mred\x1b[0m \x1b]0;title\x07word\x08\u202e"], "start", "red word"),
        (["one\rtwo"], "start", "one two"),
    ],
)  # fmt: skip
def test_output_of_the_browser_decides_the_reason(lines: list[str], reason: str, detail: str) -> None:
    """The line with the error decides the reason, and is shown without time stamps and escape sequences."""
    assert seen(log(*lines)) == (reason, detail)


@for_each(
    ("message", "reason", "facts"),
    [
        (log(code="3"), "silent", {"code": "3"}),
        (log(code="null", signal="SIGSEGV"), "silent", {"code": "SIGSEGV"}),
        ("BrowserType.launch: Target page, context or browser has been closed", "silent", {"code": ""}),
        (SLOW, "slow", {"detail": "", "seconds": 60}),
        (SLOW + "  - [pid=7][err] Waiting for a licence.\n", "slow",
         {"detail": "Waiting for a licence.", "seconds": 60}),
        (SLOW + "  - [pid=7][err] DevTools remote debugging is disallowed by the system admin.\n", "policy",
         {"detail": "DevTools remote debugging is disallowed by the system admin."}),
        ("BrowserType.launch: Failed to launch: Error: spawn /opt/x ENOENT\nCall log:\n", "refused",
         {"detail": "No such file or directory"}),
        ("BrowserType.launch: Failed to launch: Error: spawn EACCES\nCall log:\n", "refused",
         {"detail": "Permission denied"}),
    ],
)  # fmt: skip
def test_browser_without_output_is_reported_by_its_end(message: str, reason: str, facts: dict[str, object]) -> None:
    """An exit code, a signal, an error of the system, or a time-out."""
    error = launch_error(Path("/opt/x"), message, 60)
    assert (error.reason, error.facts) == (reason, {"path": "/opt/x", **facts})


@for_each(
    ("name", "value", "expected"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1\n",
         {"setting": "kernel.apparmor_restrict_unprivileged_userns", "value": "1", "allowing": "0"}),
        ("kernel/unprivileged_userns_clone", "0\n",
         {"setting": "kernel.unprivileged_userns_clone", "value": "0", "allowing": "1"}),
        ("user/max_user_namespaces", "0\n",
         {"setting": "user.max_user_namespaces", "value": "0", "allowing": "15000"}),
        ("user/max_user_namespaces", "512\n", {}),
        ("kernel/apparmor_restrict_unprivileged_userns", "0\n", {}),
    ],
)  # fmt: skip
def test_system_setting_that_forbids_the_sandbox_is_named(
    name: str, value: str, expected: dict[str, str], tmp_path: Path
) -> None:
    """The error contains the value that allows the sandbox; other values have the browser's own message."""
    system = tmp_path / f"{name}={value}".strip()
    (system / name).parent.mkdir(parents=True)
    (system / name).write_text(value)
    assert find_forbidding_setting(system) == expected
    refused = log(STAMP.format("FATAL") + "No usable sandbox!", code="null", signal="SIGTRAP")
    assert seen(refused, system)[0] == ("sandbox-forbidden" if expected else "sandbox")


def test_clean_message_has_no_names_of_playwright() -> None:
    """Users do not know Page.wait_for_timeout."""
    assert clean_message("Page.wait_for_timeout: Page crashed") == "Page crashed"
    assert clean_message("Page.goto: Error: net::ERR_FAILED") == "net::ERR_FAILED"


def test_shorten_ends_at_a_sentence_or_a_word() -> None:
    """A message ends after its first sentence, or at a word, and has a maximum length."""
    helper = "The SUID sandbox helper binary was found, but is not configured correctly. "
    assert shorten(helper + "x " * 200) == helper.strip()
    assert shorten("word " * 100) == "word " * 39 + "word…"
    assert shorten("x" * 1000) == "x" * LONGEST + "…"
    assert shorten("No usable sandbox!") == "No usable sandbox!"
