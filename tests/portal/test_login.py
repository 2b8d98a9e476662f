"""The log-in: each result has its own error, and the password reaches allowed hosts only."""

import re
from collections.abc import Callable

import pytest

from scraper.demo import Demo, Fault
from scraper.errors import (
    AccountLocked,
    ActionNeeded,
    AurionError,
    OtherProduct,
    PortalChanged,
    PortalUnavailable,
    WrongCredentials,
)
from scraper.parsing.page import Page, classify
from scraper.portal.password_hosts import check_password_may_go
from scraper.portal.session import Session
from tests.cases import for_each

FORM = '(?s)<form id="formulaireSpring".*</form>'
USER = '<input name="a" type="text" id="u1">'
SECRET = '<input name="b" type="password" id="p1">'


def form(inside: str, action: str = "/login") -> str:
    """Return the HTML of a login form."""
    return f'<form id="f" method="post" action="{action}">{inside}</form>'


def sent(demo: Demo) -> int:
    """Return how many times a login form was sent."""
    return sum(exchange.method == "POST" and exchange.path == "/login" for exchange in demo.log)


def enter(session: Session) -> Page:
    """Log in and return the kind of the page that follows."""
    return classify(session.enter(session.new_login()))


def test_correct_password_opens_the_home_page(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A correct password is sent once and leads to the home page."""
    demo = start()
    assert enter(visit(demo)) is Page.HOME
    assert sent(demo) == 1


@for_each(
    ("words", "error"),
    [
        ("Login ou mot de passe invalide", WrongCredentials),
        ("Votre compte est verrouillé", AccountLocked),
    ],
)
def test_refused_password_is_sent_once_and_reports_the_message(
    start: Callable[..., Demo], visit: Callable[..., Session], words: str, error: type[AurionError]
) -> None:
    """The error contains the message of the portal: a wrong password, or an account that is locked."""
    demo = start(refused=words)
    with pytest.raises(error) as raised:
        enter(visit(demo, password="non-non"))
    assert words in str(raised.value.facts["detail"])
    assert sent(demo) == 1


def test_verdict_of_the_portal_is_reported_once(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A login is accepted or refused; a session that is still open, or an error of the server, is neither."""
    verdicts: list[str] = []
    session = visit(start(), on_verdict=verdicts.append)
    for _ in range(2):
        enter(session)
        assert verdicts == ["accepted"]
    with pytest.raises(WrongCredentials):
        enter(visit(start(), password="non-non", on_verdict=verdicts.append))
    assert verdicts == ["accepted", "refused"]
    with pytest.raises(PortalUnavailable):
        enter(visit(start(Fault(path="/login", method="POST", status=503)), on_verdict=verdicts.append))
    assert verdicts == ["accepted", "refused"]


@for_each(
    "instead",
    [
        form(USER + SECRET + "<button>Connexion</button>"),
        form(USER + SECRET) + '<button form="f" type="submit">Entrer</button>',
        form(USER + SECRET + '<button type="button" onclick="this.form.submit()">Se connecter</button>'),
        form(USER + SECRET),
        '<form action="/chercher"><input name="q"><button>OK</button></form>'
        '<form action="/lettre"><input type="email" name="m"><button>Valider</button></form>'
        '<form action="/cache" style="display:none"><input name="x"><input type="password" name="y"></form>'
        + form(USER + SECRET + "<button>Connexion</button>"),
        form(USER + SECRET + "<button>Connexion</button>")
        + '<form action="/compte"><input name="m"><input type="password" name="x"><input type="password"></form>',
        '<div id="late" style="display:none">' + form(USER + SECRET + "<button>Connexion</button>") + "</div><script>"
        "setTimeout(function () { document.getElementById('late').style.display = ''; }, 600)</script>",
        (
            '<form id="f" method="post" action="/login" onkeyup="this.go.disabled = !this.b.value">'
            '<input type="hidden" name="elements"><input type="hidden" name="submit">'
            f"{USER}{SECRET}<button name=go disabled>Connexion</button></form>"
        ),
        '<button onclick="this.nextSibling.hidden = false">Connexion</button><div hidden>'
        + form(USER + SECRET + "<button>Connexion</button>")
        + "</div>",
        form(f'<input name="identifiant" style="position:absolute;left:-9999px">{USER}{SECRET}<button>OK</button>'),
    ],
)
def test_login_form_is_found_by_its_password_field(
    start: Callable[..., Demo], visit: Callable[..., Session], instead: str
) -> None:
    """Its ids, names and buttons are of no importance, nor are the forms before it and the time at which it appears."""
    fault = Fault(path="/faces/Login.xhtml", replace=FORM, with_=instead)
    demo = start(fault, username_field="a", password_field="b")
    assert enter(visit(demo)) is Page.HOME


@for_each(
    "before",
    ['<a href="{login}">Se connecter</a>', '<iframe src="{login}" width="600" height="400"></iframe>'],
)
def test_link_or_frame_before_the_login_is_followed(
    start: Callable[..., Demo], visit: Callable[..., Session], before: str
) -> None:
    """A link to the login is followed, and a frame of the portal that contains it becomes the page."""
    instead = before.replace("{login}", "/faces/Login.xhtml")
    demo = start(Fault(path="/faces/Login.xhtml", replace=FORM, with_=instead, times=1))
    assert enter(visit(demo)) is Page.HOME
    assert sent(demo) == 1


def test_undeclared_host_gets_no_password(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A login form of another host stays empty, because only the user can decide."""
    demo = start(login="sso-only")
    session = visit(demo, timeout=5)
    with pytest.raises(ActionNeeded) as raised:
        enter(session)
    assert (raised.value.reason, raised.value.facts["host"]) == ("other-host", "localhost")
    assert not any(exchange.method == "POST" for exchange in demo.log)
    assert session.tab.page.locator("#username, #password").evaluate_all("all => all.map(i => i.value)") == ["", ""]


def test_declared_host_gets_the_password(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A host of `--login-host` or the school file gets the password, and its form leads to the home page."""
    demo = start(login="sso-only")
    assert enter(visit(demo, login_hosts=frozenset({"localhost"}))) is Page.HOME


@for_each(
    "instead",
    [
        form(USER + SECRET + "<button>Connexion</button>", "{away}/login"),
        form(USER + SECRET + '<button formaction="{away}/login">Connexion</button>'),
    ],
)
def test_form_with_an_action_on_another_host_is_not_filled_in(
    start: Callable[..., Demo], visit: Callable[..., Session], instead: str
) -> None:
    """The resolved action decides, a button's own before the form's: nothing is typed or sent."""
    other, demo = start(), start()
    away = other.url.replace("127.0.0.1", "localhost")
    demo.control.faults = [Fault(path="/faces/Login.xhtml", replace=FORM, with_=instead.replace("{away}", away))]
    session = visit(demo, timeout=5)
    with pytest.raises(ActionNeeded):
        enter(session)
    assert other.log == []
    assert session.tab.page.locator("input").evaluate_all("all => all.every(i => !i.value)")


@for_each(
    ("address", "reason"),
    [("http://portail.test/login", "not-secure"), ("https://ailleurs.test/", "other-host"), ("data:,", "other-host")],
)
def test_password_requires_https_and_an_allowed_host(address: str, reason: str) -> None:
    """It is sent neither over http outside loopback nor to a host that is not declared."""
    with pytest.raises(ActionNeeded) as raised:
        check_password_may_go(address, {"portail.test"})
    assert raised.value.reason == reason
    check_password_may_go("https://PORTAIL.test/login", {"portail.test"})
    check_password_may_go("http://127.0.0.1:8080/login", {"127.0.0.1"})


RENEWAL = form('<input type="password" name="n1"><input type="password" name="n2"><button>OK</button>')


@for_each(
    ("after", "error", "reason"),
    [
        (f"<h1>Nouveau mot de passe</h1>{RENEWAL}", ActionNeeded, "renewal"),
        (form('<input name="otp" autocomplete="one-time-code"><button>OK</button>'), ActionNeeded, "second-factor"),
    ],
)
def test_password_renewal_and_second_factor_need_the_user(
    start: Callable[..., Demo], visit: Callable[..., Session], after: str, error: type[AurionError], reason: str
) -> None:
    """Both end the run, each with its own reason, after one login."""
    demo = start(Fault(method="POST", path="/login", body=f"<html><body>{after}</body></html>"))
    with pytest.raises(error) as raised:
        enter(visit(demo, timeout=5))
    assert raised.value.reason == reason
    assert sent(demo) == 1


@for_each(
    ("fault", "error", "reason"),
    [
        (
            Fault(status=200, body="<title>Aurion</title><h1>Maintenance en cours</h1>"),
            PortalUnavailable,
            "maintenance",
        ),
        (Fault(status=500, body="<h1>Erreur</h1>"), PortalUnavailable, "status"),
        (Fault(status=404, body="<h1>Rien</h1>"), OtherProduct, "not-found"),
        (
            Fault(status=200, body="<title>Auriga</title><app-root ng-version=17>Auriga</app-root>"),
            OtherProduct,
            "successor",
        ),
        (Fault(status=200, body="<h1>Ma boulangerie</h1><p>Pains</p>"), OtherProduct, "not-aurion"),
    ],
)
def test_page_at_the_address_decides_the_error(
    start: Callable[..., Demo],
    visit: Callable[..., Session],
    fault: Fault,
    error: type[AurionError],
    reason: str,
) -> None:
    """No password is sent to a portal in maintenance or with an error, or to something other than Aurion."""
    demo = start(fault)
    with pytest.raises(error) as raised:
        enter(visit(demo, timeout=5))
    assert raised.value.reason == reason
    assert sent(demo) == 0


def test_login_with_a_cut_response_is_not_sent_again(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A response that breaks off after the form was sent does not make the program send it twice."""
    body = re.sub(r"\s+", " ", "<p>…</p>" * 200)
    demo = start(Fault(method="POST", path="/login", body=body, cut=0))
    with pytest.raises(AurionError):
        enter(visit(demo, timeout=5))
    assert sent(demo) == 1


@for_each(
    "between",
    [
        '<h1>Information</h1><p>Le service change.</p><a href="/faces/MainMenuPage.xhtml">Continuer</a>',
        '<form action="/faces/MainMenuPage.xhtml"><button>J\u2019ai compris</button></form>',
        '<form action="/faces/MainMenuPage.xhtml"><textarea></textarea><button>Répondre plus tard</button></form>',
        '<meta http-equiv="refresh" content="1; url=/faces/MainMenuPage.xhtml"><p>Redirection en cours</p>',
        '<p>Un instant</p><script>setTimeout(function () { location = "/faces/MainMenuPage.xhtml" }, 700)</script>',
    ],
)
def test_page_between_login_and_home_is_skipped(
    start: Callable[..., Demo], visit: Callable[..., Session], between: str
) -> None:
    """News with a button or link, a survey that can be postponed, and pages that redirect are passed."""
    demo = start(Fault(method="GET", path="/", skip=1, times=1, body=f"<html><body>{between}</body></html>"))
    assert enter(visit(demo, timeout=40)) is Page.HOME


JSF = '<input type="hidden" name="javax.faces.ViewState" value="1:2">'
CHARTER = "<h1>Charte informatique</h1><p>Le service peut être indisponible. Tout accès refusé est journalisé.</p>"
ACCOUNT = (
    '<ul class="menuMonCompte"><li><a href="/logout">Déconnexion</a></li><li><a href="?l=en">English</a></li></ul>'
)


CHECKBOX = '<input type="checkbox" name="c"><button>Accepter et continuer</button>'
SURVEY = '<p>Votre avis</p><label><input type="radio" name="q">Bien</label><button>Envoyer</button>'


@for_each(
    ("inside", "buttons"),
    [
        (CHECKBOX, ["Accepter et continuer"]),
        (JSF + CHECKBOX, ["Accepter et continuer"]),
        (
            f"{CHARTER}<button>Je refuse</button><button>J'accepte la charte</button>",
            ["Je refuse", "J'accepte la charte"],
        ),
        (f"{JSF}{CHARTER}<a href='/n'>Je refuse</a><a href='/y'>J'accepte</a>", ["Je refuse", "J'accepte"]),
        (f"{CHARTER}{ACCOUNT}<input type='checkbox' required><input type='submit' value='Valider'>", ["Valider"]),
        (SURVEY, ["Envoyer"]),
        (JSF + SURVEY, ["Envoyer"]),
        ('<p>Vos données</p><input name="tel" value="0601020304"><button>Enregistrer</button>', ["Enregistrer"]),
        (f"{JSF}<p>Votre avis</p><textarea name='t'></textarea><input type='submit' value='Envoyer'>", ["Envoyer"]),
    ],
)
def test_page_that_requires_an_answer_is_left_to_the_user(
    start: Callable[..., Demo], visit: Callable[..., Session], inside: str, buttons: list[str]
) -> None:
    """A charter, a survey and data to confirm are reported with their buttons, and never answered."""
    page = f'<html><body><form method="post" action="/answered">{inside}</form></body></html>'
    demo = start(Fault(method="GET", path="/", skip=1, body=page))
    session = visit(demo, timeout=90)
    with pytest.raises(ActionNeeded) as raised:
        enter(session)
    assert (raised.value.reason, raised.value.facts["labels"]) == ("consent", buttons)
    assert {button.label for button in session.snapshots[-1].forms[0].buttons} <= set(buttons)
    assert not any(exchange.path in {"/answered", "/y", "/n"} for exchange in demo.log)


def test_checkbox_is_recorded_with_its_state(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A field shows whether its checkbox is checked and required."""
    boxes = '<input type="checkbox" name="a" value="on" required><input type="checkbox" name="b" checked>'
    page = f'<html><body><form method="post">{boxes}<button>Valider</button></form></body></html>'
    session = visit(start(Fault(method="GET", path="/", skip=1, body=page)), timeout=90)
    with pytest.raises(ActionNeeded):
        enter(session)
    found = session.snapshots[-1].forms[0].fields
    assert [(field.filled, field.required) for field in found] == [(False, True), (True, False)]


def test_redirect_back_to_the_login_page_is_a_refusal(
    start: Callable[..., Demo], visit: Callable[..., Session]
) -> None:
    """From the form's own address to the login page: the login failed, and the password is sent once."""
    demo = start(Fault(method="POST", path="/login", location="/login"))
    with pytest.raises(WrongCredentials):
        enter(visit(demo))
    assert sent(demo) == 1


def test_download_after_the_login_is_a_changed_portal(
    start: Callable[..., Demo], visit: Callable[..., Session]
) -> None:
    """A file that comes instead of a page is reported at once, and the password is not sent again."""
    demo = start(Fault(method="POST", path="/login", body="\x01\x02", content_type="application/octet-stream"))
    with pytest.raises(PortalChanged) as raised:
        enter(visit(demo))
    assert raised.value.reason == "unknown-page"
    assert sent(demo) == 1


def test_download_instead_of_the_first_page_is_another_product(
    start: Callable[..., Demo], visit: Callable[..., Session]
) -> None:
    """A file that a browser would save is requested once, and its server is not an Aurion portal."""
    demo = start(Fault(body="\x01\x02", content_type="application/octet-stream"))
    with pytest.raises(OtherProduct):
        enter(visit(demo))
    assert len(demo.log) == 1
