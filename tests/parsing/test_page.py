"""Pages: recognized by their content, never by an id or one wording."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scraper.domain.recording import Button, Field, Form, MenuEntry, Schedule, Snapshot
from scraper.parsing.page import (
    LoginForm,
    Page,
    classify,
    is_day,
    login_form,
    matching_line,
    may_ask_login,
    new_messages,
    own_schedule,
)
from tests.cases import for_each

HOME = "https://aurion.example.fr/faces/MainMenuPage.xhtml"
USER = Field(name="a")
SECRET = Field(name="b", kind="password")
HIDDEN = Field(name="javax.faces.ViewState", kind="hidden", visible=False)
ENTER = Button(label="Connexion", action="https://aurion.example.fr/login")
LOGIN = Form(action="https://aurion.example.fr/other", fields=(USER, SECRET), buttons=(ENTER,))
ENTRY = MenuEntry(label="Mon planning")
CHARTER = Form(fields=(Field(name="c", kind="checkbox"),), buttons=(Button(label="Valider"),))
DATA = Form(fields=(Field(name="tel", kind="tel"),), buttons=(Button(label="Enregistrer"),))
SEARCH = Form(fields=(Field(name="recherche"),), buttons=(Button(label="OK"),))
LINKS = tuple(MenuEntry(label=f"Rubrique {letter}", place="content") for letter in "abcdefgh")
WEEK = Schedule(id="form:j_idt9", widget="schedule", view="agendaWeek")
DAY = Schedule(id="form:j_idt3", widget="small", view="basicDay")


def page(*forms: Form, **parts: Any) -> Snapshot:  # noqa: ANN401 - the fields of Snapshot
    """Return a JSF page with these forms."""
    return Snapshot(**{"address": HOME, "traces": ("jsf",), "forms": forms, **parts})


@for_each(
    ("seen", "kind"),
    [
        (page(LOGIN), Page.LOGIN),
        (page(LOGIN, traces=()), Page.LOGIN),
        (page(LOGIN, replace(LOGIN, fields=(USER, SECRET, replace(SECRET, name="c")))), Page.LOGIN),
        (page(LOGIN, entries=(ENTRY,)), Page.LOGIN),
        (page(LOGIN, text="Portail indisponible le 12 pour maintenance"), Page.LOGIN),
        (page(replace(LOGIN, fields=(SECRET, replace(SECRET, name="c")))), Page.RENEWAL),
        (page(replace(LOGIN, fields=(SECRET,)), text="Votre mot de passe a expiré"), Page.RENEWAL),
        (page(text="Votre mot de passe a expiré. Contactez la scolarité."), Page.RENEWAL),
        (page(text="Your password has expired", traces=(), ready="complete"), Page.RENEWAL),
        (page(LOGIN, text="Votre mot de passe a expiré"), Page.LOGIN),
        (page(Form(fields=(Field(autocomplete="one-time-code"),)), traces=()), Page.SECOND_FACTOR),
        (page(Form(fields=(Field(name="x"),)), text="Saisissez le code reçu", traces=()), Page.SECOND_FACTOR),
        (page(entries=(ENTRY,), schedules=(WEEK,)), Page.PLANNING),
        (page(entries=(ENTRY,), schedules=(DAY,)), Page.HOME),
        (page(entries=(ENTRY,)), Page.HOME),
        (page(replace(LOGIN, fields=(SECRET, replace(SECRET, name="c"))), entries=(ENTRY,)), Page.HOME),
        (page(entries=(ENTRY,), text="Le service sera indisponible dimanche"), Page.HOME),
        (page(entries=(replace(ENTRY, place="content"),), title="En maintenance"), Page.MAINTENANCE),
        (page(traces=(), text="Site momentanément INDISPONIBLE"), Page.MAINTENANCE),
        (page(messages=("Identifiant inconnu",)), Page.REFUSED),
        (page(traces=("angular",), title="Auriga"), Page.SUCCESSOR),
        (page(traces=(), address="https://auriga.example.fr/#/mainContent/x"), Page.SUCCESSOR),
        (page(traces=("angular",), title="Une autre"), Page.NOT_AURION),
        (page(traces=(), text="It works!"), Page.NOT_AURION),
        (page(), Page.UNKNOWN),
        (page(ready="loading"), Page.LOADING),
        (page(ready="interactive", traces=()), Page.LOADING),
        (page(ready="loading", entries=(ENTRY,)), Page.LOADING),
        (page(CHARTER), Page.CONSENT),
        (page(CHARTER, traces=(), text="Je refuse la charte"), Page.CONSENT),
        (page(CHARTER, text="Le service est indisponible en cas de maintenance"), Page.CONSENT),
        (page(CHARTER, entries=(replace(ENTRY, label="Zorglub"),)), Page.HOME),
        (page(CHARTER, entries=(replace(ENTRY, label="Déconnexion"),)), Page.CONSENT),
        (page(CHARTER, entries=(replace(ENTRY, place="content"),)), Page.HOME),
        (page(CHARTER, entries=LINKS), Page.HOME),
        (page(SEARCH, entries=(replace(ENTRY, label="Zorglub", place="content"),)), Page.HOME),
        (page(DATA), Page.CONSENT),
        (page(DATA, traces=(), text="Accès interdit"), Page.REFUSED),
    ],
)
def test_page_is_classified_by_its_content(seen: Snapshot, kind: Page) -> None:
    """Forms count more than schedules, schedules more than menus, menus more than words."""
    assert classify(seen) is kind


def test_hidden_password_is_not_a_login() -> None:
    """The form is neither filled nor recognized as a login page."""
    unseen = replace(LOGIN, fields=(USER, replace(SECRET, visible=False)))
    assert login_form(page(unseen)) is None
    assert classify(page(unseen, entries=(ENTRY,))) is Page.HOME


def test_hidden_login_of_a_page_without_a_menu_may_appear() -> None:
    """A form inside the portal does not count."""
    unseen = replace(LOGIN, fields=tuple(replace(field, visible=False) for field in LOGIN.fields))
    assert may_ask_login(page(unseen, entries=(replace(ENTRY, place="content"),)))
    assert not may_ask_login(page(unseen, entries=(ENTRY,)))
    assert not may_ask_login(page(LOGIN))
    assert not may_ask_login(page(Form(fields=(HIDDEN,))))


def test_login_form_is_found_after_other_forms() -> None:
    """A search, a newsletter and a hidden password come before the visible password."""
    search = Form(fields=(Field(name="q", kind="search"),), buttons=(Button(label="OK"),))
    letter = Form(fields=(Field(name="m", kind="email"),), buttons=(Button(label="Valider"),))
    unseen = replace(LOGIN, fields=(USER, replace(SECRET, visible=False)))
    found = login_form(page(search, letter, unseen, LOGIN))
    assert found == LoginForm(form=3, user=0, password=1, button=0, action=ENTER.action)


@for_each(
    ("fields", "user"),
    [
        ((HIDDEN, USER, SECRET), 1),
        ((SECRET, USER), 1),
        ((Field(name="captcha"), SECRET, USER), 2),
        ((Field(name="x", autocomplete="username"), USER, SECRET), 0),
        ((Field(name="mail", kind="email"), SECRET), 0),
        ((USER, replace(USER, visible=False), SECRET), 0),
        ((USER, Field(name="autre", kind="checkbox"), SECRET), 0),
        ((Field(name="j_username"), Field(label="École"), SECRET), 0),
    ],
)
def test_login_field_is_marked_or_beside_the_password(fields: tuple[Field, ...], user: int) -> None:
    """A marked field, one with that name, the last before the password, or the first after it."""
    found = login_form(page(replace(LOGIN, fields=fields)))
    assert found is not None
    assert (found.user, fields[found.password].kind) == (user, "password")


@for_each(
    ("buttons", "button"),
    [
        ((Button(label="Mot de passe oublié ?"), ENTER), 1),
        ((Button(label="Afficher", kind="button"), Button(label="Se connecter", kind="button")), 1),
        ((Button(label="Se connecter", kind="reset"), Button(label="Go")), 1),
        ((Button(label="Connexion", visible=False),), None),
        ((Button(label="Langue", kind="button"),), None),
        ((), None),
    ],
)
def test_login_button_is_found_among_others(buttons: tuple[Button, ...], button: int | None) -> None:
    """Buttons for help, display, reset or language are not pressed; some forms have none."""
    found = login_form(page(replace(LOGIN, buttons=buttons)))
    assert found is not None
    assert found.button == button


def test_action_of_the_button_precedes_that_of_the_form() -> None:
    """The form's action counts where there is no button."""
    with_button, without = login_form(page(LOGIN)), login_form(page(replace(LOGIN, buttons=())))
    assert with_button is not None
    assert without is not None
    assert (with_button.action, without.action) == (ENTER.action, LOGIN.action)


