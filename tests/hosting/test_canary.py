"""A stolen dump, disk or web server opens nothing: none of them contains a password that a student has typed."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from scraper.domain.credentials import Credentials
from scraper.hosting.database.service_tables import sign_in
from scraper.hosting.keys import create_keys
from scraper.hosting.sealing import Opener, Sealed
from tests.hosting.demo import Student, wait_until
from tests.hosting.demo_students import login_of
from tests.hosting.nginx import free_port
from tests.hosting.postgres import ADMIN, PostgresServer

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


def found_in_memory(process: int, needles: list[bytes]) -> set[bytes]:
    """Return those texts that are in the memory of the process, which is stopped meanwhile."""
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
def test_a_password_is_only_where_a_worker_opens_it(
    postgres: PostgresServer, engine: Engine, database_address: str, tmp_path: Path
) -> None:
    """After the form was sent: neither in the dump, nor on the disk, nor in the memory of the web server."""
    with web_server(tmp_path, database_address) as (port, process):
        student = Student(number=1, port=port)
        student.post("/sign-in", {"school": "junia", "login": login_of(1), "password": CANARY})
        with engine.connect() as connection:
            row = connection.execute(select(sign_in)).one()
        Student(number=2, port=port).get("/sign-in")
        in_memory = found_in_memory(process, [CANARY.encode(), login_of(1).encode(), b"http://127.0.0.1"])
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
