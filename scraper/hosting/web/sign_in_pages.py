"""Pages to sign in, to wait for the portal's answer, and to log out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hmac import compare_digest

from pydantic import SecretStr
from starlette.responses import Response

from scraper.errors import AurionError, CredentialsMissing, SettingsError
from scraper.hosting.web import browser_sessions, sign_ins
from scraper.hosting.web.attempts import KNOWN_FOR, attempts_key, known_browser_cookie, network_of
from scraper.hosting.web.hosted_request import HostedRequest
from scraper.web.pages.request import INVALID_FORM, post, public, public_post

MOST_LETTERS = 200
TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInForm:
    """What a visitor typed to sign in."""

    school: str
    login: str = field(repr=False)
    password: SecretStr
    invitation: str = field(repr=False)


def show_home(request: HostedRequest) -> Response:
    """Redirect a student to the timetable; explain the service to others."""
    return request.redirect("/planning") if request.is_logged_in else request.render("home.html")


def show_sign_in(request: HostedRequest) -> Response:
    """Show the form; a student who is logged in needs it only for a new password."""
    if request.is_logged_in and "again" not in request.query:
        return request.redirect("/planning")
    return _render_form(request)


def sign_in(request: HostedRequest) -> Response:
    """Have a worker try login and password at the portal.

    The answer and the work are the same for a known login and an unknown one.
    """
    form, keys = _read_form(request.form), request.state.keys
    if not request.state.tries.allow(keys.digest("address", network_of(request.client)), request.now):
        return _render_form(request, form, SettingsError("hosting-tries"), status=TOO_MANY)
    if wrong := _find_errors(request, form):
        return _render_form(request, form, wrong=wrong)
    known = request.cookies.get(request.state.known_browser_name, "")
    key = attempts_key(keys, keys.login_digest(form.school, form.login), known)
    if not request.state.login_tries.allow(key, request.now):
        return _render_form(request, form, SettingsError("hosting-tries"), status=TOO_MANY)
    token = request.state.sign_ins.begin(
        form.school, form.login, form.password, request.words.language, request.now
    )  # fmt: skip
    request.state.sessions.revoke(request.cookie)
    response = request.redirect("/sign-in/wait")
    request.set_cookie(response, token, sign_ins.LIFETIME)
    return response


def wait(request: HostedRequest) -> Response:
    """Show how far the sign-in is; log the browser in once the portal has accepted it."""
    if request.is_logged_in:
        return request.redirect("/planning")
    found = request.state.sign_ins.find(request.cookie, request.now)
    if found is None:
        return request.redirect("/sign-in")
    if found.state == "failed":
        return _render_form(request, error=found.error)
    if found.state != "accepted":
        return request.render("waiting_sign_in.html", before=found.before, is_working=found.state == "working")
    student = request.state.sign_ins.claim(request.cookie, request.now)
    if student is None:
        return request.redirect("/sign-in")
    response = request.redirect("/welcome")
    request.set_cookie(response, request.state.sessions.create(student, request.now), browser_sessions.LIFETIME)
    if owner := request.state.students.get(student):
        known = known_browser_cookie(request.state.keys, owner.login_digest)
        request.set_cookie(response, known, KNOWN_FOR, request.state.known_browser_name)
    return response


def end_session(request: HostedRequest) -> Response:
    """Log this browser out, or all; the browser deletes what it stored of the page."""
    if request.form.get("all") == "yes":
        request.state.sessions.revoke_all(request.owner.id)
    else:
        request.state.sessions.revoke(request.cookie)
    response = request.redirect("/")
    request.delete_cookie(response, request.state.cookie_name)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


def _render_form(
    request: HostedRequest,
    form: SignInForm | None = None,
    error: AurionError | None = None,
    *,
    wrong: Mapping[str, AurionError] | None = None,
    status: int = 200,
) -> Response:
    """Render the form with what is wrong in it; without a cookie, another site could submit it."""
    if not request.cookie:
        new = secrets.token_urlsafe(browser_sessions.COOKIE_BYTES)
        request = replace(request, cookies={**request.cookies, request.state.cookie_name: new})
    schools = request.state.schools.values()
    response = request.render(
        "sign_in.html", status=INVALID_FORM if wrong else status, error=error, login=form.login if form else "",
        chosen=form.school if form else "", schools=[one for one in schools if one.login == "form"],
        elsewhere=[one.name for one in schools if one.login != "form"],
        invitation=form.invitation if form else request.query.get("invitation", "")[:MOST_LETTERS],
        needs_invitation=bool(request.state.settings.invitations), domains=request.state.settings.mail_domains,
        wrong={name: request.explain(one) for name, one in (wrong or {}).items()},
    )  # fmt: skip
    if not request.is_logged_in:
        request.set_cookie(response, request.cookie, sign_ins.LIFETIME)
    return response


def _read_form(typed: Mapping[str, str]) -> SignInForm:
    return SignInForm(
        school=typed.get("school", ""), login=typed.get("login", "").strip(),
        password=SecretStr(typed.get("password", "")), invitation=typed.get("invitation", "").strip(),
    )  # fmt: skip


def _find_errors(request: HostedRequest, form: SignInForm) -> Mapping[str, AurionError]:
    """Return what is wrong in the form, by its field; nothing here depends on which logins are known."""
    settings, password, found = request.state.settings, form.password.get_secret_value(), dict[str, AurionError]()
    school = request.state.schools.get(form.school)
    if school is None or school.login != "form":
        found["school"] = SettingsError("hosting-school")
    if not form.login or len(form.login) > MOST_LETTERS or not form.login.isprintable():
        found["login"] = CredentialsMissing("login", school=school.name if school else "")
    elif settings.mail_domains and not _has_domain(form.login, settings.mail_domains):
        found["login"] = SettingsError("hosting-domain", near=list(settings.mail_domains))
    if not password or len(password) > MOST_LETTERS:
        found["password"] = CredentialsMissing("password", school=school.name if school else "")
    if settings.invitations and not any(
        compare_digest(form.invitation.encode(), one.encode()) for one in settings.invitations
    ):
        found["invitation"] = SettingsError("hosting-invitation")
    return found


def _has_domain(login: str, domains: tuple[str, ...]) -> bool:
    name, _, domain = login.rpartition("@")
    return bool(name) and domain.casefold() in map(str.casefold, domains)


ROUTES = (
    public("/", show_home),
    public("/sign-in", show_sign_in),
    public_post("/sign-in", sign_in),
    public("/sign-in/wait", wait),
    post("/log-out", end_session),
)
