"""`aurion account google`: consent in a browser, calendar at Google, and removal of both."""

import io
import json
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

import pytest
import typer

from scraper.cli.commands.account_sink import sink_command
from scraper.cli.commands.status import status
from scraper.cli.terminal_dialog import TerminalDialog, prompting_sink
from scraper.config.accounts import load_account
from scraper.config.configuration import Config
from scraper.config.outputs import outputs_of
from scraper.config.vault.vaults import vaults
from scraper.diagnostics.doctor import machine_checks
from scraper.domain.sink_kinds import GOOGLE, GOOGLE_CALENDARS
from scraper.errors import AurionError, CredentialsMissing, SettingsError, SinkRefused, SinkUnavailable
from scraper.i18n import LANGUAGES, Catalogue
from scraper.publishing.destinations import open_destination
from scraper.runs.overview import overview
from scraper.sinks.google import google_consent, service
from scraper.sinks.google.service import GoogleService
from scraper.sinks.google.sink import GoogleSink
from scraper.system.paths import settings_file, state_folder
from tests.cases import for_each
from tests.sinks.calendars import calendar
from tests.sinks.google.fake_google import CLIENT, CLIENT_SECRET, FakeGoogle
from tests.sinks.google.google_calendars import endpoints_of, expected, stored

ACCOUNT = '[accounts.moi]\nschool = "junia"\nlogin = "x"\n'
Browser = Callable[[str], object]


