"""A run as it goes on, what came of it, and what to do then."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.accounts import ConfiguredAccount, load_account, store_password
from scraper.config.settings.loading import account_names, default_output, shorten_path
from scraper.config.settings.validation import real_path
from scraper.errors import AurionError, CredentialsMissing, VaultLocked
from scraper.web.feed.app import nothing
from scraper.web.pages.account_choice import zone_of
from scraper.web.pages.messages import day, error_message, moment
from scraper.web.pages.request import WRONG, PageRequest, get, post
from scraper.web.pages.run_events import picture_at
from scraper.web.pages.run_status import standing_of
from scraper.web.pages.run_steps import lines_of, said_of
from scraper.web.pages.setup import key_of
from scraper.web.pages.setup_form import is_sealed, is_untried, opened
from scraper.web.pages.start_run import begin_run


def every_run(visit: PageRequest) -> Response:
    """Each account's last run, and what waits."""
    found = [standing_of(visit.desk, name, visit.words) for name in account_names()]
    moments = {one.account: _moment(visit, one.account) for one in found}
    return visit.render("runs.html", standings=found, moments=moments) if found else visit.goes_to("/welcome")


def one_run(visit: PageRequest) -> Response:
    """The run that goes on, or what came of the last one."""
    return _shown(visit, _named(visit), {})


def start(visit: PageRequest) -> Response:
    """A run begins; where one goes on already, that one is shown."""
    return begin_run(visit, _named(visit).name)


def stop(visit: PageRequest) -> Response:
    """The run that goes on here is ended, and the calendar stays as it was."""
    account = visit.path["account"]
    if live := visit.desk.underway.of(account):
        live.stop.set()
    return visit.goes_to(f"/runs/{account}")


def set_password(visit: PageRequest) -> Response:
    """The password anew, into the vault; then the next run."""
    named, password = _named(visit), visit.form.get("password", "")
    if not password:
        return _shown(visit, named, {"password": CredentialsMissing("password", school=named.school.name)})
    try:
        phrase = visit.form.get("passphrase", "")
        places = opened(phrase, visit.desk.environment)
        store_password(named.name, SecretStr(password), places.home(named.name).vault)
    except VaultLocked as error:
        return _shown(visit, named, {"passphrase" if error.reason.startswith("passphrase") else "password": error})
    return begin_run(
        visit, named.name, password=SecretStr(password), passphrase=SecretStr(phrase), is_new=is_untried(named.name)
    )


def open_vault(visit: PageRequest) -> Response:
    """A run with the password that the age file has, opened by its passphrase."""
    named = _named(visit)
    phrase = visit.form.get("passphrase", "")
    try:
        found = opened(phrase, visit.desk.environment).find(named.name)
    except VaultLocked as error:
        return _shown(visit, named, {"passphrase": error})
    return begin_run(visit, named.name, password=found[1] if found else None, passphrase=SecretStr(phrase))


def open_window(visit: PageRequest) -> Response:
    """A person logs in in a window, then the run goes on."""
    return begin_run(visit, _named(visit).name, by_hand=True)


def redo(visit: PageRequest) -> Response:
    """Lead back to the set-up of an account that never worked, with what was answered."""
    named = _named(visit)
    answered = {"school": key_of(named.school), "login": named.login, "months": str(named.settings.months)}
    file = named.settings.output or ""
    file = "" if real_path(file) == real_path(str(default_output(named.name))) else file
    visit.desk.drafts.keep(visit.visitor, before=named.name, replace=named.name, file=file, **answered)
    return visit.goes_to("/welcome/account")


def calendar(visit: PageRequest) -> Response:
    """The account's calendar, as the last run left it."""
    headers = {"content-disposition": 'attachment; filename="planning.ics"'}
    for path in _named(visit).outputs:
        with suppress(OSError):
            return Response(Path(path).read_bytes(), media_type="text/calendar", headers=headers)
    return nothing(404)


def _named(visit: PageRequest) -> ConfiguredAccount:
    """The account of the address. Raises SettingsError."""
    return load_account(visit.path["account"], visit.desk.environment)


def _moment(visit: PageRequest, account: str) -> Callable[[datetime], str]:
    """How a template tells a time of that account."""
    zone = zone_of(account, visit.desk.environment)
    return lambda at: moment(at, visit.now, visit.words, zone)


def _shown(visit: PageRequest, named: ConfiguredAccount, wrong: dict[str, AurionError]) -> Response:
    words, standing = visit.words, standing_of(visit.desk, named.name, visit.words)
    changes = (standing.told.get("changes") or {}) if standing.live and not standing.live.is_first else {}
    return visit.render(
        "run.html", status=WRONG if wrong else 200, standing=standing, school=named.school.name,
        lines=lines_of(standing, words), said=said_of(standing, words), picture=picture_at(visit, named.name),
        changed=[(kind, count) for kind, count in changes.items() if count],
        is_same=bool(changes) and not any(changes.values()),
        files=[shorten_path(Path(path)) for path in named.outputs if path != "-"],
        sealed=standing.next == "password" and _is_sealed(visit),
        wrong={name: error_message(error, words) for name, error in wrong.items()}, moment=_moment(visit, named.name),
        day=lambda text: day(date.fromisoformat(text), words),
    )  # fmt: skip


def _is_sealed(visit: PageRequest) -> bool:
    with suppress(VaultLocked):
        return is_sealed(opened("", visit.desk.environment), visit.desk.environment)
    return False


ROUTES = (
    get("/runs", every_run),
    get("/runs/{account}", one_run),
    post("/runs/{account}", start, harmless=True),
    post("/runs/{account}/stop", stop, harmless=True),
    post("/runs/{account}/password", set_password),
    post("/runs/{account}/passphrase", open_vault),
    post("/runs/{account}/window", open_window),
    post("/runs/{account}/redo", redo, harmless=True),
    get("/runs/{account}/planning.ics", calendar),
)
