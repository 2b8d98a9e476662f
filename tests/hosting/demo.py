"""The whole service on this machine, with a demo portal: `make demo-hosting`.

PostgreSQL, the web pages, two workers and nginx, as an association runs them, but the workers look for work without
pauses; and a server of ntfy. 20 students sign up by the form and get an address each. One of them is notified when a
lesson changes at the portal. The pages can be tried until Ctrl-C; with `--once` everything ends after that.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from time import monotonic
from typing import cast
from urllib.parse import urlencode

from psycopg import connect

from scraper.demo import Demo
from tests.hosting.demo_students import OWN, PARIS, ROOM, SHARED, demo_of, login_of, password_of
from tests.hosting.nginx import free_port, running_nginx, write_configuration
from tests.hosting.ntfy_server import NtfyServer, running_ntfy
from tests.hosting.postgres import running_postgres

STUDENTS, WORKERS = 20, 2
PATIENCE = 240
PAUSE = Event()
"""Never set: its `wait` is a pause that a signal ends."""
SCHOOL = """\
name = "Demo"
base_url = "{portal}"
layouts = ["junia-5", "junia-6", "junia-4"]
"""
SETTINGS = """\
association = "BDE Demo"
contact = "bde@example.org"
address = "{address}"
schools = ["demo"]
database = "{database}"
keys = "{folder}/keys"
feeds = "{folder}/feeds"
fetch_log = "{folder}/nginx/fetches.log"
ntfy_servers = ["{ntfy}"]

[politeness.demo]
day_rate = 10
night_rate = 10
"""
UNREAD = "SELECT 1 FROM turn WHERE succeeded_at < %s"
UNSENT = "SELECT 1 FROM notification_channel WHERE due_at IS NOT NULL"
FORM = re.compile(r'name="form_token" value="([^"]+)"')
ADDRESS = re.compile(r"/c/[\w-]+/planning\.ics")


@dataclass(slots=True, kw_only=True)
class Student:
    """A student with a browser that has cookies; each has an address of its own in this machine's network."""

    number: int
    port: int
    cookies: dict[str, str] = field(default_factory=dict, repr=False)

    def sign_up(self) -> None:
        """Sign up by the form, and wait for the portal's answer."""
        form = {"school": "demo", "login": login_of(self.number), "password": password_of(self.number)}
        self.post("/sign-in", form)

    def is_accepted(self) -> bool:
        """Return whether the portal has accepted the password."""
        return self.get("/sign-in/wait")[0].headers.get("Location") in {"/welcome", "/planning"}

    def subscribe(self) -> str:
        """Create an address for a phone; return its path."""
        answer, _ = self.post("/subscribers", {"for": "apple", "label": "Phone"})
        page = self.get(answer.headers["Location"])[1].decode()
        found = ADDRESS.search(page)
        assert found, page
        return found[0]

    def fetch(self, path: str) -> str:
        """Return the calendar at the address; empty while there is none."""
        answer, body = self.get(path)
        return body.decode() if answer.status == 200 else ""

    def get(self, path: str) -> tuple[HTTPResponse, bytes]:
        """Get a page."""
        return self._ask("GET", path)

    def post(self, page: str, form: Mapping[str, str], path: str = "") -> tuple[HTTPResponse, bytes]:
        """Submit a form of a page."""
        token = FORM.search(self.get(page)[1].decode())
        assert token, page
        return self._ask("POST", path or page, urlencode({"form_token": token[1], **form}))

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60, source_address=(f"127.0.1.{self.number}", 0))
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            received = answer.read()
        finally:
            connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        return answer, received


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running service: the port of nginx, its database, and what it connects to."""

    port: int
    database: str
    portal: Demo
    ntfy: NtfyServer


@contextmanager
def running_service(folder: Path, students: int) -> Iterator[Running]:
    """Run all parts of the service."""
    now = datetime.now(PARIS)
    monday = now.replace(hour=8, minute=0, second=0, microsecond=0) + timedelta(days=7 - now.weekday())
    port, web = free_port(), free_port()
    with ExitStack() as running:
        server = running.enter_context(running_postgres())
        portal = running.enter_context(demo_of(students, monday))
        address = f"http://127.0.0.1:{port}"
        ntfy = running.enter_context(running_ntfy())
        texts = {"portal": portal.url, "address": address, "folder": folder, "ntfy": ntfy.url}
        schools = folder / "config" / "aurion-planning" / "schools"
        schools.mkdir(parents=True)
        (schools / "demo.toml").write_text(SCHOOL.format(**texts), encoding="utf-8")
        settings = folder / "settings.toml"
        database = server.address(server.create_database())
        settings.write_text(SETTINGS.format(**texts, database=database), encoding="utf-8")
        (folder / "feeds").mkdir()
        environment = {
            **os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
        }  # fmt: skip
        python, command = (sys.executable, "-m"), ("scraper", "hosting")
        subprocess.run([*python, *command, "init", "--settings", settings], check=True, env=environment)
        logs = running.enter_context((folder / "log").open("ab"))
        for part in ((*command, "web", "--port", str(web)), *[("tests.hosting.quick_worker",)] * WORKERS):
            started = subprocess.Popen(
                [*python, *part, "--settings", settings], env=environment, stdout=logs, stderr=logs
            )
            running.callback(started.wait)
            running.callback(started.terminate)
        (folder / "nginx").mkdir()
        configuration = write_configuration(folder / "nginx", folder / "feeds", port, f"127.0.0.1:{web}")
        running.enter_context(running_nginx(configuration, port))
        wait_until(lambda: Student(number=1, port=port).get("/sign-in")[0].status == 200, "the pages answer")
        yield Running(port=port, database=database, portal=portal, ntfy=ntfy)


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait until the condition holds."""
    until = monotonic() + PATIENCE
    while True:
        try:
            if condition():
                return
        except (OSError, HTTPException):
            pass
        if monotonic() > until:
            sys.exit(f"not after {PATIENCE} s: {what}")
        PAUSE.wait(0.2)


