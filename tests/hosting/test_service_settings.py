"""The settings of the service: the example, the document, errors."""

import re
from pathlib import Path

import pytest

from scraper.errors import SettingsError
from scraper.hosting.service_settings import HostingSettings, load_hosting_settings, write_example
from tests.cases import for_each
from tests.paths import ROOT

REQUIRED = 'association = "a"\ncontact = "b"\naddress = "c"\nschools = ["junia"]\n'


def test_example_is_valid(tmp_path: Path) -> None:
    """With every commented line as well; an existing file is not overwritten."""
    path = tmp_path / "folder" / "settings.toml"
    assert write_example(path)
    assert path.stat().st_mode & 0o777 == 0o600
    load_hosting_settings(path)
    whole = re.sub(r"^# (?=[\w\[.]+ ?[=\]])|^# (?=\[)", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(whole, encoding="utf-8")
    loaded = load_hosting_settings(path)
    assert (len(loaded.mail_domains), len(loaded.invitations), list(loaded.politeness)) == (1, 1, ["junia"])
    assert not write_example(path)
    assert path.read_text(encoding="utf-8") == whole


def test_every_setting_is_documented() -> None:
    """The tables of the document have exactly the keys of the program."""
    document = (ROOT / "docs" / "hosting" / "settings.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in document.splitlines() if line.startswith("| `")]
    named = {name.strip("[]").partition(".")[0] for cell in cells for name in re.findall(r"`([^`]+)`", cell)}
    limits = HostingSettings.model_fields["politeness"].annotation.__args__[1]  # type: ignore[union-attr]
    assert named == HostingSettings.model_fields.keys() | limits.model_fields.keys()


@for_each(
    ("added", "reason", "place"),
    [
        ("months = 13", "hosting-value", "months"),
        ("unknown = 1", "hosting-value", "unknown"),
        ("[politeness.junia]\nday_rate = 0", "hosting-value", "politeness.junia.day_rate"),
        ("=", "hosting-file", None),
    ],
)
def test_invalid_value_is_reported_with_its_place(tmp_path: Path, added: str, reason: str, place: str | None) -> None:
    """The error names the line of the file and the next step."""
    path = tmp_path / "settings.toml"
    path.write_text(REQUIRED + added, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_hosting_settings(path)
    assert (caught.value.reason, caught.value.facts.get("place")) == (reason, place)
