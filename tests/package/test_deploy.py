"""The image, its compose file and the workflows: what can be checked without a container or GitHub."""

import json
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from scraper.cli.app import COMMANDS
from scraper.cli.commands.serve import PORT
from tests.cases import for_each
from tests.paths import ROOT

DEPLOY = ROOT / "deploy"
CONTAINERFILE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^(\S+)==(\S+)", re.MULTILINE)


def instruction(name: str) -> list[str]:
    """Return the arguments of each such instruction, with continued lines joined."""
    return re.findall(rf"^{name} (.+)$", CONTAINERFILE.replace("\\\n", ""), re.MULTILINE)


def test_image_runs_one_script_as_root_and_the_program_as_a_user() -> None:
    """The script installs everything and can be tried elsewhere."""
    assert [run.split()[-3:] for run in instruction("RUN")] == [["sh", "/source/deploy/image/install.sh", "/source"]]
    assert instruction("USER") == ["aurion"]
    assert json.loads(instruction("ENTRYPOINT")[0])[0] == "tini"
    command = json.loads(instruction("CMD")[0])
    assert command[0] == "serve"
    assert "--no-open" in command
    assert instruction("EXPOSE") == [str(PORT)]
    assert f"'127.0.0.1', {PORT}," in instruction("HEALTHCHECK")[0]
    steps = re.sub(r"^#.*", "", CONTAINERFILE + script("install.sh"), flags=re.MULTILINE)
    assert not re.search(r"amd64|arm64|x86_64|aarch64", steps)


def script(name: str) -> str:
    """Return the text of a script of the image."""
    return (DEPLOY / "image" / name).read_text(encoding="utf-8")


def test_image_has_the_versions_of_the_lock() -> None:
    """Find the same versions and hashes in its own lock, and no library of the tests."""
    whole, own = (dict(PINNED.findall(text)) for text in (lock(ROOT), lock(DEPLOY / "image")))
    assert own.items() <= whole.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = chain(project["dependencies"], *project["optional-dependencies"].values())
    assert {re.split(r"[^\w-]", requirement)[0] for requirement in asked} <= own.keys()
    assert not {"pytest", "ruff", "hatchling"} & own.keys()
    assert lock(DEPLOY / "image").count("--hash=sha256:") > len(own)
    assert "://" not in lock(DEPLOY / "image")


def lock(folder: Path) -> str:
    """Return the lock of that folder."""
    return (folder / "requirements.lock").read_text(encoding="utf-8")


def test_service_can_write_only_its_volume() -> None:
    """Allow no other writes, no capabilities, no secrets in variables, and no other machine."""
    service = COMPOSE["services"]["aurion"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/data"]
    assert service["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
    assert "environment" not in service
    assert set(service["secrets"]) <= COMPOSE["secrets"].keys()
    assert COMPOSE["services"]["caddy"]["environment"]["UPSTREAM"] == f"aurion:{PORT}"


@pytest.mark.skipif(sys.platform == "win32", reason="the image is a Linux one")
@for_each("ending", ["\n", ""])
def test_secrets_are_read_from_files(ending: str, tmp_path: Path) -> None:
    """Each is one line; a missing one is not set; arguments are passed on."""
    command = tmp_path / "aurion"
    command.write_text('#!/bin/sh\nprintf "%s|" "$AURION_PASSPHRASE" "${AURION_PASSWORD-unset}" "$@"\n')
    command.chmod(0o755)
    (tmp_path / "aurion_passphrase").write_text(f'a "b" $c \\d{ending}')
    done = subprocess.run(
        ["/bin/sh", DEPLOY / "image" / "entrypoint.sh", "serve", "a b"], capture_output=True, text=True, check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SECRETS_FOLDER": str(tmp_path)},
    )  # fmt: skip
    assert done.stdout == 'a "b" $c \\d|unset|serve|a b|'


@for_each(
    "file",
    WORKFLOWS,
)
def test_workflow_has_few_rights(file: Path) -> None:
    """Only named rights, only GitHub's own secret, pinned actions, and no code from expressions."""
    workflow = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["permissions"]["contents"] == "read"
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert re.fullmatch(r"[\w/.-]+@v\d+(\.\d+)*", step["uses"]) if "uses" in step else step["run"]
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
    assert "secrets." not in file.read_text(encoding="utf-8")


def test_targets_and_commands_of_workflows_exist() -> None:
    """Find them in the Makefile and in the program."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    runs = [
        step.get("run", "")
        for file in WORKFLOWS
        for job in yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
        for step in job["steps"]
    ]
    called = set(re.findall(r"^make ([a-z-]+)", "\n".join(runs), re.MULTILINE))
    assert {"check", "dist", "sbom", "test-lowest", "workflows"} <= called <= targets
    assert set(re.findall(r"^aurion ([a-z-]+)", "\n".join(runs), re.MULTILINE)) <= set(COMMANDS)


def test_workflow_tests_every_system_and_python() -> None:
    """Find those of the classifiers."""
    matrix = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text(encoding="utf-8"))["jobs"]["tests"]
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text("utf-8"))
    assert matrix["strategy"]["matrix"]["python"] == pythons
    assert {one.split("-")[0] for one in matrix["strategy"]["matrix"]["os"]} == {"ubuntu", "macos", "windows"}
