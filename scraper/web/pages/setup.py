"""The set-up: which school; who, which months and where the calendar goes; then the first run begins."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.schools.files import all_schools, guess_school, load_school, school_at
from scraper.config.schools.search import search_schools
from scraper.config.settings.loading import account_names, shorten_path
from scraper.config.vault import vaults
from scraper.domain.school import School
from scraper.errors import AurionError, SettingsError, VaultLocked
from scraper.system.run_history import REFUSED, Runs
from scraper.web.pages.messages import error_message
from scraper.web.pages.request import WRONG, PageRequest, get, post
from scraper.web.pages.setup_form import SetupForm, answers_of, is_sealed, is_untried, opened, suggested_file
from scraper.web.pages.start_run import begin_run


class Found(TypedDict):
    """What a search found: `typed` is what was searched for, `complaint` is said where nothing fits."""

    typed: str
    schools: tuple[School, ...]
    is_sure: bool
    complaint: str


def first_page(visit: PageRequest) -> Response:
    """The planning; the set-up where there is no account yet."""
    return visit.goes_to("/planning" if account_names() else "/welcome")


def ask_school(visit: PageRequest) -> Response:
    """Show the first step: a search, and all schools known."""
    before = visit.desk.drafts.of(visit.visitor).get("before", "")
    is_another = "another" in visit.query and not _is_refused(visit, before)
    if before and (is_another or not _can_be_replaced(visit, before)):
        visit.desk.drafts.drop(visit.visitor)  # that set-up is done; another account is begun
    return visit.render("welcome.html", **_found(visit, ""), key_of=key_of, is_first=not account_names())


def find_school(visit: PageRequest) -> Response:
    """The one school that is meant is taken; else those that may be meant are shown."""
    typed = visit.form.get("typed", "").strip()
    found = _found(visit, typed)
    if typed and found["is_sure"] and len(found["schools"]) == 1:
        return _taken(visit, key_of(found["schools"][0]))
    return visit.render("welcome.html", status=WRONG, **found, key_of=key_of, is_first=not account_names())


def list_schools(visit: PageRequest) -> Response:
    """Those that may be meant, while somebody types."""
    return visit.render("_schools.html", **_found(visit, visit.form.get("typed", "").strip()), key_of=key_of)


def take_school(visit: PageRequest) -> Response:
    """The one that was pressed."""
    return _taken(visit, visit.form.get("school", ""))


def ask_account(visit: PageRequest) -> Response:
    """The second step: login, password, months, where it goes."""
    typed = visit.desk.drafts.of(visit.visitor)
    if not typed.get("school"):
        return visit.goes_to("/welcome")
    return _asked(visit, _answers(visit, typed), {})


def begin(visit: PageRequest) -> Response:
    """Writes the account, its password into the vault, and starts the first run; or says what is wrong, and where."""
    drafts, environment = visit.desk.drafts, visit.desk.environment
    typed = {name: visit.form.get(name, "") for name in ("school", "login", "months", "where", "file", "replace")}
    drafts.keep(visit.visitor, **typed)
    answers = _answers(visit, drafts.of(visit.visitor))
    password, passphrase = visit.form.get("password", ""), visit.form.get("passphrase", "")
    if wrong := answers.wrong(password):
        return _asked(visit, answers, wrong)
    try:
        name = answers.write(SecretStr(password), opened(passphrase, environment))
    except VaultLocked as error:
        return _asked(visit, answers, {"passphrase" if error.reason.startswith("passphrase") else "password": error})
    except SettingsError as error:
        return _asked(visit, answers, {"login": error})
    drafts.keep(visit.visitor, before=name, replace=name)
    return begin_run(visit, name, password=SecretStr(password), is_new=True)


def key_of(school: School) -> str:
    """What names it in a form: its id, but its address where that is not the one that its file has."""
    return school.id if school.id and load_school(school.id).base_url == school.base_url else school.base_url


def school_called(key: str) -> School:
    """The school of such a name. Raises UnknownSchool, SettingsError."""
    return school_at(key) if "/" in key else load_school(key)


def _answers(visit: PageRequest, typed: Mapping[str, str]) -> SetupForm:
    before = _before(visit)
    replaced = before if typed.get("replace", before) == before else ""
    return answers_of(
        typed, school_called(typed["school"]), visit.desk.environment, replaced=replaced, language=visit.words.language
    )


def _before(visit: PageRequest) -> str:
    """The account that may give its place: the one that this visitor began, else one that was refused; else empty."""
    refused = (name for name in account_names() if _is_refused(visit, name))
    before = visit.desk.drafts.of(visit.visitor).get("before") or next(refused, "")
    return before if _can_be_replaced(visit, before) else ""


def _can_be_replaced(visit: PageRequest, account: str) -> bool:
    """Whether the account never worked, and no run of it goes on."""
    live = visit.desk.underway.of(account)
    goes_on = (live is not None and live.result is None) or Runs(visit.desk.state, account).is_running()
    return account in account_names() and is_untried(account) and not goes_on


def _is_refused(visit: PageRequest, account: str) -> bool:
    """Whether the portal refused the account's only logins so far."""
    last = Runs(visit.desk.state, account).last() if account else None
    return last is not None and last.exit_code == REFUSED and is_untried(account)


def _taken(visit: PageRequest, key: str) -> Response:
    typed, kept = visit.form.get("typed", "").strip(), {"school": key_of(school_called(key))}
    if _is_mail(typed):
        kept["login"] = typed
    visit.desk.drafts.keep(visit.visitor, **kept)
    return visit.goes_to("/welcome/account")


def _found(visit: PageRequest, typed: str) -> Found:
    """The schools that what was typed may mean; all of them for nothing."""
    if not typed:
        return Found(typed="", schools=all_schools(), is_sure=False, complaint="")
    schools, is_sure = tuple(filter(None, [guess_school(typed)])), True
    if not _is_mail(typed):
        schools, is_sure = search_schools(typed)
    return Found(typed=typed, schools=schools, is_sure=is_sure, complaint="" if schools else _complaint(visit, typed))


def _complaint(visit: PageRequest, typed: str) -> str:
    """Why no school is meant; of what looks like an address, what is wrong with it."""
    if "/" in typed:
        try:
            school_at(typed)
        except SettingsError as error:
            return error_message(error, visit.words)[0]
    return visit.words("page.welcome.no_school", given=typed)


def _is_mail(typed: str) -> bool:
    return "@" in typed and "/" not in typed


def _asked(visit: PageRequest, answers: SetupForm, wrong: dict[str, AurionError]) -> Response:
    environment, kept, sealed = visit.desk.environment, "", False
    try:
        places = vaults(environment=environment)
        home, sealed = places.preferred(), is_sealed(places, environment)
        facts = {name: shorten_path(Path(fact)) if name == "path" else fact for name, fact in home.facts.items()}
        kept = visit.words(f"page.welcome.kept.{home.why}", **facts)
    except VaultLocked as error:
        wrong = {"password": error} | wrong
    return visit.render(
        "welcome_account.html", status=WRONG if wrong else 200, answers=answers, key=key_of(answers.school), kept=kept,
        sealed=sealed, wrong={field: error_message(error, visit.words) for field, error in wrong.items()},
        is_first=not account_names(), before=_before(visit),
        suggested=suggested_file(replaced=answers.replaced),
    )  # fmt: skip


ROUTES = (
    get("/", first_page),
    get("/welcome", ask_school),
    post("/welcome", find_school, harmless=True),
    post("/welcome/schools", list_schools, harmless=True),
    post("/welcome/school", take_school, harmless=True),
    get("/welcome/account", ask_account),
    post("/welcome/account", begin),
)