@for_each(("view", "day"), [("basicDay", True), ("timeGridDay", True), ("agendaWeek", False), ("", False)])
def test_view_of_one_day_is_recognized(view: str, day: bool) -> None:  # noqa: FBT001 - an expected value
    """Know the names of all versions of FullCalendar."""
    assert is_day(Schedule(id="x", view=view)) is day


def test_planning_is_the_schedule_of_a_week() -> None:
    """A schedule of a day counts only on another page if the home page has none."""
    home = page(entries=(ENTRY,))
    elsewhere = "https://aurion.example.fr/faces/Planning.xhtml"
    assert own_schedule(page(schedules=(DAY, WEEK)), home) == WEEK
    assert own_schedule(page(schedules=(replace(WEEK, view="liste"), WEEK)), home) == WEEK
    assert own_schedule(page(schedules=(DAY,)), None) is None
    assert own_schedule(page(schedules=(DAY,)), home) is None
    assert own_schedule(page(schedules=(DAY,), address=elsewhere), home) == DAY
    assert own_schedule(page(schedules=(DAY,), address=elsewhere), replace(home, schedules=(DAY,))) is None
    assert own_schedule(page(), home) is None


def test_new_messages_are_those_after_the_refusal() -> None:
    """Earlier notices are ignored; without a message the new lines count."""
    before = page(LOGIN, messages=("Maintenance dimanche",), text="Bienvenue")
    assert (
        new_messages(replace(before, messages=("Maintenance dimanche", "Mot de passe invalide")), before)
        == "Mot de passe invalide"
    )
    assert new_messages(replace(before, text="Bienvenue\nRefus\u00e9"), before) == "Refusé"
    assert new_messages(before, before) == ""
    assert len(new_messages(page(messages=("mot " * 500,)))) <= 300


