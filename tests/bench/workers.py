"""What a worker and the feeds of a service cost: `python -m tests.bench.workers [--accounts N]`, on the demo portal.

Each figure is a ratio of two things that were measured in turn, so that a slow machine is slow for both.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import linear_regression, mean, median
from tempfile import TemporaryDirectory
from uuid import uuid4

import psutil
from dateutil.relativedelta import relativedelta
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, text

from scraper.config.schools.school_files import school_at
from scraper.domain.credentials import Credentials
from scraper.domain.planning import Period
from scraper.domain.recording import Recording
from scraper.domain.school import School
from scraper.hosting.database.engine import create_database_engine
from scraper.hosting.database.migrate import upgrade_database
from scraper.hosting.feeds import FOLDER, feed_path
from scraper.hosting.shared_browser import PortalAccess, SharedBrowser
from scraper.system.find_browser import find_browsers
from scraper.system.platforms import runs_as_root
from scraper.system.session_file import SavedSession
from tests.bench.feeds import can_measure, milliseconds, nginx
from tests.bench.runs import seconds
from tests.hosting.demo_students import PARIS, demo_of, login_of, password_of
from tests.hosting.nginx import free_port, running_nginx, write_configuration
from tests.hosting.postgres import running_postgres
from tests.hosting.service import HostedService

STUDENTS, PAIRS, SHARED_IN_A_PAIR = 50, 5, 10
ACCOUNTS = 1000
TODAY = datetime.now(PARIS).replace(hour=8, minute=0, second=0, microsecond=0)
MONDAY = TODAY + timedelta(days=7 - TODAY.weekday())
PERIOD = Period(first=MONDAY.date(), last=MONDAY.date() + relativedelta(months=6))
LEAST_RATIO, MOST_TO_FLOOR, MOST_SLOPE, MOST_BESIDE = 5, 1.5, 0.05, 1.5


@contextmanager
def students_portal() -> Iterator[str]:
    """Run the demo portal in a process of its own, because its memory is not the worker's; yield its address."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_portal, args=(theirs,))
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


def _serve_portal(bench: Connection) -> None:
    with demo_of(STUDENTS, MONDAY) as demo:
        bench.send(demo.url)
        bench.poll(None)  # until the bench closes its end


def access(url: str, number: int) -> PortalAccess:
    """The access of a student, without limits."""
    one = number % STUDENTS + 1
    return PortalAccess(
        school=school_at(url), credentials=Credentials(login=login_of(one), password=password_of(one)),
        throttle=lambda: 0, on_verdict=lambda _: None,
    )  # fmt: skip


def export(url: str, number: int, folder: Path) -> None:
    """Export a student's planning in a process and a browser of its own, as a timer does."""
    one = number % STUDENTS + 1
    environment = {**os.environ, "HOME": str(folder), "AURION_PASSWORD": password_of(one), "AURION_SANDBOX": "false"}
    command = [
        sys.executable, "-m", "scraper", "export", "--quiet", "--url", url, "--login", login_of(one),
        "--from", PERIOD.first.isoformat(), "--until", PERIOD.last.isoformat(), "--output", str(folder / f"{one}.ics"),
    ]  # fmt: skip
    subprocess.run(command, check=True, env=environment, stderr=subprocess.DEVNULL)


def open_planning(chromium: Browser, url: str, number: int) -> None:
    """Open a student's planning in a new context with Playwright alone: the least that any reading needs."""
    student = access(url, number).credentials
    with closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(url)
        page.locator("input[type=text]").fill(student.login)
        page.locator("input[type=password]").fill(student.password)
        page.locator("input[type=password]").press("Enter")
        with page.expect_response(lambda response: response.request.resource_type == "xhr") as answer:
            page.get_by_text("Mon Planning").dispatch_event("click")
        answer.value.body()


