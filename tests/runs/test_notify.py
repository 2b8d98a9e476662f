"""Notifications: news, the desktop, addresses, the log."""

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
from tests.factories import bare_event
from tests.publishing.ledger.runs import Lesson, Memory, recorded, target, week
from tests.publishing.ledger.runs import Runs as LedgerRuns
from tests.runs.world import Someone, World
from tests.zones import machine_in

from zoneinfo import ZoneInfo  # isort: skip

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 24, 17, tzinfo=PARIS)
FRENCH = Catalogue("fr")
TODAY = FRENCH("news.today")
TWO_DAYS = NewsPreferences(days=2)


def lesson(hours: float, **parts: object) -> Event:
    """One that begins so much later, two hours long."""
    return bare_event(NOW + timedelta(hours=hours), **{"subject": "Anglais S1", **parts})


def shown(*changes: Change, preference: NewsPreferences = TWO_DAYS, now: datetime = NOW) -> list[str]:
    """The news of these changes."""
    return news(changes, preference, now, PARIS, FRENCH)


def test_a_room_changed_tomorrow_is_reported_in_a_line() -> None:
    """Day, hour, lesson, both rooms."""
    change = Edited(uid="u", before=lesson(15, rooms=("B305",)), after=lesson(15, rooms=("C601",)))
    assert shown(change) == ["demain 8:00, Anglais S1 : salle changée B305 → C601"]


def test_each_kind_of_change_has_its_word() -> None:
    """Added, moved, cancelled, restored; the soonest first, under the hour at which people know them."""
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


def test_only_near_and_coming_lessons_are_news() -> None:
    """What is over, or further away than was wanted, is not reported; what moves into the days, or out of them, is."""
    assert shown(Cancelled(uid="u", before=lesson(-3)), Cancelled(uid="v", before=lesson(24 * 3))) == []
    assert len(shown(Moved(uid="u", before=lesson(24 * 9), after=lesson(3)))) == 1
    assert len(shown(Moved(uid="u", before=lesson(3), after=lesson(24 * 9)))) == 1
    assert shown(Cancelled(uid="u", before=lesson(3)), preference=NewsPreferences()) == []
    assert len(shown(Cancelled(uid="u", before=lesson(-1)))) == 1, "it is in progress"


def test_exams_newly_set_are_news_however_far_away() -> None:
    """Added as one, or become one; an exam that only moved is no new one."""
    exam = lesson(24 * 40, is_exam=True)
    preference = NewsPreferences(exams=True)
    assert shown(Added(uid="u", after=exam), preference=preference) == ["dim. 03/01 17:00, Anglais S1 : examen annoncé"]
    assert "examen annoncé" in shown(Edited(uid="u", before=lesson(24 * 40), after=exam), preference=preference)[0]
    assert (
        shown(Edited(uid="u", before=exam, after=lesson(24 * 40, is_exam=True, note="x")), preference=preference) == []
    )
    assert shown(Added(uid="u", after=lesson(24 * 40)), preference=preference) == []
    assert shown(Added(uid="u", after=exam), preference=NewsPreferences(days=2)) == []


def test_a_rebuilt_timetable_is_no_flood() -> None:
    """However much changed, a notification has a few lines and says how many more there are."""
    lines = shown(*(Added(uid=str(n), after=lesson(1 + n / 10)) for n in range(30)))
    assert len(lines) == MOST + 1
    assert "24" in lines[-1]


def test_tomorrow_is_the_schools_when_clocks_are_turned() -> None:
    """The night of the 25th of October has an hour more; the 26th is tomorrow all the same."""
    now = datetime(2026, 10, 25, 0, 30, tzinfo=PARIS)
    start = datetime(2026, 10, 26, 0, 15, tzinfo=PARIS)
    event = bare_event(start, 60, subject="A")
    assert shown(Added(uid="u", after=event), now=now.astimezone(UTC)) == ["demain 0:15, A : ajouté"]


# ---- the desktop


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_a_text_is_never_part_of_a_script(system: str) -> None:
    """Whatever a portal writes, it is an argument of its own or a variable; no option either."""
    text = "--help\"'; $(touch x) `touch x`"
    command = desktop.notification_command(system, "Aurion", text)
    assert not [part for part in command if text in part and part != text]
    if text in command:
        assert {"--", "Aurion"} & set(command[: command.index(text)])


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the command is that of Linux desktops")
def test_the_desktop_is_notified_without_the_programs_own_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's command gets title and text; where it is missing or fails nothing happens but a False."""
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
    """Keeps what is posted to it."""

    got: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        """Takes it."""
        self.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def inbox() -> Iterator[str]:
    """An address to notify."""
    Inbox.got.clear()
    with HTTPServer(("127.0.0.1", 0), Inbox) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"json://canary:canary@127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # a service's own library
