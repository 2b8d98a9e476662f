"""The password is neither in the files nor in the output and processes of a run."""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from scraper.demo import LOGIN, Control, Demo, DemoUser, Fault, Variant

CANARY = 'Zq7é%+&"< canary/9'
FORMS = {
    CANARY,
    quote(CANARY, safe=""),
    quote_plus(CANARY),
    escape(CANARY),
    base64.b64encode(CANARY.encode()).decode().rstrip("="),
    CANARY.replace('"', '\\"'),
    json.dumps(CANARY)[1:-1],
}


@pytest.fixture
def demo() -> Iterator[Demo]:
    """Start a portal that responds slowly enough to inspect the processes."""
    users = {LOGIN: DemoUser(password=CANARY, name="Prénom NOM")}
    with Demo(variant=Variant(users=users), control=Control(latency={"home": 500})) as portal:
        yield portal


def run(demo: Demo, home: Path, *options: str) -> tuple[subprocess.CompletedProcess[bytes], bytes]:
    """Export, and return the arguments of its processes and the environments of its child processes."""
    command = [
        sys.executable,
        "-m",
        "scraper",
        "export",
        "--url",
        demo.url,
        "--login",
        LOGIN,
        "--timeout",
        "10",
        "--months",
        "1",
    ]
    logging = {"DEBUG": "pw:*", "DEBUGP": "1", "PWDEBUG": "console", "npm_config_debug": "pw:*"}
    out, err, seen = home / "out", home / "err", b""
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*command, "--output", str(home / "planning.ics"), *options],
            env={**os.environ, "AURION_PASSWORD": CANARY, **logging}, stdout=stdout, stderr=stderr,
        )  # fmt: skip
        try:
            until = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < until:
                seen += b"".join(children_of(process.pid))
                time.sleep(0.1)
        finally:
            process.kill()
            process.wait(timeout=100)
    return subprocess.CompletedProcess(command, process.returncode, out.read_bytes(), err.read_bytes()), seen


def children_of(parent: int) -> Iterator[bytes]:
    """Return the arguments of all descendants, and their environments."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
    for pid in parents:
        above = pid
        while above in parents and above != parent:
            above = parents[above]
        if above == parent:
            with suppress(OSError):
                yield (arguments := Path(f"/proc/{pid}/cmdline").read_bytes())
                if arguments != Path(f"/proc/{parent}/cmdline").read_bytes():  # else a fork before its program
                    yield Path(f"/proc/{pid}/environ").read_bytes()


def forms_in(data: bytes) -> list[str]:
    """Return the forms of the password in the data."""
    return [form for form in FORMS if form.encode() in data]


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc, which only Linux has")
@pytest.mark.parametrize("fault", [None, Fault(parameter=".*_start", status=500)], ids=["well", "failing"])
def test_password_is_in_no_file_output_or_process(demo: Demo, home: Path, fault: Fault | None) -> None:
    """It is in no file, screenshot's page, output, argument or child's environment, also with DEBUG set."""
    demo.control.faults = (fault,) if fault else ()
    done, seen = run(demo, home, "--debug", str(home / "debug"), "--record", str(home / "rec.json"))
    assert done.returncode == (5 if fault else 0), done.stderr
    assert b"chrom" in seen
    assert not forms_in(seen)
    assert not forms_in(done.stdout + done.stderr)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"rec.json", "01-first.png", "01-first.html"} <= {path.name for path in files}
    assert not [(path.name, found) for path in files if (found := forms_in(path.read_bytes()))]
    if not fault:  # a failed run keeps no session
        assert_no_session_in_pages(home)


def assert_no_session_in_pages(home: Path) -> None:
    """The pages beside the screenshots and the recording contain neither view state nor session."""
    sessions = [path.read_text() for path in home.rglob("sessions/*.json")]
    cookie = sessions[0].split('"value": "')[1].split('"')[0]
    for path in (*(home / "debug").glob("*.html"), home / "rec.json"):
        text = path.read_text(encoding="utf-8")
        assert cookie not in text, path.name
        assert 'name="javax.faces.ViewState" id="j_id1:javax.faces.ViewState:0" value="-' not in text
    assert LOGIN not in (home / "rec.json").read_text(encoding="utf-8")
