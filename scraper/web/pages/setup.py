"""The set-up: the school, then the login, then where to see the lessons; then the first run starts."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from pydantic import SecretStr
from starlette.responses import Response

from scraper.config.default_output import shorten_path
from scraper.config.schools.school_files import all_schools, guess_school, load_school, school_at
from scraper.config.schools.school_search import search_schools
from scraper.config.vault.vaults import vaults
from scraper.domain.school import School
from scraper.errors import AurionError, ExitCode, SettingsError, VaultLocked
from scraper.system.run_history import Runs
from scraper.web.pages.messages import error_message
from scraper.web.pages.phone import WAYS
from scraper.web.pages.request import INVALID_FORM, PageRequest, get, post
from scraper.web.pages.setup_form import (
    SetupForm,
    is_untried,
    needs_passphrase,
    open_vaults,
    parse_setup_form,
    suggested_file,
)
from scraper.web.pages.start_run import begin_run


class SearchResult(TypedDict):
    """The schools that a search found.

    `typed` is the search text. `is_sure` is true where the text identifies the schools. `message` explains why nothing
    matches, empty where something does.
    """

    typed: str
    schools: tuple[School, ...]
    is_sure: bool
    message: str


def redirect_home(request: PageRequest) -> Response:
    """Redirect to the timetable, or to the set-up where there is no account."""
    return request.redirect("/planning" if request.config.account_names else "/welcome")


def ask_school(request: PageRequest) -> Response:
    """Show the first step: a search, and all known schools."""
    before = request.state.drafts.get(request.visitor).get("before", "")
    is_another = "another" in request.query and not _is_refused(request, before)
    if before and (is_another or not _can_be_replaced(request, before)):
        request.state.drafts.drop(request.visitor)  # that set-up is complete; this one is for another account
    is_first = not request.config.account_names
    return request.render("welcome.html", **_search(request, ""), school_key=school_key, is_first=is_first)


def submit_school(request: PageRequest) -> Response:
    """Continue with the school where the text identifies one; otherwise show the matching schools."""
    typed = request.form.get("typed", "").strip()
    result = _search(request, typed)
    if typed and result["is_sure"] and len(result["schools"]) == 1:
        return _choose_school(request, school_key(result["schools"][0]))
    return request.render(
        "welcome.html", status=INVALID_FORM, **result, school_key=school_key, is_first=not request.config.account_names
    )


def list_schools(request: PageRequest) -> Response:
    """Send the matching schools while the visitor types."""
    return request.render(
        "_schools.html", **_search(request, request.form.get("typed", "").strip()), school_key=school_key
    )


def choose_school(request: PageRequest) -> Response:
    """Continue with the school of the pressed button."""
    return _choose_school(request, request.form.get("school", ""))


def ask_account(request: PageRequest) -> Response:
    """Show the second step: login and password."""
    typed = request.state.drafts.get(request.visitor)
    if not typed.get("school"):
        return request.redirect("/welcome")
    return _render_account_form(request, _setup_form(request, typed), {})


def submit_account(request: PageRequest) -> Response:
    """Write the account, store its password and continue; or show the form with its errors."""
    drafts, environment = request.state.drafts, request.state.environment
    typed = {name: request.form.get(name, "") for name in ("school", "login", "months", "file", "past", "replace")}
    drafts.keep(request.visitor, **typed)
    form = _setup_form(request, drafts.get(request.visitor))
    kept = drafts.password(request.visitor, school_key(form.school))
    password = request.form.get("password", "") or (kept.get_secret_value() if kept else "")
    passphrase = request.form.get("passphrase", "")
    if password:
        drafts.keep_password(request.visitor, school_key(form.school), SecretStr(password))
    if errors := form.find_errors(password):
        return _render_account_form(request, form, errors)
    try:
        name = form.save(SecretStr(password), open_vaults(passphrase, environment))
    except VaultLocked as error:
        return _render_account_form(
            request, form, {"passphrase" if error.reason.startswith("passphrase") else "password": error}
        )
    except SettingsError as error:
        return _render_account_form(request, form, {"login": error})
    drafts.keep(request.visitor, before=name, replace=name)
    return request.redirect("/welcome/where")


def ask_way(request: PageRequest) -> Response:
    """Show the third step: where the user wants to see the lessons."""
    name = _new_account(request)
    if not name:
        return request.redirect("/")
    return request.render("welcome_where.html", ways=tuple(WAYS), is_first=request.config.account_names == (name,))


def submit_way(request: PageRequest) -> Response:
    """Start the first run, after which the page shows the guide to the chosen calendar."""
    name, drafts, way = _new_account(request), request.state.drafts, request.form.get("way", "")
    if not name or way not in WAYS:
        return request.redirect("/welcome/where" if name else "/")
    password = drafts.password(request.visitor, drafts.get(request.visitor)["school"])
    drafts.keep(request.visitor, way=way)
    drafts.drop_password(request.visitor)
    return begin_run(request, name, password=password, is_new=True)


def school_key(school: School) -> str:
    """Return what identifies the school in a form: its id, or its address where that differs from the id's file."""
    return school.id if school.id and load_school(school.id).base_url == school.base_url else school.base_url


