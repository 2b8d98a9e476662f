"""A typed password is not in dumps, files, the web server or, after a reading, in a worker."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from sqlalchemy import Engine, func, select

from scraper.demo import Demo, DemoUser, Variant
from scraper.domain.credentials import Credentials
from scraper.hosting.database.service_tables import sign_in, turn
from scraper.hosting.keys import create_keys
from scraper.hosting.queue import create_queue_tables
from scraper.hosting.sealing import Opener, Sealed
from tests.hosting.demo import SCHOOL, Student, wait_until
from tests.hosting.demo import SETTINGS as DEMO_SETTINGS
from tests.hosting.demo_students import PARIS, lessons_of, login_of, password_of
from tests.hosting.hosted import submit_sign_in
from tests.hosting.nginx import free_port
from tests.hosting.postgres import ADMIN, PostgresServer
from tests.paths import ROOT

CANARY = "canari-9f3b1c7e-mot-de-passe"
SETTINGS = """\
association = "BDE"
contact = "bde@example.org"
address = "http://127.0.0.1:{port}"
schools = ["junia"]
database = "{database}"
keys = "{folder}/keys"
feeds = "{folder}/feeds"
"""


@contextmanager
def web_server(folder: Path, database: str) -> Iterator[tuple[int, int]]:
    """Run the web server as an association does; yield its port and its process."""
    port = free_port()
    create_keys(folder / "keys")
    (folder / "feeds").mkdir()
    settings = folder / "settings.toml"
    settings.write_text(SETTINGS.format(port=port, database=database, folder=folder), encoding="utf-8")
    command = [sys.executable, "-m", "scraper", "hosting", "web", "--port", str(port), "--settings", str(settings)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_until(lambda: Student(number=1, port=port).get("/sign-in")[0].status == 200, "the pages answer")
            yield port, process.pid
        finally:
            process.terminate()


def find_in_memory(process: int, needles: list[bytes]) -> set[bytes]:
    """Return those texts that are in the memory of the process."""
    found = set()
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text(encoding="utf-8").splitlines():
            span, rights, *_ = line.split()
            first, last = (int(one, 16) for one in span.split("-"))
            if "w" in rights and last < 2**63:
                try:
                    content = os.pread(memory.fileno(), last - first, first)
                except OSError:  # a region of the kernel
                    continue
                found |= {one for one in needles if one in content}
    return found


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="only the GNU C library wipes")
@pytest.mark.slow
def test_submitted_password_is_not_in_dump_files_or_web_server(
    postgres: PostgresServer, engine: Engine, database_address: str, tmp_path: Path
) -> None:
    """The row that the form has stored opens with the key of a worker only."""
    with web_server(tmp_path, database_address) as (port, process):
        student = Student(number=1, port=port)
        student.post("/sign-in", {"school": "junia", "login": login_of(1), "password": CANARY})
        with engine.connect() as connection:
            row = connection.execute(select(sign_in)).one()
        Student(number=2, port=port).get("/sign-in")
        in_memory = find_in_memory(process, [CANARY.encode(), login_of(1).encode(), b"http://127.0.0.1"])
        dump = postgres.folder / "canary.dump"
        postgres.run("pg_dump", f"--file={dump}", postgres.address(str(engine.url.database), ADMIN))
    assert in_memory == {b"http://127.0.0.1"}
    opened = Opener(tmp_path / "keys").open_credentials(row.id, Sealed(body=row.sealed, key_version=row.key_version))
    assert opened == Credentials(login=login_of(1), password=CANARY)
    files = [dump, *(path for path in tmp_path.rglob("*") if path.is_file())]
    assert tmp_path / "log" in files
    assert str(row.id).encode() in dump.read_bytes()
    for needle in (CANARY, CANARY.encode().hex(), login_of(1)):
        assert not [path for path in files if needle.encode() in path.read_bytes()]


@contextmanager
def worker(folder: Path, database: str, portal: str) -> Iterator[psutil.Process]:
    """Run a worker as an association does, with temporary files in a folder of its own; yield its process."""
    schools = folder / "config" / "aurion-planning" / "schools"
    schools.mkdir(parents=True)
    (schools / "demo.toml").write_text(SCHOOL.format(portal=portal), encoding="utf-8")
    settings = folder / "settings.toml"
    texts = {"address": "http://127.0.0.1", "folder": folder, "database": database, "ntfy": "http://127.0.0.1:9"}
    settings.write_text(DEMO_SETTINGS.format(**texts), encoding="utf-8")
    (folder / "tmp").mkdir()
    environment = {
        **os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "AURION_SANDBOX": "false",
        "XDG_STATE_HOME": str(folder / "state"), "TMPDIR": str(folder / "tmp"),
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.hosting.quick_worker", "--settings", str(settings)]
    with (folder / "log").open("wb") as log:
        started = psutil.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield started
        finally:
            started.terminate()
            started.wait()
            sys.stderr.write((folder / "log").read_text(encoding="utf-8"))  # pytest shows it where a test fails


def count_read(engine: Engine) -> int:
    """Return how many plannings were read."""
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(turn.c.succeeded_at.is_not(None))) or 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="only the GNU C library wipes")
def test_worker_keeps_no_password_in_memory_or_files(
    postgres: PostgresServer, engine: Engine, database_address: str, tmp_path: Path
) -> None:
    """The password is gone after the reading of the next student; a refused one, too."""
    monday = datetime.now(PARIS).replace(hour=8, minute=0, second=0, microsecond=0)
    users = {
        login: DemoUser(password=password, name=login, events=lessons_of(number, monday))
        for number, (login, password) in enumerate(((login_of(1), CANARY), (login_of(2), password_of(2))), 1)
    }
    keys = tmp_path / "keys"
    create_keys(keys)
    create_queue_tables(engine)
    with (
        Demo(variant=Variant(users=users), events=[]) as demo,
        worker(tmp_path, database_address, demo.url) as process,
    ):
        submit = partial(submit_sign_in, engine, database_address, keys, school="demo")
        submit(Credentials(login=login_of(1), password=CANARY))
        wait_until(lambda: count_read(engine) == 1, "the planning")
        refused = submit(Credentials(login=login_of(3), password=f"{CANARY}-refused"))
        wait_until(lambda: has_failed(engine, refused), "the refusal")
        submit(Credentials(login=login_of(2), password=password_of(2)))
        wait_until(lambda: count_read(engine) == 2, "the next planning")
        in_memory = find_in_memory(process.pid, [CANARY.encode(), demo.url.encode()])
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        dump = postgres.folder / "worker.dump"
        postgres.run("pg_dump", f"--file={dump}", postgres.address(str(engine.url.database), ADMIN))
        found = [path for path in (*files, dump) if CANARY.encode() in read_if_exists(path)]
    assert in_memory == {demo.url.encode()}
    assert not found
    assert tmp_path / "log" in files
    assert not [*(tmp_path / "tmp").iterdir()]


def has_failed(engine: Engine, one: UUID) -> bool:
    """Return whether the portal has refused a sign-in."""
    with engine.connect() as connection:
        return connection.scalar(select(sign_in.c.state).where(sign_in.c.id == one)) == "failed"


def read_if_exists(path: Path) -> bytes:
    """Return the content of a file; a browser deletes its files meanwhile."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