def throughput(url: str) -> Iterator[str]:
    """The accounts that one browser reads in an hour, beside Chromium's floor and beside a browser for each account."""
    shared, least, each = list[float](), list[float](), list[float]()
    switches = ["--no-sandbox"] if runs_as_root() else []
    with closing(browser(url)) as reading, TemporaryDirectory() as folder, sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=find_browsers()[0], args=switches)
        measured = (
            (shared, SHARED_IN_A_PAIR, lambda number: reading.record(access(url, number), PERIOD)),
            (least, SHARED_IN_A_PAIR, lambda number: open_planning(chromium, url, number)),
            (each, 1, lambda number: export(url, number, Path(folder))),
        )
        for pair in range(PAIRS + 1):
            for taken, count, read in measured:
                taken.append(mean(seconds(partial(read, pair * SHARED_IN_A_PAIR + one)) for one in range(count)))
        chromium.close()
    account, floor, alone = (median(taken[1:]) for taken in (shared, least, each))  # the first ones load what all use
    remark = f"{account:.3f} s / {floor:.3f} s"
    yield figure(
        "reading / the least that its pages need",
        f"{account / floor:.2f} times",
        account <= MOST_TO_FLOOR * floor,
        remark,
    )
    remark = f"{3600 / account:.0f} / {3600 / alone:.0f} accounts an hour; at the floor {alone / floor:.1f} times"
    yield figure(
        "accounts by a shared browser / one each",
        f"{alone / account:.1f} times",
        alone >= LEAST_RATIO * account,
        remark,
    )


def growth(url: str, accounts: int) -> Iterator[str]:
    """The memory of a worker over many accounts: its own process, its driver and its browsers, and nothing else."""
    with running_postgres() as server, closing(browser(url)) as shared, TemporaryDirectory() as folder:
        address = server.address(server.create_database())
        engine = create_database_engine(address)
        upgrade_database(engine)
        portal = MeasuredPortal(browser=shared, school=school_at(url), engine=engine, most=accounts)
        service = HostedService(engine=engine, address=address, folder=Path(folder), portal=portal)
        for number in range(1, STUDENTS + 1):
            service.add_student(number)
        service.worker.run()
        engine.dispose()
    settled = portal.samples[len(portal.samples) // 10 :]  # the first accounts load what all others use
    slope = linear_regression(range(len(settled)), settled).slope * len(settled) / mean(settled)
    remark = f"{mean(settled):.0f} MB on average, at most {max(settled):.0f} MB; {len(portal.samples)} accounts"
    yield figure("growth of memory over all accounts", f"{slope:+.1%}", abs(slope) <= MOST_SLOPE, remark)


@dataclass(slots=True, kw_only=True)
class MeasuredPortal:
    """The browser of a worker at the demo portal; after each reading, the memory of all its processes is noted.

    Students become due again when all were read; after the last account the worker is asked to end.
    """

    browser: SharedBrowser
    school: School
    engine: Engine
    most: int
    samples: list[float] = field(default_factory=list)

    def log_in(self, access: PortalAccess) -> SavedSession | None:
        """Log in with the password."""
        return self.browser.log_in(replace(access, school=self.school))

    def record(self, access: PortalAccess, period: Period) -> tuple[Recording, SavedSession | None]:
        """Record the planning and measure."""
        recorded = self.browser.record(replace(access, school=self.school), period)
        worker = psutil.Process()
        driver = next(one for one in worker.children() if "node" in one.name())
        tree = (worker, driver, *driver.children(recursive=True))
        self.samples.append(sum(map(written_memory, tree)) / 1e6)
        if len(self.samples) % STUDENTS == 0:
            with self.engine.begin() as connection:
                connection.execute(text("UPDATE turn SET due_at = now()"))
        if len(self.samples) == self.most:
            os.kill(os.getpid(), signal.SIGTERM)
        return recorded


def written_memory(process: psutil.Process) -> int:
    """The bytes that a process has written, shared ones in parts; 0 if it ended.

    Pages of files are left out: a browser that another program starts or ends would change its part of them.
    """
    with suppress(OSError):
        lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        kilobytes = {name: size.split()[0] for name, _, size in (line.partition(":") for line in lines) if size}
        return 1024 * (int(kilobytes["Pss_Anon"]) + int(kilobytes["Pss_Shmem"]))
    return 0


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


def browser(url: str) -> SharedBrowser:
    """A worker's browser."""
    return SharedBrowser(schools=[school_at(url)], sandbox=False)


def figure(what: str, value: str, is_met: bool, remark: str) -> str:  # noqa: FBT001 - a column of the table
    """A figure for people, on one line."""
    return f"{what:<42} {value:<12} {'met' if is_met else 'missed':<7} {remark}\n"


def main() -> None:
    """Measure and write everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    accounts = parser.parse_args().accounts
    with students_portal() as url:
        for lines in (feeds(), throughput(url), growth(url, accounts)):
            for line in lines:
                sys.stdout.write(line)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
