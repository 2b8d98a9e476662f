"""Forms in two tabs, passwords in forms, and logging out."""

import re

import pytest
from playwright.sync_api import Page, expect

from scraper.config.configuration import Config
from scraper.web.pages.auth import form_token
from tests.web.pages.conftest import Served
from tests.web.pages.manage.conftest import rule, text_of

WRONG = {"school": "junia", "login": "new@student.junia.com", "file": ""}


def origin_field(page: str) -> str:
    """Return the hidden field of a form: the state that it was rendered from."""
    found = re.search(r'name="seen" value="([^"]+)"', page)
    assert found
    return found[1]


def test_rules_changed_in_another_tab_are_not_overwritten(anna: str, served: Served) -> None:
    """The second form shows a warning first; a preview does not skip it."""
    old = origin_field(served.get("/rules").text)
    first = rule(do="drop", subject="Anglais LV1")
    assert served.post("/rules", account=anna, action="save", seen=old, **first).status == 303
    second = rule(do="drop", subject="Réseaux")
    added = served.post("/rules", account=anna, action="preview", seen=old, **second)
    assert origin_field(added.text) == old
    refused = served.post("/rules", account=anna, action="save", seen=old, **second)
    assert refused.status == 422
    assert "changed elsewhere" in text_of(refused)
    assert 'value="Réseaux"' in refused.text
    assert [one.subject for one in Config().settings(anna).rules] == ["Anglais LV1"]
    assert served.post("/rules", account=anna, action="save", seen=origin_field(refused.text), **second).status == 303
    assert [one.subject for one in Config().settings(anna).rules] == ["Réseaux"]


def test_settings_changed_in_another_tab_are_not_overwritten(anna: str, served: Served) -> None:
    """Only changed fields are written; a field that both tabs changed is reported first."""
    drawn = {"account": anna, "seen-months": "", "seen-alarms": "", "seen-language": ""}
    assert served.post("/settings", **drawn, months="", alarms="10m", language="en").status == 303
    assert served.post("/settings", **drawn, months="4", alarms="", language="").status == 303
    settings = Config().settings(anna)
    assert (settings.months, len(settings.alarms), settings.language) == (4, 1, "en")
    refused = served.post("/settings", **drawn, months="", alarms="1h", language="")
    assert refused.status == 422
    assert "changed elsewhere since this page was opened, to “10m”" in text_of(refused)
    assert 'name="seen-alarms" value="10m"' in refused.text
    assert 'name="alarms" type="text" value="1h"' in refused.text
    again = {**drawn, "seen-alarms": "10m"}
    assert served.post("/settings", **again, months="", alarms="1h", language="").status == 303
    assert Config().settings(anna).alarms[0].total_seconds() == 3600


def test_typed_password_is_kept_while_another_field_is_invalid(anna: str, served: Served) -> None:
    """It is kept for that school until the account is created, and is in no page."""
    del anna
    served.post("/welcome/school", school="junia")
    refused = served.post("/welcome/account", **WRONG, months="99", password="canary-typed")
    assert refused.status == 422
    assert "already entered" in text_of(refused) or "already entered" in refused.text
    assert "canary" not in refused.text
    again = served.post("/welcome/account", **WRONG, months="98")
    assert "wrong-password" not in again.text
    served.post("/welcome/school", school="ieseg")
    other = served.post("/welcome/account", **{**WRONG, "school": "ieseg"}, months="98")
    assert 'id="wrong-password"' in other.text


@pytest.mark.parametrize("everywhere", [False, True])
def test_logging_out_ends_one_browser_or_all(anna: str, served: Served, visitor: Page, *, everywhere: bool) -> None:
    """The other browser stays logged in unless all are logged out."""
    del anna
    other = served.cookie
    visitor.goto(f"{served.address}/log-out")
    expect(visitor.get_by_text(re.compile("2 (browsers|navigateurs)"))).to_be_visible()
    visitor.locator("main form button").nth(int(everywhere)).click()
    expect(visitor.get_by_role("status")).to_be_visible()
    visitor.goto(f"{served.address}/planning")
    assert visitor.get_by_role("navigation").count() == 0
    assert served.state.authenticator.is_valid_cookie(other) is not everywhere


def test_logging_out_clears_the_storage_of_the_browser(served: Served) -> None:
    """An offline copy is part of the storage."""
    answer = served.ask("POST", "/log-out", form={"form_token": form_token(served.cookie)})
    assert answer.status == 200
    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert served.get("/planning").status == 403


def test_typed_password_is_shown_and_hidden_by_a_button(anna: str, served: Served, visitor: Page) -> None:
    """The button reports its state to screen readers."""
    del anna
    visitor.goto(f"{served.address}/phone/nextcloud")
    field = visitor.locator("#secret")
    field.fill("canary")
    button = visitor.locator('.reveal[aria-controls="secret"]')
    expect(field).to_have_attribute("type", "password")
    button.click()
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(field).to_have_attribute("type", "password")