def school_for_key(key: str) -> School:
    """Return the school for such a key. Raise UnknownSchool or SettingsError."""
    return school_at(key) if "/" in key else load_school(key)


def _setup_form(request: PageRequest, typed: Mapping[str, str]) -> SetupForm:
    before = _replaceable_account(request)
    replaced = before if typed.get("replace", before) == before else ""
    return parse_setup_form(
        typed,
        school_for_key(typed["school"]),
        request.config,
        replaced=replaced,
        language=request.words.language,
    )


def _replaceable_account(request: PageRequest) -> str:
    """Return the account that the new one may replace: this visitor's own, else one with a refused login, else ""."""
    refused_accounts = (name for name in request.config.account_names if _is_refused(request, name))
    account = request.state.drafts.get(request.visitor).get("before") or next(refused_accounts, "")
    return account if _can_be_replaced(request, account) else ""


def _new_account(request: PageRequest) -> str:
    """Return the account that the visitor has set up and that never worked; "" where there is none."""
    name = request.state.drafts.get(request.visitor).get("before", "")
    is_known = name in request.config.account_names
    return name if is_known and is_untried(request.state.folder, name) else ""


def _can_be_replaced(request: PageRequest, account: str) -> bool:
    """Return whether no run of the account ever succeeded and none is under way."""
    run = request.state.runs.get(account)
    is_running = (run is not None and run.result is None) or Runs(request.state.folder, account).is_running()
    return account in request.config.account_names and is_untried(request.state.folder, account) and not is_running


def _is_refused(request: PageRequest, account: str) -> bool:
    """Return whether the portal refused the login of an account that never worked."""
    last = Runs(request.state.folder, account).last() if account else None
    return last is not None and last.exit_code == ExitCode.LOGIN_REFUSED and is_untried(request.state.folder, account)


def _choose_school(request: PageRequest, key: str) -> Response:
    typed, draft = request.form.get("typed", "").strip(), {"school": school_key(school_for_key(key))}
    if _is_mail(typed):
        draft["login"] = typed
    request.state.drafts.keep(request.visitor, **draft)
    return request.redirect("/welcome/account")


def _search(request: PageRequest, typed: str) -> SearchResult:
    """Return the schools that match the text; all schools for an empty text."""
    if not typed:
        return SearchResult(typed="", schools=all_schools(), is_sure=False, message="")
    schools, is_sure = tuple(filter(None, [guess_school(typed)])), True
    if not _is_mail(typed):
        schools, is_sure = search_schools(typed)
    return SearchResult(
        typed=typed, schools=schools, is_sure=is_sure, message="" if schools else _no_match_message(request, typed)
    )


def _no_match_message(request: PageRequest, typed: str) -> str:
    """Return why no school matches; where the text looks like an address, what is wrong with that."""
    if "/" in typed:
        try:
            school_at(typed)
        except SettingsError as error:
            return error_message(error, request.words)[0]
    return request.words("page.welcome.no_school", given=typed)


def _is_mail(typed: str) -> bool:
    return "@" in typed and "/" not in typed


def _render_account_form(request: PageRequest, form: SetupForm, errors: dict[str, AurionError]) -> Response:
    environment, kept, is_locked = request.state.environment, "", False
    key = school_key(form.school)
    try:
        stores = vaults(environment=environment)
        home, is_locked = stores.choose(), needs_passphrase(stores, environment)
        facts = {name: shorten_path(Path(fact)) if name == "path" else fact for name, fact in home.facts.items()}
        kept = request.words(f"page.welcome.kept.{home.why}", **facts)
    except VaultLocked as error:
        errors = {"password": error} | errors
    return request.render(
        "welcome_account.html", status=INVALID_FORM if errors else 200, form=form, key=key,
        kept=kept, needs_passphrase=is_locked, suggested=suggested_file(request.config, replaced=form.replaced),
        wrong={field: error_message(error, request.words) for field, error in errors.items()},
        is_first=not request.config.account_names,
        has_password=request.state.drafts.password(request.visitor, key) is not None,
        before=_replaceable_account(request),
    )  # fmt: skip


ROUTES = (
    get("/", redirect_home),
    get("/welcome", ask_school),
    post("/welcome", submit_school, harmless=True),
    post("/welcome/schools", list_schools, harmless=True),
    post("/welcome/school", choose_school, harmless=True),
    get("/welcome/account", ask_account),
    post("/welcome/account", submit_account),
    get("/welcome/where", ask_way),
    post("/welcome/where", submit_way),
)