def sign_up_all(students: Sequence[Student]) -> dict[int, str]:
    """Sign up all students; return the path of each one's calendar."""
    for student in students:
        student.sign_up()
    waiting = list(students)
    paths = {}
    while waiting:
        for student in list(waiting):
            if student.is_accepted():
                waiting.remove(student)
                paths[student.number] = student.subscribe()
        PAUSE.wait(0.2)
    for student in students:
        wait_until(lambda student=student: student.fetch(paths[student.number]), f"calendar {student.number}")
        check_own(student.fetch(paths[student.number]), student.number)
    return paths


def notify_of_change(service: Running, student: Student) -> None:
    """Have the student notified by ntfy, then change the room of every lesson; exit where that does not arrive once."""
    student.post("/notifications", {"server": service.ntfy.url, "topic": "phone"}, "/notifications/add/ntfy")
    wait_until(lambda: "envoyé" in student.get("/notifications?result=test")[1].decode(), "the test notification")
    for user in service.portal.variant.users.values():
        for lesson in user.events or ():
            cast("dict[str, str]", lesson)["title"] = lesson["title"].replace(ROOM, "IC9_999")
    with connect(service.database, autocommit=True) as database:
        for _ in range(2):
            began = database.execute("UPDATE turn SET due_at = now() RETURNING now()").fetchone()
            wait_until(lambda began=began: not database.execute(UNREAD, began).fetchone(), "readings")
            wait_until(lambda: not database.execute(UNSENT).fetchone(), "notifications")
    test, *changes = service.ntfy.messages["phone"]
    if len(changes) != 1 or "salle changée IC1_427 → IC9_999" not in changes[0]:
        sys.exit(f"the notifications are {[test, *changes]}")


def check_own(calendar: str, number: int) -> None:
    """Exit where the calendar is not that of the student alone."""
    unfolded = calendar.replace("\r\n ", "")
    subjects = re.findall(r"^SUMMARY:(.*)\r$", unfolded, re.MULTILINE)
    own = [one for one in subjects if one != "Optique"]
    if len(subjects) != SHARED + OWN or {*own} != {f"Projet de l'étudiant {number}"}:
        sys.exit(f"the calendar of student {number} has {sorted({*subjects})}")


def main(arguments: Sequence[str]) -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when all calendars are there")
    parser.add_argument("--students", type=int, default=STUDENTS)
    given = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="demo-hosting-") as name, running_service(Path(name), given.students) as service:
        students = [Student(number=number, port=service.port) for number in range(1, given.students + 1)]
        began = monotonic()
        paths = sign_up_all(students)
        write(f"{len(paths)} students signed up and have their own calendars, after {monotonic() - began:.0f} s.\n")
        notify_of_change(service, students[0])
        write("A change at the portal was notified once.\n")
        write(f"Pages:    http://127.0.0.1:{service.port}/   login {login_of(1)}   password {password_of(1)}\n")
        write(f"Calendar: http://127.0.0.1:{service.port}{paths[1]}\n")
        if not given.once:
            write(f"Log:      {name}/log\n")
            write("Ctrl-C ends everything.\n")
            PAUSE.wait()


def write(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