@pytest.fixture(autouse=True)
def account(home: Path, google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account in an empty home, a browser that allows the access, and the fake Google's addresses."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    monkeypatch.setenv("LANG", "en")
    monkeypatch.setattr(service, "SERVICE", GoogleService(endpoints_of(google)))
    assert settings_file().is_relative_to(home)
    settings_file().parent.mkdir(parents=True)
    settings_file().write_text(ACCOUNT, encoding="utf-8")
    use_browser(monkeypatch, lambda address: visit(google.decide(address)))
    yield
    secrets = {CLIENT_SECRET, *google.refresh_tokens, *google.access_tokens}
    texts = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert not [secret for secret in secrets for text in texts if secret.encode() in text]


def visit(address: str) -> None:
    """Follow the redirect as a browser does."""
    with urlopen(address, timeout=20) as answer:  # noqa: S310 - an address of this machine
        assert b"close this page" in answer.read()


def use_browser(monkeypatch: pytest.MonkeyPatch, browser: Browser | None) -> None:
    """Set the user's browser, which runs in a thread; None: there is no screen."""

    def open_page(_: TerminalDialog, address: str) -> AbstractContextManager[bool]:
        if browser:
            threading.Thread(target=browser, args=(address,), daemon=True).start()
        return nullcontext(browser is not None)

    monkeypatch.setattr(TerminalDialog, "open_page", open_page)


def run(monkeypatch: pytest.MonkeyPatch, secret: str = CLIENT_SECRET, **options: object) -> None:
    """Run the command with a piped secret."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    sys.stdin.buffer = io.BytesIO(f"{secret}\n".encode())  # type: ignore[misc]
    given = {
        "client_id": None, "calendar": None, "password_stdin": True, "no_try": False, "remove": False,
        "delete_calendar": False, **options,
    }  # fmt: skip
    sink_command(GOOGLE)("moi", **given)


def failure(monkeypatch: pytest.MonkeyPatch, **options: object) -> AurionError:
    """Return the error of the command; check that it has a text in each language and nothing was stored."""
    before = settings_file().read_text(encoding="utf-8")
    with pytest.raises(AurionError) as caught:
        run(monkeypatch, **options)
    assert all(all(Catalogue(language).error(caught.value)) for language in LANGUAGES)
    assert CLIENT_SECRET not in str(caught.value)
    assert settings_file().read_text(encoding="utf-8") == before
    return caught.value


def opened() -> GoogleSink:
    """Return the sink of the account's calendar, as an export opens it."""
    (destination,) = load_account("moi", Config.from_environment()).destinations
    sink = open_destination(destination, "moi", Config.from_environment())
    assert isinstance(sink, GoogleSink)
    return sink


@pytest.mark.slow
def test_account_is_connected_pushed_to_and_removed(
    google: FakeGoogle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The calendar has its name, colour and zone, gets changed lessons, and is deleted with its token."""
    run(monkeypatch, client_id=CLIENT, calendar="Cours")
    assert "Calendar created at Google: Cours" in capsys.readouterr().out
    ((name, made),) = google.calendars.items()
    assert (made.properties["summary"], made.properties["timeZone"]) == ("Cours", "Europe/Paris")
    assert made.look == service.COLOR
    account = load_account("moi", Config.from_environment())
    (destination,) = account.destinations
    assert (destination.address, destination.user) == (f"{GOOGLE_CALENDARS}{name}/", CLIENT)
    assert [output.client for output in outputs_of(account.settings)] == ["any", "google"]
    sink = opened()
    sink.check()
    for body in (calendar(range(3)), calendar(range(3), changed=[1], cancelled=[2], revision=1), calendar([0, 2])):
        assert sink.deliver(body) is True
        assert stored(google, sink) == expected(body)
    check = machine_checks.destination("moi", destination, vaults(), Config.from_environment())
    assert (check.name, check.reason) == ("google", "well")
    (push,) = overview(Config.from_environment(), datetime.now(UTC)).pushes["moi"]
    assert (push.address, datetime.now(UTC) - push.at < timedelta(minutes=5)) == (sink.name, True)
    capsys.readouterr()
    with pytest.raises(typer.Exit):
        status()
    assert f"pushed to {sink.name}" in capsys.readouterr().out
    google.calendars.pop(name)
    assert machine_checks.destination("moi", destination, vaults(), Config.from_environment()).reason == "google-gone"
    google.calendars[name] = made
    run(monkeypatch, remove=True, delete_calendar=True)
    assert "is deleted" in capsys.readouterr().out
    assert (google.calendars, google.refresh_tokens) == ({}, set())
    assert load_account("moi", Config.from_environment()).destinations == ()
    assert vaults().find(destination.secret) is None
    assert not destination.state_file(state_folder()).exists()


@pytest.mark.slow
def test_second_consent_keeps_or_replaces_the_calendar(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calendar stays after a token expired; a deleted calendar is replaced, in the settings, too."""
    run(monkeypatch, client_id=CLIENT)
    opened().deliver(calendar(range(2)))
    google.revoke_all()
    with pytest.raises(SinkRefused, match="google-expired"):
        opened().deliver(calendar(range(2)))
    (destination,) = load_account("moi", Config.from_environment()).destinations
    assert (
        machine_checks.destination("moi", destination, vaults(), Config.from_environment()).reason == "google-expired"
    )
    run(monkeypatch)
    assert load_account("moi", Config.from_environment()).destinations == (destination,)
    assert opened().deliver(calendar(range(2))) is False
    google.calendars.clear()
    run(monkeypatch)
    (other,) = load_account("moi", Config.from_environment()).destinations
    assert other.address != destination.address
    assert vaults().find(destination.secret) is None
    assert opened().deliver(calendar(range(2))) is True
    assert settings_file().read_text(encoding="utf-8").count("google =") == 1
    token = json.loads(opened().connection.password())["refresh_token"]
    run(monkeypatch, remove=True)
    assert (len(google.calendars), token in google.refresh_tokens) == (1, False)


def test_client_of_the_settings_is_used(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its id nor its secret is asked for; another client needs the option and its secret."""
    before = settings_file().read_text(encoding="utf-8")
    of_all = f'google_client_id = "{CLIENT}"\ngoogle_client_secret = "{CLIENT_SECRET}"\n'
    settings_file().write_text(of_all + before, encoding="utf-8")
    run(monkeypatch, password_stdin=False)
    (destination,) = load_account("moi", Config.from_environment()).destinations
    assert destination.user == CLIENT
    assert failure(monkeypatch, client_id=f"x{CLIENT}", password_stdin=False).reason == "google-password"
    assert opened().deliver(calendar(range(2))) is True
    assert len(google.calendars) == 1
    settings_file().write_text(before, encoding="utf-8")  # the secret is looked for in every file


@pytest.mark.slow
def test_consent_without_a_screen_is_pasted_or_forwarded(
    google: FakeGoogle, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address is printed; the result is pasted, or forwarded to this machine."""
    use_browser(monkeypatch, None)
    assert failure(monkeypatch, client_id=CLIENT).reason == "google-screen"
    monkeypatch.setattr(TerminalDialog, "can_ask", property(lambda _: True))
    for is_forwarded in (False, True):
        capsys.readouterr()

        def answer(_: TerminalDialog, key: str, default: str = "", *, is_forwarded: bool = is_forwarded) -> str:
            assert key == "google.pasted"
            shown = next(line for line in capsys.readouterr().err.splitlines() if line.startswith(google.address))
            result = google.decide(shown)
            if not is_forwarded:
                return result
            visit(result)
            return default

        monkeypatch.setattr(TerminalDialog, "ask", answer)
        run(monkeypatch, client_id=CLIENT)
    assert len(google.calendars) == 1


@pytest.mark.slow
def test_refused_consent_is_reported(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user refuses, grants another scope, or does not answer; no token is stored."""
    use_browser(monkeypatch, lambda address: visit(google.decide(address, allowed=False)))
    denied = failure(monkeypatch, client_id=CLIENT)
    assert (type(denied), denied.reason, denied.facts["answer"]) == (SinkRefused, "google-denied", "access_denied")
    use_browser(monkeypatch, lambda address: visit(google.decide(address)))
    google.granted = ["https://www.googleapis.com/auth/userinfo.email"]
    assert failure(monkeypatch, client_id=CLIENT).reason == "google-scope"
    assert failure(monkeypatch, client_id=CLIENT, secret="wrong").reason == "google-client"
    use_browser(monkeypatch, lambda _: None)
    monkeypatch.setattr(google_consent, "PATIENCE", 0.1)
    late = failure(monkeypatch, client_id=CLIENT)
    assert (type(late), late.reason) == (SinkUnavailable, "google-consent")
    assert google.calendars == {}


def test_redirect_with_another_state_is_refused(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address with another state gets 404, and the program waits for Google's redirect."""
    statuses = []

    def browse(address: str) -> None:
        redirect = dict(parse_qsl(urlsplit(address).query))["redirect_uri"]
        for forged in ("?code=x", "?code=x&state=y", "/other"):
            with pytest.raises(HTTPError) as caught:
                urlopen(redirect + forged, timeout=20)  # noqa: S310 - an address of this machine
            caught.value.close()
            statuses.append(caught.value.code)
        visit(google.decide(address))

    use_browser(monkeypatch, browse)
    run(monkeypatch, client_id=CLIENT)
    assert statuses == [404] * 3


def test_code_with_another_challenge_is_refused(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that was requested with another challenge (PKCE) is refused."""

    def browse(address: str) -> None:
        visit(google.decide(address.replace("code_challenge=", "code_challenge=x")))

    use_browser(monkeypatch, browse)
    assert failure(monkeypatch, client_id=CLIENT).reason == "google-expired"


@for_each(
    "options, error, reason",
    [
        ({}, SettingsError, "google-which"),
        ({"remove": True}, SettingsError, "google-which"),
        ({"client_id": CLIENT, "no_try": True}, SettingsError, "google-untried"),
        ({"client_id": CLIENT, "delete_calendar": True}, SettingsError, "google-remove"),
        ({"remove": True, "delete_calendar": True, "no_try": True}, SettingsError, "google-untried"),
        ({"client_id": CLIENT, "password_stdin": False}, CredentialsMissing, "google-password"),
    ],
)
def test_missing_option_is_reported(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, object], error: type[AurionError], reason: str
) -> None:
    """The error comes before any request to Google."""
    found = failure(monkeypatch, **options)
    assert (type(found), found.reason) == (error, reason)


def test_export_does_not_ask_for_a_missing_token(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also at a terminal, because it cannot be typed; the removal works without it."""
    run(monkeypatch, client_id=CLIENT)
    (destination,) = load_account("moi", Config.from_environment()).destinations
    vaults().drop(destination.secret)
    monkeypatch.setattr("scraper.cli.terminal_dialog.can_ask", lambda: True)
    with pytest.raises(SinkRefused, match="google-no-password"):
        prompting_sink(destination, "moi", Config.from_environment()).check()
    run(monkeypatch, remove=True)
    assert load_account("moi", Config.from_environment()).destinations == ()
    assert len(google.calendars) == 1


def test_removal_without_google_needs_no_login_test(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the option nothing is deleted."""
    run(monkeypatch, client_id=CLIENT)
    google.lost = lambda _: True
    assert failure(monkeypatch, remove=True).reason == "google-connection"
    run(monkeypatch, remove=True, no_try=True)
    assert load_account("moi", Config.from_environment()).destinations == ()
    assert google.http.count("POST /revoke") == 1


def test_stored_secret_has_client_secret_and_refresh_token(google: FakeGoogle, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vault has both in one secret."""
    run(monkeypatch, client_id=CLIENT)
    (destination,) = load_account("moi", Config.from_environment()).destinations
    found = vaults().find(destination.secret)
    assert found
    assert json.loads(found[1].get_secret_value()) == {
        "client_secret": CLIENT_SECRET, "refresh_token": next(iter(google.refresh_tokens)),
    }  # fmt: skip


@for_each(
    ("text", "address"),
    [
        ("a1@group.calendar.google.com", "a1@group.calendar.google.com"),
        (f"{GOOGLE_CALENDARS}a1@group.calendar.google.com/", "a1@group.calendar.google.com"),
        (f"{GOOGLE_CALENDARS}a1%40group.calendar.google.com", "a1@group.calendar.google.com"),
        ("primary", None),
        ("https://example.org/a1@group.calendar.google.com", None),
        ("a1@b/../c", None),
    ],
)
def test_calendar_address_is_parsed(text: str, address: str | None) -> None:
    """The id of a calendar and its address at Google are accepted, other hosts are not."""
    if address is None:
        with pytest.raises(ValueError):  # noqa: PT011 - it has no text
            GOOGLE.parse_address(text)
    else:
        assert GOOGLE.parse_address(text) == f"{GOOGLE_CALENDARS}{address}/"