def test_an_address_gets_the_message_and_is_never_shown(inbox: str, capfd: pytest.CaptureFixture[str]) -> None:
    """One that works, one that does not and one that is none: the message comes, and no address is shown."""
    lines: list[str] = []
    addresses = [SecretStr(one) for one in (inbox, "json://canary@127.0.0.1:9/", "canary://x")]
    everywhere = MultiNotifier(addresses=addresses, log=lines.append, desktop=lambda *_: False)
    sent = everywhere.send("Titre", "Texte é")
    assert sent, lines
    assert [(one["title"], one["message"]) for one in Inbox.got] == [("Titre", "Texte é")]
    assert lines == ["notify: address 1 sent", "notify: address 2 unreachable", "notify: address 3 invalid"]
    assert "canary" not in repr(everywhere) + "".join(capfd.readouterr())


def test_without_the_extra_the_log_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The desktop still counts; nothing is raised."""
    monkeypatch.setitem(sys.modules, "apprise", None)
    lines: list[str] = []
    everywhere = MultiNotifier(addresses=[SecretStr("json://x")], log=lines.append, desktop=lambda *_: True)
    assert everywhere.send("t", "x") is True
    assert len(lines) == 1
    assert "aurion-planning[notify]" in lines[0]


def test_addresses_are_settings_that_nothing_shows() -> None:
    """From a list or a variable; in no repr and in no complaint."""
    settings = Config(environment={"AURION_NOTIFY": "ntfy://canary  mailto://a:canary@b.example"}).settings()
    assert [one.get_secret_value() for one in settings.notify] == ["ntfy://canary", "mailto://a:canary@b.example"]
    assert "canary" not in repr(settings)
    with pytest.raises(SettingsError) as raised:
        Config(environment={"AURION_NOTIFY": "canary"}).settings()
    assert (raised.value.reason, "canary" in str(raised.value)) == ("notify", False)
    assert "canary" not in " ".join(FRENCH.error(raised.value))


def test_news_are_wanted_in_the_settings_file() -> None:
    """`news_days` and `news_exams`; nothing is news unless it is wanted, and a number has its bounds."""
    assert (Settings().news_days, Settings().news_exams, Settings().notify) == (0, False, ())
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text('news_days = 2\nnews_exams = true\nnotify = ["ntfy://x"]\n')
    settings = Config().settings()
    assert (settings.news_days, settings.news_exams, len(settings.notify)) == (2, True, 1)
    with pytest.raises(ValidationError):
        Settings(news_days=61)


# ---- the log


def test_the_log_turns_over_and_stays_private(tmp_path: Path) -> None:
    """At most ten files of a megabyte, each for its user alone, and the latest line in the first."""
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


def test_a_line_has_its_time_with_zone_and_no_secret(tmp_path: Path) -> None:
    """What is logged is one line, whatever is in it; secret words are masked, parts of words are not."""
    with open_log(tmp_path, lambda: NOW, ("a.b", "", "a.b@école.fr")) as log:
        log("a.b@école.fr and a.b\nbut a.bc")
    (line,) = log_file(tmp_path).read_text(encoding="utf-8").splitlines()
    moment, _, text = line.partition(" ")
    assert (datetime.fromisoformat(moment), text) == (NOW, "••• and ••• but a.bc")
    assert mask_secrets("e et e.", ("e",)) == "••• et •••."


def test_a_log_that_cannot_be_written_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """No folder, or a disk that is full: no error, and nothing on the terminal."""
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


def test_news_come_once_and_after_a_delivery_that_failed(world: World, tmp_path: Path) -> None:
    """Changes that a run found but could not deliver are reported by the next good one, and only by it."""
    ledger = LedgerFile(tmp_path / "ledgers" / "a.sqlite", PARIS)
    someone = Someone()
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


def test_what_waits_is_reported_once_and_again_when_it_is_something_else(world: World, tmp_path: Path) -> None:
    """Three turns with the same changes kept back report them once; after a publication the next ones are reported."""
    runs, sink = LedgerRuns(tmp_path / "one.sqlite"), Memory()
    runs(recorded(week(6)), target(sink))

    def turn(*lessons: Lesson) -> int:
        """How many notifications so far."""
        outcome = runs(recorded(lessons), target(sink), hold=True)
        world.portal = lambda _: WorkerResult(exit_code=0, kinds={"cancelled": 1}, held=outcome.held)
        account = ScheduledAccount(name="a", label="a", notifier=world.someone, ledger=runs.ledger)
        (standing,) = run_unattended([account], lambda *_: world.portal(world.now), world.context)
        assert standing.kind == ("held" if outcome.held else "done")
        return len(world.someone.reported)

    assert [turn(*week(5)) for _ in range(3)] == [1, 1, 1]
    title, text = world.someone.reported[0]
    assert title.startswith(world.words("notify.held"))
    assert "annulé" in text
    assert "aurion publish" in text
    assert turn(*week(4)) == 2
    assert turn(*week(6)) == 2, "nothing changes any more: nothing waits"
    assert turn(*week(5)) == 3
    assert [run.held for run in Runs(world.state, "a").all()] == [True] * 4 + [False, True]
