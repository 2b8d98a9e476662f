"""A command line that is not understood is told in the user's language, with the command whose help tells more."""

import os
import subprocess
import sys
from pathlib import Path
from typing import cast

import pytest

from scraper.cli.app import run
from scraper.portal.browser import Driver

FULL = Path("/dev/full")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["bogus"], ["La commande « bogus » n’existe pas.", "Voyez aurion --help."]),  # noqa: RUF001 - as printed
        (["account", "bogus"], ["La commande « bogus » n’existe pas.", "Voyez aurion account --help."]),  # noqa: RUF001
        (["export", "--bogus"], ["L’option --bogus n’existe pas.", "Voyez aurion export --help."]),  # noqa: RUF001
        (
            ["export", "--months", "3", "--until", "2026-12-01"],
            [
                "« --months » et « --until » disent tous deux jusqu’à quel jour.",  # noqa: RUF001
                "N’en donnez qu’un : « --months » compte à partir de « --from », ou d’aujourd’hui.",  # noqa: RUF001
            ],
        ),
        (["replay"], ["Il manque RECORDING.", "Voyez aurion replay --help."]),
        (["replay", "a", "b"], ["Il y a un mot de trop : b.", "Voyez aurion replay --help."]),
        (["history", "--show", "x"], ["La valeur de --show n’est pas comprise.", "Voyez aurion history --help."]),  # noqa: RUF001
        (
            ["export", "--months"],
            [
                "L’option --months n’est pas donnée comme il faut : il lui manque sa valeur, ou elle n’en prend pas.",  # noqa: RUF001
                "Voyez aurion export --help.",
            ],
        ),
    ],
)
def test_what_is_not_understood(
    given: list[str], told: list[str], home: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, what is wrong by its name, and the help of that command; no word of English."""
    assert home
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert run(given, cast("Driver", object())) == 2  # a driver that nobody asks
    assert capsys.readouterr().err.splitlines() == told


@pytest.mark.skipif(not FULL.exists(), reason="no device here that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["schools"], ["schools", "--json"], ["--version"], ["status"]])
def test_where_nothing_more_can_be_written_that_is_said(arguments: list[str], unbuffered: str) -> None:
    """A disk that is full under standard output: exit 8, two lines on standard error, no bug of ours."""
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scraper", *arguments], stdout=full, stderr=subprocess.PIPE, encoding="utf-8",
            check=False, timeout=60, env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (8, 2), done.stderr
    assert "Traceback" not in done.stderr