def test_page_is_quoted_by_the_matching_line() -> None:
    """A page without such a line gives an empty text."""
    seen = page(title="Aurion", text="Bonjour\nPortail en Maintenance jusqu'à 18 h\nMerci")
    assert matching_line(seen, "maintenance") == "Portail en Maintenance jusqu'à 18 h"
    assert matching_line(seen, "locked") == ""


FIELDS = st.builds(Field, name=st.text(), kind=st.sampled_from(["text", "password", "hidden"]), visible=st.booleans())
BUTTONS = st.builds(Button, label=st.text(), kind=st.text(), visible=st.booleans())
FORMS = st.builds(
    Form, fields=st.lists(FIELDS, max_size=5).map(tuple), buttons=st.lists(BUTTONS, max_size=3).map(tuple)
)


@given(forms=st.lists(FORMS, max_size=4))
def test_password_is_typed_only_into_a_visible_field(forms: list[Form]) -> None:
    """The login's field is another visible field of the same form."""
    found = login_form(page(*forms))
    if found is None:
        return
    form = forms[found.form]
    assert form.fields[found.password].kind == "password"
    assert form.fields[found.password].visible
    assert form.fields[found.user].kind != "password"
    assert form.fields[found.user].visible
    assert found.button is None or form.buttons[found.button].visible
