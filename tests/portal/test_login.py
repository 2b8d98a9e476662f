"""Every way in which a login ends, distinguished; and where the password never goes."""

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

FORM = '(?s)<form id="formulaireSpring".*</form>'
USER = '<input name="a" type="text" id="u1">'
SECRET = '<input name="b" type="password" id="p1">'


def form(inside: str, action: str = "/login") -> str:
    """A login form in the page's place for it."""
    return f'<form id="f" method="post" action="{action}">{inside}</form>'


def sent(demo: Demo) -> int:
    """How many times a login form arrived."""
    return sum(exchange.method == "POST" and exchange.path == "/login" for exchange in demo.log)


def enter(session: Session) -> Page:
    """Goes in; what page that leads to."""
    return classify(session.enter(session.new_login()))


def test_a_student_gets_in(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A right password leads to the home page, sent once."""
    demo = start()
    assert enter(visit(demo)) is Page.HOME
    assert sent(demo) == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("Login ou mot de passe invalide", WrongCredentials),
        ("Votre compte est verrouillé", AccountLocked),
    ],
)
def test_a_refusal_is_reported_in_the_portal_s_words_and_tried_once(
    start: Callable[..., Demo], visit: Callable[..., Session], words: str, error: type[AurionError]
) -> None:
    """A refused password is sent once, and the error says what the portal reported."""
    demo = start(refused=words)
    with pytest.raises(error) as raised:
        enter(visit(demo, password="non-non"))
    assert words in str(raised.value.facts["detail"])
    assert sent(demo) == 1


def test_what_the_portal_says_is_passed_on_at_once(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A login that is let in or refused; one that ends before an answer is neither, nor is a session still open."""
    stated: list[str] = []
    session = visit(start(), on_verdict=stated.append)
    enter(session)
    assert stated == ["accepted"]
    enter(session)
    assert stated == ["accepted"]
    session.tab.page.context.clear_cookies()
    with pytest.raises(WrongCredentials):
        enter(visit(start(), password="non-non", on_verdict=stated.append))
    assert stated == ["accepted", "refused"]
    session.tab.page.context.clear_cookies()
    with pytest.raises(PortalUnavailable):
        enter(visit(start(Fault(path="/login", method="POST", status=503)), on_verdict=stated.append))
    assert stated == ["accepted", "refused"]


@pytest.mark.parametrize(
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
        "setTimeout(function () { document.getElementById('late').style.display = ''; }, 1800)</script>",
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
    ids=[
        "other names",
        "button outside",
        "button by script",
        "no button",
        "decoys",
        "account to make",
        "late",
        "keys",
        "behind a button",
        "for robots",
    ],
)
def test_the_form_that_holds_the_password_is_the_login(
    start: Callable[..., Demo], visit: Callable[..., Session], instead: str
) -> None:
    """Whatever its ids, names and buttons, and whatever forms are before it."""
    fault = Fault(path="/faces/Login.xhtml", replace=FORM, with_=instead)
    demo = start(fault, username_field="a", password_field="b")
    assert enter(visit(demo, timeout=5)) is Page.HOME


@pytest.mark.parametrize(
    "before",
    ['<a href="{login}">Se connecter</a>', '<iframe src="{login}" width="600" height="400"></iframe>'],
    ids=["link", "frame"],
)
def test_a_page_before_the_login_is_passed(
    start: Callable[..., Demo], visit: Callable[..., Session], before: str
) -> None:
    """A link to the login is followed, a frame of the portal that holds it becomes the page."""
    instead = before.replace("{login}", "/faces/Login.xhtml")
    demo = start(Fault(path="/faces/Login.xhtml", replace=FORM, with_=instead, times=1))
    assert enter(visit(demo)) is Page.HOME
    assert sent(demo) == 1


def test_an_undeclared_host_is_given_no_password(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """A login form of another host is not filled: a person must decide."""
    demo = start(login="sso-only")
    session = visit(demo, timeout=5)
    with pytest.raises(ActionNeeded) as raised:
        enter(session)
    assert (raised.value.reason, raised.value.facts["host"]) == ("other-host", "localhost")
    assert not any(exchange.method == "POST" for exchange in demo.log)
    assert session.tab.page.locator("#username, #password").evaluate_all("all => all.map(i => i.value)") == ["", ""]


def test_a_declared_host_is_given_the_password(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """Where `--login-host` or the school file names it, its form is filled and leads home."""
    demo = start(login="sso-only")
    assert enter(visit(demo, login_hosts=frozenset({"localhost"}))) is Page.HOME


@pytest.mark.parametrize(
    "instead",
    [
        form(USER + SECRET + "<button>Connexion</button>", "{away}/login"),
        form(USER + SECRET + '<button formaction="{away}/login">Connexion</button>'),
    ],
    ids=["action", "formaction"],
)
def test_a_form_that_sends_elsewhere_is_not_filled(
    start: Callable[..., Demo], visit: Callable[..., Session], instead: str
) -> None:
    """The action resolved decides, the button's own before the form's: nothing is typed, nothing arrives."""
    other, demo = start(), start()
    away = other.url.replace("127.0.0.1", "localhost")
    demo.control.faults = [Fault(path="/faces/Login.xhtml", replace=FORM, with_=instead.replace("{away}", away))]
    session = visit(demo, timeout=5)
    with pytest.raises(ActionNeeded):
        enter(session)
    assert other.log == []
    assert session.tab.page.locator("input").evaluate_all("all => all.every(i => !i.value)")


@pytest.mark.parametrize(
    ("address", "reason"),
    [("http://portail.test/login", "not-secure"), ("https://ailleurs.test/", "other-host"), ("data:,", "other-host")],
)
def test_the_password_goes_over_https_to_known_hosts(address: str, reason: str) -> None:
    """Neither http outside loopback nor a host that is not declared."""
    with pytest.raises(ActionNeeded) as raised:
        check_password_may_go(address, {"portail.test"})
    assert raised.value.reason == reason
    check_password_may_go("https://PORTAIL.test/login", {"portail.test"})
    check_password_may_go("http://127.0.0.1:8080/login", {"127.0.0.1"})


RENEWAL = form('<input type="password" name="n1"><input type="password" name="n2"><button>OK</button>')


@pytest.mark.parametrize(
    ("after", "error", "reason"),
    [
        (f"<h1>Nouveau mot de passe</h1>{RENEWAL}", ActionNeeded, "renewal"),
        (form('<input name="otp" autocomplete="one-time-code"><button>OK</button>'), ActionNeeded, "second-factor"),
    ],
)
def test_what_only_a_person_can_do_is_stated(
    start: Callable[..., Demo], visit: Callable[..., Session], after: str, error: type[AurionError], reason: str
) -> None:
    """A password to renew and a second factor end the run, with their own reason."""
    demo = start(Fault(method="POST", path="/login", body=f"<html><body>{after}</body></html>"))
    with pytest.raises(error) as raised:
        enter(visit(demo, timeout=5))
    assert raised.value.reason == reason
    assert sent(demo) == 1


@pytest.mark.parametrize(
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
def test_what_is_at_the_address_is_distinguished(
    start: Callable[..., Demo],
    visit: Callable[..., Session],
    fault: Fault,
    error: type[AurionError],
    reason: str,
) -> None:
    """Maintenance, an error of the server, no page, the successor, something else: no password is sent to any."""
    demo = start(fault)
    with pytest.raises(error) as raised:
        enter(visit(demo, timeout=5))
    assert raised.value.reason == reason
    assert sent(demo) == 0


def test_a_login_that_was_cut_is_not_sent_again(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """An answer that breaks off after the form was sent is no reason to send it twice."""
    body = re.sub(r"\s+", " ", "<p>…</p>" * 200)
    demo = start(Fault(method="POST", path="/login", body=body, cut=0))
    with pytest.raises(AurionError):
        enter(visit(demo, timeout=5))
    assert sent(demo) == 1


@pytest.mark.parametrize(
    "between",
    [
        '<h1>Information</h1><p>Le service change.</p><a href="/faces/MainMenuPage.xhtml">Continuer</a>',
        '<form action="/faces/MainMenuPage.xhtml"><button>J\u2019ai compris</button></form>',
        '<form action="/faces/MainMenuPage.xhtml"><textarea></textarea><button>Répondre plus tard</button></form>',
        '<meta http-equiv="refresh" content="3; url=/faces/MainMenuPage.xhtml"><p>Redirection en cours</p>',
        '<p>Un instant</p><script>setTimeout(function () { location = "/faces/MainMenuPage.xhtml" }, 1700)</script>',
    ],
    ids=["link", "button", "survey-put-off", "refresh", "script"],
)
def test_a_page_between_login_and_home_is_read_on(
    start: Callable[..., Demo], visit: Callable[..., Session], between: str
) -> None:
    """News that lead on by their own button, a survey that may be put off, and pages that redirect on their own."""
    demo = start(Fault(method="GET", path="/", skip=1, times=1, body=f"<html><body>{between}</body></html>"))
    assert enter(visit(demo, timeout=20)) is Page.HOME


JSF = '<input type="hidden" name="javax.faces.ViewState" value="1:2">'
CHARTER = "<h1>Charte informatique</h1><p>Le service peut être indisponible. Tout accès refusé est journalisé.</p>"
ACCOUNT = (
    '<ul class="menuMonCompte"><li><a href="/logout">Déconnexion</a></li><li><a href="?l=en">English</a></li></ul>'
)


@pytest.mark.parametrize("state", ["", JSF], ids=["plain", "jsf"])
@pytest.mark.parametrize(
    ("inside", "buttons"),
    [
        ('<input type="checkbox" name="c"><button>Accepter et continuer</button>', ["Accepter et continuer"]),
        (
            f"{CHARTER}<button>Je refuse</button><button>J'accepte la charte</button>",
            ["Je refuse", "J'accepte la charte"],
        ),
        (f"{CHARTER}<a href='/n'>Je refuse</a><a href='/y'>J'accepte</a>", ["Je refuse", "J'accepte"]),
        (f"{CHARTER}{ACCOUNT}<input type='checkbox' required><input type='submit' value='Valider'>", ["Valider"]),
        ('<p>Votre avis</p><label><input type="radio" name="q">Bien</label><button>Envoyer</button>', ["Envoyer"]),
        ('<p>Vos données</p><input name="tel" value="0601020304"><button>Enregistrer</button>', ["Enregistrer"]),
        ("<p>Votre avis</p><textarea name='t'></textarea><input type='submit' value='Envoyer'>", ["Envoyer"]),
    ],
    ids=["box", "two-buttons", "two-links", "required-box", "survey", "data", "words"],
)
def test_a_page_that_wants_an_answer_is_left_to_a_person(
    start: Callable[..., Demo], visit: Callable[..., Session], inside: str, buttons: list[str], state: str
) -> None:
    """A charter, a survey and data to confirm are named as such, and never answered."""
    page = f'<html><body><form method="post" action="/answered">{state}{inside}</form></body></html>'
    demo = start(Fault(method="GET", path="/", skip=1, body=page))
    session = visit(demo, timeout=90)
    with pytest.raises(ActionNeeded) as raised:
        enter(session)
    assert (raised.value.reason, raised.value.facts["labels"]) == ("consent", buttons)
    assert {button.label for button in session.snapshots[-1].forms[0].buttons} <= set(buttons)
    assert not any(exchange.path in {"/answered", "/y", "/n"} for exchange in demo.log)


def test_a_box_is_recorded_as_it_is(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """Ticked or not, required or not: not by the value that the box would send."""
    boxes = '<input type="checkbox" name="a" value="on" required><input type="checkbox" name="b" checked>'
    page = f'<html><body><form method="post">{boxes}<button>Valider</button></form></body></html>'
    session = visit(start(Fault(method="GET", path="/", skip=1, body=page)), timeout=90)
    with pytest.raises(ActionNeeded):
        enter(session)
    found = session.snapshots[-1].forms[0].fields
    assert [(field.filled, field.required) for field in found] == [(False, True), (True, False)]


def test_a_refusal_that_comes_by_several_redirects_is_a_refusal(
    start: Callable[..., Demo], visit: Callable[..., Session]
) -> None:
    """From the form's own address to the login page: no one was let in, and the password is sent once."""
    demo = start(Fault(method="POST", path="/login", location="/login"))
    with pytest.raises(WrongCredentials):
        enter(visit(demo))
    assert sent(demo) == 1


def test_a_file_in_answer_to_the_login_is_a_portal_that_changed(
    start: Callable[..., Demo], visit: Callable[..., Session]
) -> None:
    """It is reported at once, and the password is not sent again."""
    demo = start(Fault(method="POST", path="/login", body="\x01\x02", content_type="application/octet-stream"))
    with pytest.raises(PortalChanged) as raised:
        enter(visit(demo))
    assert raised.value.reason == "unknown-page"
    assert sent(demo) == 1


def test_a_file_in_place_of_a_page_is_no_portal(start: Callable[..., Demo], visit: Callable[..., Session]) -> None:
    """What a browser would save instead of showing it is not asked for again, and is no Aurion."""
    demo = start(Fault(body="\x01\x02", content_type="application/octet-stream"))
    with pytest.raises(OtherProduct):
        enter(visit(demo))
    assert len(demo.log) == 1
