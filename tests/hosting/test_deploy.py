"""The units, scripts and the compose file in `deploy/`, as far as they can be checked without installing them."""

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
import yaml

from scraper.cli.app import build_command
from scraper.cli.commands.hosting import DEFAULT_FILE
from scraper.hosting.service_settings import HostingSettings
from scraper.i18n import Catalogue
from tests.cases import for_each
from tests.hosting.postgres import ADMIN, PostgresServer
from tests.paths import ROOT

DEPLOY = ROOT / "deploy" / "hosting"
TEMPLATES = ROOT / "scraper" / "runs" / "schedule" / "templates"
UNITS = ("aurion-hosting-web.service", "aurion-hosting-worker@.service")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
AGE = """\
#!{python}
import sys, pathlib, pyrage
to = pathlib.Path(sys.argv[sys.argv.index("--recipients-file") + 1]).read_text().strip()
sys.stdout.buffer.write(pyrage.encrypt(sys.stdin.buffer.read(), [pyrage.x25519.Recipient.from_str(to)]))
"""
"""The program `age` with the library that the service has."""
OWN = {"PrivateUsers", "ReadWritePaths", "InaccessiblePaths", "ProtectHome"}
"""What the timer's unit needs as a unit of a user, or sets for its own folders."""


def directives(text: str) -> dict[str, list[str]]:
    """The values of each directive of a unit."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE):
        found[name].append(value)
    return found


@for_each("name", UNITS)
def test_unit_is_as_restricted_as_that_of_the_timer(name: str) -> None:
    """Units without a browser also have restricted networking."""
    unit = directives((DEPLOY / name).read_text(encoding="utf-8"))
    timers = directives("".join((TEMPLATES / f"systemd.{part}").read_text() for part in ("hardening", "namespaces")))
    for option, values in timers.items():
        if option not in OWN | {"RestrictAddressFamilies"}:
            assert unit[option] == values, option
    assert set(unit["RestrictAddressFamilies"][0].split()) <= set(timers["RestrictAddressFamilies"][0].split())
    assert unit["ProtectHome"] == ["yes"]
    assert unit["User"][0] in {"aurion-web", "aurion-worker"}
    is_web = "web" in name
    assert is_web == bool(unit["MemoryDenyWriteExecute"]) == bool(unit["RestrictNamespaces"])
    assert unit["BindReadOnlyPaths"] == [
        f"/etc/aurion-hosting/keys-{'web' if is_web else 'worker'}:{default_keys_folder()}"
    ]


def default_keys_folder() -> Path:
    """Return the folder of the keys in the default settings."""
    return HostingSettings.model_fields["keys"].default


def test_units_run_existing_commands_in_the_folders_of_the_settings() -> None:
    """Each runs a command of the group with its default settings; the folders are those of the settings."""
    known = build_command(Catalogue("en"), ["hosting"]).commands["hosting"].commands
    for name in UNITS:
        unit = directives((DEPLOY / name).read_text(encoding="utf-8"))
        program, group, command = unit["ExecStart"][0].split()
        assert (program, group) == ("/opt/aurion/bin/aurion", "hosting")
        assert command in known
        assert Path(DEFAULT_FILE).parent == default_keys_folder().parent
    web = directives((DEPLOY / UNITS[0]).read_text(encoding="utf-8"))
    folders = [Path("/var/lib") / one for one in web["StateDirectory"][0].split()]
    assert HostingSettings.model_fields["feeds"].default in folders


def test_nginx_and_logrotate_use_the_fetch_log_of_the_settings() -> None:
    """Nginx writes it, and logrotate rotates it."""
    path = HostingSettings.model_fields["fetch_log"].default
    assert f"access_log {path} aurion_fetches" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert f"\n{path} {{\n" in (DEPLOY / "logrotate").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd checks its own units")
@pytest.mark.parametrize("name", [*UNITS, "aurion-hosting-backup.service", "aurion-hosting-backup.timer"])
def test_systemd_analyze_accepts_the_unit(name: str, tmp_path: Path) -> None:
    """`systemd-analyze verify` needs a program that exists."""
    text = re.sub(
        r"^ExecStart=\S+", "ExecStart=/bin/true", (DEPLOY / name).read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    if name.endswith(".timer"):  # its service is beside it
        (tmp_path / name.replace(".timer", ".service")).write_text("[Service]\nExecStart=/bin/true\n")
    unit = tmp_path / name.replace("@.", "@1.")
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [shutil.which("systemd-analyze") or "", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="pg_dump writes the backup")
def test_backups_are_encrypted_and_old_ones_deleted(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed backup leaves no file, and other files are kept."""
    identity = pyrage.x25519.Identity.generate()
    recipient, age, folder = tmp_path / "backup.pub", tmp_path / "bin" / "age", tmp_path / "backups"
    recipient.write_text(f"{identity.to_public()}\n", encoding="ascii")
    for new in (age.parent, folder):
        new.mkdir()
    age.write_text(AGE.format(python=sys.executable), encoding="utf-8")
    age.chmod(0o755)
    monkeypatch.setenv("PATH", f"{age.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PGHOST", str(postgres.folder / "socket"))
    monkeypatch.setenv("PGUSER", ADMIN)
    month = datetime.now(UTC) - timedelta(days=30, minutes=1)
    for name, at in (("old.dump.age", month), ("young.dump.age", month + timedelta(hours=1)), ("notes", month)):
        (folder / name).touch()
        os.utime(folder / name, (at.timestamp(),) * 2)
    script = [str(DEPLOY / "backup.sh"), str(folder), str(recipient)]
    assert subprocess.run(script, check=False, stderr=subprocess.DEVNULL).returncode
    assert {path.name for path in folder.iterdir()} == {"young.dump.age", "notes"}
    postgres.create_database(name="aurion")
    try:
        subprocess.run(script, check=True)
    finally:
        postgres.drop_database("aurion")
    (made,) = folder.glob("20*.dump.age")
    assert pyrage.decrypt(made.read_bytes(), [identity]).startswith(b"PGDMP")
    assert made.stat().st_mode & 0o777 == 0o600
    assert len(list(folder.iterdir())) == 3


