"""Notifications: news, the desktop, addresses and the log."""

import json
import stat
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr, ValidationError

from scraper.config.configuration import Config
from scraper.config.settings.model import Settings
from scraper.domain.changes import Added, Cancelled, Change, Edited, Moved, Restored
from scraper.domain.planning import Event
from scraper.errors import SettingsError
from scraper.i18n import Catalogue
from scraper.publishing.ledger.ledger_file import LedgerFile
from scraper.runs.log import MOST_BYTES, MOST_FILES, log_file, mask_secrets, open_log
from scraper.runs.notify.news import MOST, NewsPreferences, news
from scraper.runs.notify.notifier import MultiNotifier
from scraper.runs.unattended import Export, RunContext, ScheduledAccount, run_unattended
from scraper.runs.worker import WorkerResult
from scraper.system import desktop
from scraper.system.paths import settings_file
from scraper.system.run_history import Runs
from tests.cases import for_each
from tests.factories import bare_event
from tests.publishing.ledger.runs import Lesson, Memory, recorded, target, week
from tests.publishing.ledger.runs import Runs as LedgerRuns
from tests.runs.world import Reader, World
from tests.zones import machine_in

from zoneinfo import ZoneInfo  # isort: skip

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 17, tzinfo=PARIS)
FRENCH = Catalogue("fr")
TODAY = FRENCH("news.today")
TWO_DAYS = NewsPreferences(days=2)


def lesson(hours: float, **parts: object) -> Event:
    """Return a lesson of two hours, that many hours later."""
    return bare_event(NOW + timedelta(hours=hours), **{"subject": "Anglais S1", **parts})


def shown(*changes: Change, preference: NewsPreferences = TWO_DAYS, now: datetime = NOW) -> list[str]:
    """Return the news of these changes."""
    return news(changes, preference, now, PARIS, FRENCH)


def test_changed_room_is_one_line_of_news() -> None:
    """It has day, hour, lesson and both rooms."""
    change = Edited(uid="u", before=lesson(15, rooms=("B305",)), after=lesson(15, rooms=("C601",)))
    assert shown(change) == ["demain 8:00, Anglais S1 : salle changée B305 → C601"]


def test_each_kind_of_change_has_its_line() -> None:
    """The earliest lesson comes first, at its hour before the change."""
    changes = (
        Cancelled(uid="c", before=lesson(20)),
        Added(uid="a", after=lesson(1)),
        Moved(uid="m", before=lesson(2), after=lesson(26, rooms=("A1",))),
        Restored(uid="r", before=lesson(21), after=lesson(21)),
        Edited(uid="e", before=lesson(22), after=lesson(22, description="x")),
    )
    assert shown(*changes) == [
        f"{TODAY} 18:00, Anglais S1 : ajouté",
        f"{TODAY} 19:00, Anglais S1 : déplacé → demain 19:00 ; salle changée (rien) → A1",
        "demain 13:00, Anglais S1 : annulé",
        "demain 14:00, Anglais S1 : rétabli",
        "demain 15:00, Anglais S1 : modifié",
    ]  # fmt: skip


def test_news_are_about_lessons_of_the_next_days() -> None:
    """A lesson that is over or too far away is left out; a move into or out of the days is news."""
    assert shown(Cancelled(uid="u", before=lesson(-3)), Cancelled(uid="v", before=lesson(24 * 3))) == []
    assert len(shown(Moved(uid="u", before=lesson(24 * 9), after=lesson(3)))) == 1
    assert len(shown(Moved(uid="u", before=lesson(3), after=lesson(24 * 9)))) == 1
    assert shown(Cancelled(uid="u", before=lesson(3)), preference=NewsPreferences()) == []
    assert len(shown(Cancelled(uid="u", before=lesson(-1)))) == 1, "it is in progress"


def test_new_exam_is_news_at_any_distance() -> None:
    """A lesson that becomes an exam is new, an exam that is edited is not."""
    exam = lesson(24 * 40, is_exam=True)
    preference = NewsPreferences(exams=True)
    assert shown(Added(uid="u", after=exam), preference=preference) == ["dim. 03/01 17:00, Anglais S1 : examen annoncé"]
    assert "examen annoncé" in shown(Edited(uid="u", before=lesson(24 * 40), after=exam), preference=preference)[0]
    assert (
        shown(Edited(uid="u", before=exam, after=lesson(24 * 40, is_exam=True, note="x")), preference=preference) == []
    )
    assert shown(Added(uid="u", after=lesson(24 * 40)), preference=preference) == []
    assert shown(Added(uid="u", after=exam), preference=NewsPreferences(days=2)) == []


