"""The commands `changes`, `history` and `export --explain`, which read the ledger."""

import json
import os
from pathlib import Path

from scraper.config.outputs import Output
from scraper.demo import Demo, Fault
from scraper.publishing.job import ledger_name
from tests.cli.conftest import EMPTY, Run


def export(aurion: Run, *options: str) -> dict[str, object]:
    """Export to a.ics and return the printed JSON."""
    done = aurion("export", "--output", "a.ics", "--json", *options)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def events(home: Path) -> list[str]:
    """Return the unfolded events of a.ics."""
    body = (home / "a.ics").read_bytes().replace(b"\r\n ", b"").decode()
    return [part.partition("END:VEVENT")[0] for part in body.split("BEGIN:VEVENT")[1:]]


def test_second_export_without_a_change_writes_nothing(aurion: Run, home: Path) -> None:
    """The file is not written, and the output reports no change."""
    export(aurion)
    before = (home / "a.ics").stat()
    reported = export(aurion)
    assert set(reported["changes"].values()) == {0}  # type: ignore[attr-defined]
    assert (home / "a.ics").stat().st_mtime_ns == before.st_mtime_ns
    assert "Aucun changement depuis" in aurion("export", "--output", "a.ics").stdout


def test_change_is_reported_published_and_recorded(demo: Demo, aurion: Run, home: Path) -> None:
    """After a change of room one SEQUENCE rises; `changes` shows both rooms, `history` returns the old calendar."""
    export(aurion)
    old = (home / "a.ics").read_bytes().decode()
    room = next(line for line in events(home)[5].split("\r\n") if line.startswith("LOCATION:"))[9:]
    number = next(line for line in events(home)[5].split("\r\n") if line.startswith("X-AURION-EVENT-ID"))[18:]
    demo.control.faults = (
        Fault(parameter=".*_start", replace=rf'("id": "{number}","title": "){room}', with_=r"\1IC9_999"),
    )
    assert export(aurion)["changes"] == {"added": 0, "moved": 0, "edited": 1, "cancelled": 0, "restored": 0}
    assert [event.count("SEQUENCE:1") for event in events(home)].count(1) == 1
    (change,) = json.loads(aurion("changes", "--json").stdout)
    assert (change["change"], change["before"]["rooms"], change["after"]["rooms"]) == ("edited", [room], ["IC9_999"])
    assert f"salle {room} → IC9_999" in aurion("changes", "--since", "0001-01-01").stdout
    reported = json.loads(aurion("history", "--json").stdout)
    assert [(one["number"], one["changes"]["edited"]) for one in reported] == [(1, 0), (2, 1)]
    assert aurion("history", "--show", "1").stdout == old
    assert aurion("history", "--show", "9").returncode == 2
    explained = json.loads(aurion("export", "--output", "a.ics", "--explain", number, "--json").stdout)
    assert ("LOCATION", "IC9_999") in [(line["name"], line["value"]) for line in explained[0]["properties"]]
    assert aurion("check", "a.ics").returncode == 0


def test_suddenly_empty_timetable_is_not_published(demo: Demo, aurion: Run, home: Path) -> None:
    """Exit code 7 and the old file; `--allow-mass-removal` publishes the lessons as cancelled."""
    export(aurion)
    old = (home / "a.ics").read_bytes()
    demo.control.faults = (EMPTY,)
    done = aurion("export", "--output", "a.ics", "--json")
    reported = json.loads(done.stdout)
    assert (done.returncode, reported["error"]) == (7, "SuspiciouslyEmpty")
    assert Path(reported["details"]).exists()
    assert all(word in reported["hint"] for word in ("aurion publish", "--url", "--login", "--output"))
    assert (home / "a.ics").read_bytes() == old
    export(aurion, "--allow-mass-removal")
    assert any("STATUS:CANCELLED" in event for event in events(home))
    demo.control.faults = ()
    assert export(aurion)["changes"]["restored"] > 20  # type: ignore[index]


def test_lost_ledger_is_rebuilt_from_the_calendar(demo: Demo, aurion: Run, home: Path) -> None:
    """An export without its ledger reads the calendar file: nothing changes, and each SEQUENCE stays."""
    export(aurion)
    demo.control.faults = (Fault(parameter=".*_start", replace=r"Anglais", with_="Espagnol"),)
    export(aurion)
    before = (home / "a.ics").read_bytes()
    for file in (home / ".local/state/aurion-planning/ledgers").glob("*.sqlite*"):
        file.unlink()
    assert set(export(aurion)["changes"].values()) == {0}  # type: ignore[attr-defined]
    assert (home / "a.ics").read_bytes() == before


def test_each_output_has_rules_of_its_own(aurion: Run, home: Path) -> None:
    """One export writes several files, each with the lessons that its rules keep."""
    folder = home / ".config" / "aurion-planning"
    folder.mkdir(parents=True)
    lines = [
        "[[outputs]]", 'path = "exams.ics"', 'rules = [{ exam = true, do = "keep" }, { do = "drop" }]',
        "[[outputs]]", 'path = "rest.ics"', 'for = "google"', 'rules = [{ exam = true, do = "drop" }]',
    ]  # fmt: skip
    (folder / "settings.toml").write_text("\n".join(lines))
    done = aurion("export", "--json")
    reported = json.loads(done.stdout)
    assert reported["outputs"] == [str(home / "exams.ics"), str(home / "rest.ics")]
    counts = [(home / name).read_bytes().count(b"BEGIN:VEVENT") for name in reported["outputs"]]
    assert all(counts)
    assert sum(counts) == reported["events"]


def test_file_name_without_valid_text_has_a_name_in_the_ledger(tmp_path: Path) -> None:
    """Such names exist on Linux; their names in the ledger are text, and differ."""
    outputs = [Output(path=str(tmp_path / name)) for name in ("\udcff.ics", "\udcfe.ics", "é.ics")]
    names = [ledger_name(output).encode().decode() for output in outputs]
    assert len(set(names)) == 3
    assert names[2] == os.path.realpath(tmp_path / "é.ics")


def test_history_without_an_export_is_an_error(aurion: Run) -> None:
    """`changes` and `history` before an export: exit code 2, one sentence and one hint."""
    for command in ("changes", "history"):
        done = aurion(command)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 2
