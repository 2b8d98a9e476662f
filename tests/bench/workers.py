"""What a worker and the feeds of a service cost: `python -m tests.bench.workers [--accounts N]`, on the demo portal.

Each figure is a ratio of two things that were measured in turn, so that a slow machine is slow for both.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from statistics import linear_regression, mean, median
from tempfile import TemporaryDirectory
from time import monotonic
from uuid import uuid4

import psutil
from dateutil.relativedelta import relativedelta

from scraper.config.schools.school_files import school_at
from scraper.demo import Demo
from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.hosting.feeds import FOLDER, feed_path
from scraper.hosting.shared_browser import PortalAccess, SharedBrowser, memory_of
from tests.bench.feeds import can_measure, milliseconds, nginx
from tests.hosting.demo_students import PARIS, demo_of, login_of, password_of
from tests.hosting.nginx import free_port, running_nginx, write_configuration

STUDENTS, PAIRS, SHARED_IN_A_PAIR = 50, 5, 10
ACCOUNTS = 1000
MONDAY = datetime(2026, 3, 2, 8, tzinfo=PARIS)
PERIOD = Period(first=date(2026, 3, 2), last=date(2026, 3, 2) + relativedelta(months=6))
LEAST_RATIO, MOST_SLOPE, MOST_BESIDE = 5, 0.05, 1.5


def access(demo: Demo, number: int) -> PortalAccess:
    """The access of a student, without limits."""
    one = number % STUDENTS + 1
    return PortalAccess(
        school=school_at(demo.url), credentials=Credentials(login=login_of(one), password=password_of(one)),
        throttle=lambda: 0, on_verdict=lambda _: None,
    )  # fmt: skip


def export(demo: Demo, number: int, folder: Path) -> None:
    """Export a student's planning in a process and a browser of its own, as a timer does."""
    one = number % STUDENTS + 1
    environment = {**os.environ, "HOME": str(folder), "AURION_PASSWORD": password_of(one), "AURION_SANDBOX": "false"}
    command = [
        sys.executable, "-m", "scraper", "export", "--quiet", "--url", demo.url, "--login", login_of(one),
        "--from", PERIOD.first.isoformat(), "--until", PERIOD.last.isoformat(), "--output", str(folder / f"{one}.ics"),
    ]  # fmt: skip
    subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)


def throughput(demo: Demo) -> Iterator[str]:
    """The accounts that one browser reads in an hour, shared and with a browser for each account."""
    shared, each = list[float](), list[float]()
    with closing(browser(demo)) as reading, TemporaryDirectory() as folder:
        reading.record(access(demo, 0), PERIOD)
        export(demo, 0, Path(folder))
        for pair in range(PAIRS):
            began = monotonic()
            for number in range(SHARED_IN_A_PAIR):
                reading.record(access(demo, pair * SHARED_IN_A_PAIR + number), PERIOD)
            shared.append((monotonic() - began) / SHARED_IN_A_PAIR)
            began = monotonic()
            export(demo, pair + 1, Path(folder))
            each.append(monotonic() - began)
    ratio = median(each) / median(shared)
    hours = f"{3600 / median(shared):.0f} / {3600 / median(each):.0f} accounts an hour"
    yield figure("accounts by a shared browser / one each", f"{ratio:.1f} times", ratio >= LEAST_RATIO, hours)


def growth(demo: Demo, accounts: int) -> Iterator[str]:
    """The memory of a worker, its driver and its browsers over many accounts."""
    samples = list[float]()
    process = psutil.Process()
    with closing(browser(demo)) as reading:
        for number in range(accounts):
            reading.record(access(demo, number), PERIOD)
            demo._gate.log.clear()  # the portal is in this process: what it remembers is not the worker's
            demo._gate.portal.sessions._sessions.clear()
            tree = (process, *process.children(recursive=True))
            samples.append(sum(map(memory_of, tree)) / 1e6)
    settled = samples[len(samples) // 10 :]  # the first accounts load what all others use
    slope = linear_regression(range(len(settled)), settled).slope * len(settled) / mean(settled)
    remark = f"{mean(settled):.0f} MB on average, at most {max(settled):.0f} MB; {accounts} accounts"
    yield figure("growth of memory over all accounts", f"{slope:+.1%}", abs(slope) <= MOST_SLOPE, remark)


def feeds() -> Iterator[str]:
    """A calendar by the service's configuration of nginx, beside nginx with the same file and nothing else."""
    if not can_measure():
        yield figure("feed", "not measured", is_met=True, remark="it needs ab, of Apache's tools")
        return
    body = b"BEGIN:VCALENDAR\r\n" + b"X-LESSON:Mesures et instrumentation\r\n" * 2000 + b"END:VCALENDAR\r\n"
    with TemporaryDirectory() as one, TemporaryDirectory() as other, nginx(Path(other), body) as theirs:
        folder, port = Path(one), free_port()
        folder.chmod(0o755)
        path = feed_path(uuid4().hex)
        file = folder / path.lstrip("/")
        file.parent.mkdir(parents=True, mode=FOLDER)
        file.write_bytes(body)
        with running_nginx(write_configuration(folder, folder, port), port):
            for what, conditional in (("304", True), ("whole", False)):
                took = milliseconds(f"http://127.0.0.1:{port}{path}", conditional=conditional)
                ratio = took / milliseconds(theirs or "", conditional=conditional)
                yield figure(
                    f"feed, beside nginx alone ({what})", f"{ratio:.2f} times", ratio <= MOST_BESIDE, f"{took:.3f} ms"
                )


def browser(demo: Demo) -> SharedBrowser:
    """A worker's browser."""
    return SharedBrowser(schools=[school_at(demo.url)], sandbox=False)


def figure(what: str, value: str, is_met: bool, remark: str) -> str:  # noqa: FBT001 - a column of the table
    """A figure for people, on one line."""
    return f"{what:<42} {value:<12} {'met' if is_met else 'missed':<7} {remark}\n"


def main() -> None:
    """Measure and write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    accounts = parser.parse_args().accounts
    with demo_of(STUDENTS, MONDAY) as demo:
        for lines in (feeds(), throughput(demo), growth(demo, accounts)):
            for line in lines:
                sys.stdout.write(line)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
