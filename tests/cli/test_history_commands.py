"""What is remembered between runs, as the commands show it: changes, history, explanations."""

import json
import os
from pathlib import Path

from scraper.config.outputs import Output
from scraper.config.schools.school_files import load_school
from scraper.demo import Demo, Fault
from scraper.publishing.job import build_targets
from scraper.sinks.stdout import standard_output
from tests.cli.conftest import EMPTY, Run


def export(aurion: Run, *options: str) -> dict[str, object]:
    """One export to a.ics: its JSON."""
    done = aurion("export", "--output", "a.ics", "--json", *options)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def events(home: Path) -> list[str]:
    """The events of a.ics, unfolded."""
    body = (home / "a.ics").read_bytes().replace(b"\r\n ", b"").decode()
    return [part.partition("END:VEVENT")[0] for part in body.split("BEGIN:VEVENT")[1:]]


def test_a_second_run_writes_no_byte(aurion: Run, home: Path) -> None:
    """Without a change at the portal the file is not touched, and the output says so."""
    export(aurion)
    before = (home / "a.ics").stat()
    reported = export(aurion)
    assert set(reported["changes"].values()) == {0}  # type: ignore[attr-defined]
    assert (home / "a.ics").stat().st_mtime_ns == before.st_mtime_ns
    assert "Aucun changement depuis" in aurion("export", "--output", "a.ics").stdout


def test_a_change_is_reported_published_and_remembered(demo: Demo, aurion: Run, home: Path) -> None:
    """A room changed: one SEQUENCE rises, `changes` shows before and after, `history` gives the old calendar back."""
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


def test_a_planning_that_is_suddenly_empty_is_not_published(demo: Demo, aurion: Run, home: Path) -> None:
    """Exit 7 with the counts and the old file; `--allow-mass-removal` publishes them as cancelled."""
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


def test_a_lost_ledger_is_rebuilt_from_the_file(demo: Demo, aurion: Run, home: Path) -> None:
    """Without its ledger a run finds in the calendar what was published: nothing changes, and SEQUENCE goes on."""
    export(aurion)
    demo.control.faults = (Fault(parameter=".*_start", replace=r"Anglais", with_="Espagnol"),)
    export(aurion)
    before = (home / "a.ics").read_bytes()
    for file in (home / ".local/state/aurion-planning/ledgers").glob("*.sqlite*"):
        file.unlink()
    assert set(export(aurion)["changes"].values()) == {0}  # type: ignore[attr-defined]
    assert (home / "a.ics").read_bytes() == before


def test_several_calendars_by_rules(aurion: Run, home: Path) -> None:
    """One export goes to several files, each with what its rules leave in it."""
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


def test_a_file_name_that_is_no_text_has_a_name_in_the_ledger(tmp_path: Path) -> None:
    """Such names exist on Linux; the ledger's own is text, and another file's is another."""
    outputs = [Output(path=str(tmp_path / name)) for name in ("\udcff.ics", "\udcfe.ics", "é.ics")]
    targets = build_targets(outputs, load_school("junia"), "year", lambda _: standard_output())
    names = [target.output.encode().decode() for target in targets]
    assert len(set(names)) == 3
    assert names[2] == os.path.realpath(tmp_path / "é.ics")


def test_without_a_ledger_there_is_no_history(aurion: Run) -> None:
    """`changes` and `history` before any export: exit 2, in a sentence and a hint."""
    for command in ("changes", "history"):
        done = aurion(command)
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 2