def test_containers_are_read_only_except_for_volumes() -> None:
    """They have no capabilities, no secret in a variable, and only the keys that they need."""
    services = COMPOSE["services"]
    for name in ("init", "web", "worker", "nginx"):
        service = services[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert all("PASSWORD" not in one or one.endswith("_FILE") for one in service.get("environment", {}))
    assert set(services["postgres"]["environment"]) == {"POSTGRES_USER", "POSTGRES_PASSWORD_FILE"}
    assert services["worker"]["scale"] == 2
    writable = {
        name: [one.split(":")[0] for one in service.get("volumes", []) if not one.endswith(":ro")]
        for name, service in services.items()
    }
    assert writable == {
        "postgres": ["database"], "init": ["./keys"], "web": ["feeds"], "worker": [], "nginx": ["./log"],
    }  # fmt: skip
    for name in ("web", "worker"):
        assert f"./keys-{name}:{default_keys_folder()}:ro" in services[name]["volumes"]
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert services["postgres"]["networks"] == ["inside"]


@pytest.mark.skipif(shutil.which("psql") is None, reason="psql runs the script")
def test_role_of_the_containers_is_not_a_superuser(postgres: PostgresServer, tmp_path: Path) -> None:
    """The password of the secret is in no argument of the script."""
    text = (
        (DEPLOY / "create-role.sh").read_text(encoding="utf-8").replace("/run/secrets/database", f"{tmp_path}/secret")
    )
    text = text.replace("ROLE aurion", "ROLE contained").replace("DATABASE aurion OWNER aurion", "DATABASE contained")
    (tmp_path / "secret").write_text("it's a secret\n")
    address = postgres.address("postgres", ADMIN)
    subprocess.run(
        ["/bin/sh", "-c", text.replace("psql ", f"psql --no-psqlrc '{address}' ")], check=True, capture_output=True
    )
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolbypassrls, rolpassword FROM pg_authid WHERE rolname = 'contained'"
        )
        is_superuser, bypasses, password = row.fetchone() or (True, True, "")
        connection.execute("DROP DATABASE contained")
        connection.execute("DROP ROLE contained")
    assert (is_superuser, bypasses) == (False, False)
    assert password.startswith("SCRAM-SHA-256$")
    assert "secret" not in re.sub(r"cat \S+", "", text)