def test_news_of_many_changes_are_short() -> None:
    """A notification has a few lines, and the number of the others."""
    lines = shown(*(Added(uid=str(n), after=lesson(1 + n / 10)) for n in range(30)))
    assert len(lines) == MOST + 1
    assert "24" in lines[-1]


def test_tomorrow_is_right_when_clocks_change() -> None:
    """The night of the 25th of October has one hour more; the 26th is still tomorrow."""
    now = datetime(2026, 10, 25, 0, 30, tzinfo=PARIS)
    start = datetime(2026, 10, 26, 0, 15, tzinfo=PARIS)
    event = bare_event(start, 60, subject="A")
    assert shown(Added(uid="u", after=event), now=now.astimezone(UTC)) == ["demain 0:15, A : ajouté"]


# ---- the desktop


@for_each("system", ["linux", "darwin", "win32"])
def test_text_of_a_notification_is_an_argument_of_its_own(system: str) -> None:
    """A portal's text is neither part of a script nor an option."""
    text = "--help\"'; $(touch x) `touch x`"
    command = desktop.notification_command(system, "Aurion", text)
    assert not [part for part in command if text in part and part != text]
    if text in command:
        assert {"--", "Aurion"} & set(command[: command.index(text)])


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the command is that of Linux desktops")
def test_desktop_command_gets_title_and_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets no variable with a secret; where it is missing or fails, the result is False."""
    path = {"PATH": str(tmp_path), "AURION_PASSWORD": "canary", "XDG_RUNTIME_DIR": str(tmp_path)}
    monkeypatch.setattr(sys, "platform", "linux")
    assert desktop.show_notification("t", "x", path) is False
    tool = tmp_path / "notify-send"
    tool.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {tmp_path}/args\nexport -p > {tmp_path}/env\n')
    tool.chmod(0o700)
    (tmp_path / "bus").touch()
    assert desktop.show_notification("Titre", "deux\nlignes", path) is True
    assert (tmp_path / "args").read_text() == "--app-name=aurion-planning|--|Titre|deux\nlignes|"
    environment = (tmp_path / "env").read_text()
    assert "canary" not in environment
    assert f"unix:path={tmp_path}/bus" in environment
    tool.write_text("#!/bin/sh\nexit 1\n")
    assert desktop.show_notification("t", "x", path) is False


# ---- addresses


class Inbox(BaseHTTPRequestHandler):
    """A server that records what is posted to it."""

    got: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Record the message."""
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def inbox() -> Iterator[str]:
    """Start a server and return its address for notifications."""
    Inbox.got.clear()
    with HTTPServer(("127.0.0.1", 0), Inbox) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"json://canary:canary@127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # a service's own library
