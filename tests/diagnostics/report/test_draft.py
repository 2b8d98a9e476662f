"""The draft of a school's file from a report: it is valid, and lists what its author chooses from."""

import dataclasses
import json
from pathlib import Path

import pytest
from platformdirs import user_config_dir

from scraper.cli import app
from scraper.config.schools.school_files import load_school
from scraper.diagnostics.report.make_report import make_report
from scraper.diagnostics.school_draft import PLACEHOLDER, draft
from scraper.domain.recording import Failure, MenuEntry, Recording, Snapshot, dumps
from scraper.i18n import LANGUAGES, Catalogue
from scraper.parsing.title import read_title
from tests.cases import for_each
from tests.parsing.redaction.test_redaction import partial, recording

ENTRIES = (MenuEntry(label="Zorglub", path=("Espace perso",)), MenuEntry(label='Un "piège"\n[kinds]', place="content"))


def taken(*titles: str, kind: str = "X_ONE") -> Recording:
    """Return a recording of lessons with these titles, at an unknown portal."""
    events = [
        {"id": str(n), "title": title, "className": kind,
         "start": f"2026-03-{n + 1:02}T08:00:00+0100", "end": f"2026-03-{n + 1:02}T09:00:00+0100"}
        for n, title in enumerate(titles)
    ]  # fmt: skip
    found = recording(partial(json.dumps({"events": events})))
    school = dataclasses.replace(found.school, id="", name="École", layouts=(), kinds={})
    page = Snapshot(address="https://a.test/", traces=("jsf",), entries=ENTRIES)
    return dataclasses.replace(found, school=school, snapshots=(page,))


def write_school(text: str) -> Path:
    """Write the draft as a school file of the user."""
    folder = Path(user_config_dir("aurion-planning", appauthor=False)) / "schools"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return folder / "mine.toml"


@for_each("language", LANGUAGES)
@for_each(
    ("title", "layout"),
    [
        ("Optique | TD | A12 | Mme LEROUX | 10h15-12h15", "subject | kind | room | teachers | hours"),
        ("A12\nOptique\nTD\nMme LEROUX", "room / subject / kind / teachers"),
        ("Optique ; TD ; A12", "subject ; kind ; room"),
        ("Optique; TD; A12", "subject; kind; room"),
        ("Optique|TD|A12", "subject|kind|room"),
        ("Optique, TD, A12", "subject, kind, room"),
        ("8h>10h \u2022 Optique \u2022 TD \u2022 A12", "hours \u2022 subject \u2022 kind \u2022 room"),
        ("Optique - TD - 08:00 - 10:00", "subject - kind - hours"),
        ("Optique", ""),
    ],
)
def test_draft_is_a_valid_school_file(title: str, layout: str, language: str) -> None:
    """Its address is a placeholder, its layout that of the titles, and its kinds have the unknown codes."""
    text = draft(taken(title, title.replace("A12", "B17")), Catalogue(language))
    write_school(text)
    school = load_school("mine")
    assert (school.base_url, school.name, school.menu_labels) == (PLACEHOLDER, Catalogue(language)("draft.name"), ())
    assert school.layouts == tuple(filter(None, (layout,)))
    read = read_title(title, "", school.layouts)
    assert (read.layout == "written", read.subject) == (bool(layout), "Optique")
    assert school.kinds == {"X_ONE": "X_ONE"}
    assert "#   Espace perso > Zorglub\n" in text
    assert f"#   {title.splitlines()[0]}" in text


def test_kinds_in_words_are_listed_with_a_guess() -> None:
    """The draft contains how often each occurs, and whether it seems to be an exam."""
    titles = [
        f"A12\nOptique {n}\n{kind}\nMme LEROUX" for n, kind in enumerate(["Cours magistral"] * 3 + ["Examen écrit"])
    ]
    text = draft(taken(*titles, kind="X_ONE"), Catalogue("en"))
    assert '"Cours magistral" = "Cours magistral"  # 3 x; a lecture\n' in text
    assert '"Examen écrit" = "Examen écrit"  # 1 x; an exam\n' in text
    assert "X_ONE" not in text


def test_draft_of_a_report_keeps_the_layout() -> None:
    """A masked title has the same layout."""
    report = make_report(taken("Zorglub | TD | A12", "Zorglubique | TD | B17")).recording
    write_school(draft(report, Catalogue("en")))
    assert load_school("mine").layouts == ("subject | kind | room",)


def test_host_of_the_login_is_in_the_draft() -> None:
    """It is enough to repair the school."""
    failure = Failure(error="ActionNeeded", reason="other-host", facts={"host": "cas.ecole.test"})
    write_school(draft(dataclasses.replace(taken(), failure=failure, captures=()), Catalogue("fr")))
    assert load_school("mine").login_hosts == ("cas.ecole.test",)


def test_replay_draft_writes_a_new_file_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints the draft, or writes it to a new file, also among the user's schools."""
    source = tmp_path / "report.json"
    source.write_text(dumps(taken("Optique | TD | A12")), encoding="utf-8")
    assert app.run_command_line(("replay", str(source), "--draft")) == 0
    shown = capsys.readouterr().out
    assert "base_url = " in shown
    place = write_school("")
    place.unlink()
    assert app.run_command_line(("replay", str(source), "--draft", "--output", str(place))) == 0
    assert place.read_text(encoding="utf-8") == shown
    assert app.run_command_line(("replay", str(source), "--draft", "--output", str(place))) == 8
    assert app.run_command_line(("replay", str(source), "--school", "mine", "--json")) == 0
    assert '"count": 1' in capsys.readouterr().out.replace("\n", " ")