def test_message_is_sent_and_addresses_are_not_shown(inbox: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A valid, an unreachable and an invalid address are logged by their numbers."""
    lines: list[str] = []
    addresses = [SecretStr(one) for one in (inbox, "json://canary@127.0.0.1:9/", "canary://x")]
    everywhere = MultiNotifier(addresses=addresses, log=lines.append, desktop=lambda *_: False)
    sent = everywhere.send("Titre", "Texte é")
    assert sent, lines
    assert [(one["title"], one["message"]) for one in Inbox.got] == [("Titre", "Texte é")]
    assert lines == ["notify: address 1 sent", "notify: address 2 unreachable", "notify: address 3 invalid"]
    assert "canary" not in repr(everywhere) + "".join(capfd.readouterr())


def test_missing_extra_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop is still notified."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    lines: list[str] = []
    everywhere = MultiNotifier(addresses=[SecretStr("json://x")], log=lines.append, desktop=lambda *_: True)
    assert everywhere.send("t", "x") is True
    assert len(lines) == 1
    assert "aurion-planning[notify]" in lines[0]


def test_addresses_are_secret_settings() -> None:
    """They come from a list or a variable, and are in no repr and no error."""
    settings = Config(environment={"AURION_NOTIFY": "ntfy://canary  mailto://a:canary@b.example"}).settings()
    assert [one.get_secret_value() for one in settings.notify] == ["ntfy://canary", "mailto://a:canary@b.example"]
    assert "canary" not in repr(settings)
    with pytest.raises(SettingsError) as raised:
        Config(environment={"AURION_NOTIFY": "canary"}).settings()
    assert (raised.value.reason, "canary" in str(raised.value)) == ("notify", False)
    assert "canary" not in " ".join(FRENCH.error(raised.value))


def test_news_are_off_by_default() -> None:
    """`news_days` and `news_exams` enable them; the number of days is limited."""
    assert (Settings().news_days, Settings().news_exams, Settings().notify) == (0, False, ())
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('news_days = 2\nnews_exams = true\nnotify = ["ntfy://x"]\n')
    settings = Config().settings()
    assert (settings.news_days, settings.news_exams, len(settings.notify)) == (2, True, 1)
    with pytest.raises(ValidationError):
        Settings(news_days=61)


# ---- the log


def test_log_is_rotated_and_private(tmp_path: Path) -> None:
    """There are at most ten private files of a megabyte, with the latest line in the first."""
    with open_log(tmp_path / "state", lambda: NOW) as log:
        for number in range(11 * MOST_BYTES // 1000):
            log(f"{number} {'x' * 1000}")
        log("the last")
    files = list((tmp_path / "state" / "logs").iterdir())
    assert len(files) == MOST_FILES
    assert max(path.stat().st_size for path in files) <= MOST_BYTES
    assert log_file(tmp_path / "state").read_text().splitlines()[-1].endswith(" the last")
    if sys.platform != "win32":
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_line_of_the_log_has_its_time_and_no_secret(tmp_path: Path) -> None:
    """A message is one line; secret words are masked, parts of words are not."""
    with open_log(tmp_path, lambda: NOW, ("a.b", "", "a.b@école.fr")) as log:
        log("a.b@école.fr and a.b\nbut a.bc")
    (line,) = log_file(tmp_path).read_text(encoding="utf-8").splitlines()
    moment, _, text = line.partition(" ")
    assert (datetime.fromisoformat(moment), text) == (NOW, "••• and ••• but a.bc")
    assert mask_secrets("e et e.", ("e",)) == "••• et •••."


def test_log_that_cannot_be_written_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A missing folder and a full disk cause neither an error nor output."""
    (tmp_path / "file").write_text("")
    with open_log(tmp_path / "file", lambda: NOW) as log:
        log("nowhere")
    with open_log(tmp_path, lambda: NOW) as log:

        def full(*_: object) -> bool:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("logging.handlers.RotatingFileHandler.shouldRollover", full)
        log("nowhere")
    assert "".join(capfd.readouterr()) == ""


# ---- together


def test_news_are_sent_once_and_after_a_failed_delivery(world: World, tmp_path: Path) -> None:
    """Changes of a run that could not deliver are sent by the next successful run."""
    ledger = LedgerFile(tmp_path / "ledgers" / "a.sqlite", PARIS)
    someone = Reader()
    watched = ScheduledAccount(name="a", label="a", notifier=someone, ledger=ledger, news=TWO_DAYS)
    context = RunContext(
        state=world.state, clock=lambda: world.now, words=FRENCH, log=world.lines.append, sleep=lambda _: None
    )
    world.now = NOW.astimezone(UTC)
    with ledger.writing() as books:
        books.commit()

    def export(code: int) -> Export:
        def change(*_: object) -> WorkerResult:
            with ledger.writing() as books:
                added = [Added(uid=str(world.now), after=lesson(3, subject=f"Cours {code}"))] if code != 1 else []
                books.record_events([], [], added, world.now)
                books.commit()
            return WorkerResult(exit_code=code if code != 1 else 0)

        return change

    for code in (0, 8, 1, 1):
        with machine_in("Europe/Paris"):
            run_unattended([watched], export(code), context)
        world.now += timedelta(hours=1, seconds=1)
    assert [text for _, text in someone.reported] == [
        f"{TODAY} 20:00, Cours 0 : ajouté",
        f"{TODAY} 20:00, Cours 8 : ajouté",
    ]  # fmt: skip


def test_pending_changes_are_notified_once(world: World, tmp_path: Path) -> None:
    """They are notified again only if they differ."""
    runs, sink = LedgerRuns(tmp_path / "one.sqlite"), Memory()
    runs(recorded(week(6)), target(sink))

    def turn(*lessons: Lesson) -> int:
        """How many notifications so far."""
        outcome = runs(recorded(lessons), target(sink), hold=True)
        world.portal = lambda _: WorkerResult(exit_code=0, kinds={"cancelled": 1}, held=outcome.held)
        account = ScheduledAccount(name="a", label="a", notifier=world.reader, ledger=runs.ledger)
        (standing,) = run_unattended([account], lambda *_: world.portal(world.now), world.context)
        assert standing.kind == ("held" if outcome.held else "done")
        return len(world.reader.reported)

    assert [turn(*week(5)) for _ in range(3)] == [1, 1, 1]
    title, text = world.reader.reported[0]
    assert title.startswith(world.words("notify.held"))
    assert "annulé" in text
    assert "aurion publish" in text
    assert turn(*week(4)) == 2
    assert turn(*week(6)) == 2, "nothing changes any more: nothing waits"
    assert turn(*week(5)) == 3
    assert [run.held for run in Runs(world.state, "a").all()] == [True] * 4 + [False, True]
