"""Schools and their addresses: which one is chosen, and what a file may contain."""

import io
import json
import re
import sys
import tomllib
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st
from platformdirs import user_config_dir

import scraper
from scraper.cli.commands.schools import schools
from scraper.config.schools.school_files import all_schools, guess_school, load_school, school_at
from scraper.domain.urls import is_safe, portal_root
from scraper.errors import AurionError, SettingsError, UnknownSchool
from scraper.i18n import Catalogue
from tests.cases import for_each

OURS = Path(scraper.__file__).parent / "schools"
JUNIA = UUID("8f07641a-424a-5fd3-bd46-9fd210b8b288")
SMALL = 'name = "École"\nbase_url = "https://aurion.ecole.test"\n'


@pytest.fixture
def own() -> Path:
    """The folder of a user's own school files."""
    folder = Path(user_config_dir("aurion-planning")) / "schools"
    folder.mkdir(parents=True)
    return folder


def refusal(text: str, own: Path) -> SettingsError:
    """The errors for a school file with that text."""
    (own / "ecole.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_school("ecole")
    assert caught.value.facts["path"] == str(own / "ecole.toml")
    return caught.value


def test_every_school_file_is_valid() -> None:
    """Each school is loaded by its id, found at its addresses, and has its level of knowledge."""
    found = all_schools()
    assert len(found) == len(list(OURS.glob("*.toml"))) >= 15
    for school in found:
        assert school == load_school(school.id.upper()) == school_at(school.base_url)
        assert all(school == school_at(former) for former in school.former_urls)
        assert school.known in {"recorded", "code", "link"}
        assert school.zone.key == "Europe/Paris"


def test_ids_and_addresses_belong_to_one_school() -> None:
    """No two files share a namespace, a mail domain or an address, on which UIDs depend."""
    found = all_schools()
    for values in (
        [school.namespace for school in found],
        [address for school in found for address in (school.base_url, *school.former_urls)],
        [domain for school in found for domain in school.mail_domains],
    ):
        assert len(set(values)) == len(values)


def test_namespace_of_a_school_is_constant() -> None:
    """With another one every event would appear twice in every calendar."""
    assert load_school("junia").namespace == JUNIA


@for_each(
    "url",
    [
        "https://aurion.junia.com",
        "aurion.junia.com/",
        " HTTPS://Aurion.JUNIA.com:443/faces/Login.xhtml;jsessionid=0A1B?x=1#y ",
        "https://aurion.junia.com./login",
        "https://aurion.yncrea.fr/faces/Planning.xhtml",
        "https://aurion-lille.isen.fr",
    ],
)
def test_school_is_found_by_any_of_its_addresses(url: str) -> None:
    """An earlier address, a page, a session id or a port are recognized; the current address is used."""
    assert school_at(url) == load_school("junia")


def test_host_alone_finds_a_portal_in_a_context() -> None:
    """Another context is another portal."""
    assert school_at("web.isen-ouest.fr") == load_school("isen-ouest")
    assert school_at("https://web.isen-ouest.fr/webAurion/login?error") == load_school("isen-ouest")
    assert school_at("https://web.isen-ouest.fr/autre").id == ""


def test_deeper_address_of_a_school_keeps_its_namespace() -> None:
    """The address is the given one."""
    found = school_at("https://aurion.junia.com/essai/faces/Login.xhtml")
    assert found == replace(load_school("junia"), base_url="https://aurion.junia.com/essai")


def test_unknown_portal_has_its_own_namespace() -> None:
    """Derive the namespace from the normalized address, and the name from the host."""
    found = school_at("http://127.0.0.1:8081/faces/Login.xhtml")
    assert (found.id, found.name, found.base_url) == ("", "127.0.0.1", "http://127.0.0.1:8081")
    assert found.namespace == uuid5(NAMESPACE_URL, "http://127.0.0.1:8081")
    assert school_at("https://aurion.junia.com.example.org").id == ""


@for_each(
    "address",
    [
        "",
        "junia",
        "http://aurion.junia.com",
        "ftp://aurion.junia.com",
        "file:///etc/passwd",
        "https://",
        "https://[::1",
        "https://a.test:99999",
        "https://a b.test",
        "http://127.1",
        "http://2130706433",
        "http://localhost.example.org",
        "http://128.0.0.1",
    ],
)
def test_unsafe_address_is_refused(address: str) -> None:
    """Only https is accepted, or http on a loopback address."""
    with pytest.raises(SettingsError) as caught:
        school_at(address)
    assert (caught.value.reason, caught.value.facts) == ("address", {"address": address})


@for_each(
    ("address", "root"),
    [
        ("http://localhost:8080/faces/Login.xhtml", "http://localhost:8080"),
        ("http://127.9.9.9/ctx/", "http://127.9.9.9/ctx"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://10.0.0.7:8443/a/b//", "https://10.0.0.7:8443/a/b"),
        ("portail.test/faces", "https://portail.test"),
        ("https://portail.test/facesbook/logins", "https://portail.test/facesbook/logins"),
    ],
)
def test_root_of_a_portal_is_found(address: str, root: str) -> None:
    """Known pages, the standard port and trailing slashes are removed, a context path stays."""
    assert portal_root(address) == root
    assert is_safe(root)


@given(
    st.sampled_from(["https://", "http://", "", "HTTPS://"]),
    st.text(st.characters(exclude_characters="@", codec="utf-8"), max_size=12),
    st.sampled_from(["@aurion.junia.com", "@aurion.junia.com/login?user=canary", "@127.0.0.1:8081/"]),
)
def test_address_with_a_password_is_refused(scheme: str, extra: str, rest: str) -> None:
    """The error does not contain the password."""
    address = f"{scheme}moi:canary{re.sub('[?#]', '', extra)}{rest}"
    with pytest.raises(SettingsError) as caught:
        school_at(address)
    assert "canary" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_an_error(text: str) -> None:
    """The root of an accepted address is its own root."""
    try:
        root = portal_root(text)
    except SettingsError as error:
        assert error.reason == "address"  # noqa: PT017 - either outcome is right
    else:
        assert is_safe(root)
        assert portal_root(root) == root


@for_each(
    ("name", "near"),
    [("juna", "junia"), ("Centrale", "centrale"), ("Arts et métier", "lise"), ("isen", "isen-mediterranee")],
)
def test_error_of_an_unknown_school_names_similar_ones(name: str, near: str) -> None:
    """Ids and names are compared."""
    with pytest.raises(UnknownSchool) as caught:
        load_school(name)
    assert (caught.value.reason, caught.value.facts["id"]) == ("unknown", name)
    assert near in str(caught.value.facts["near"])


def test_error_of_an_unknown_school_without_similar_ones() -> None:
    """The text has no sentence about them."""
    with pytest.raises(UnknownSchool) as caught:
        load_school("§")
    assert (caught.value.reason, caught.value.facts) == ("like-none", {"id": "§"})


@for_each("name", ["../schools/junia", "junia.toml", "/etc/hostname", ""])
def test_path_is_not_an_id(name: str) -> None:
    """An id names a file of the two folders."""
    with pytest.raises(UnknownSchool):
        load_school(name)


def test_own_file_replaces_a_school(own: Path) -> None:
    """The user repairs a moved school so: same id and namespace, new address."""
    (own / "Junia.toml").write_text('name = "Junia"\nbase_url = "https://neuf.junia.test/"\n', encoding="utf-8")
    found = load_school("junia")
    assert (found.base_url, found.namespace, found.known) == ("https://neuf.junia.test", JUNIA, "")
    assert school_at("https://neuf.junia.test/faces/Login.xhtml") == found
    assert school_at("https://aurion.junia.com").id == ""


def test_own_school_is_listed_and_guessed(own: Path) -> None:
    """Students can describe an unknown school."""
    (own / "ecole.toml").write_text(SMALL + 'mail_domains = ["Ecole.TEST"]\n', encoding="utf-8")
    found = load_school("ecole")
    assert found in all_schools()
    assert guess_school("marie@etu.ecole.test") == found


@for_each(
    ("line", "reason", "detail"),
    [
        ('login = "magic"', "choice", ["magic", "form, sso"]),
        ('known = "well"', "choice", ["well", "recorded, code, link"]),
        ("login_hosts = 3", "list", ["login_hosts", "3"]),
        ('login_hosts = "cas.test"', "list", ["cas.test"]),
        ('login_hosts = ["https://cas.test/x"]', "host", ["https://cas.test/x"]),
        ('timezone = "Europe/Lille"', "zone", ["Europe/Lille"]),
        ('timezone = "../etc"', "zone", ["../etc"]),
        ('former_urls = ["http://a.test"]', "http", ["http://a.test"]),
        ('former_urls = ["https://a b"]', "address", ["https://a b"]),
        ('former_urls = ["https://moi:secret@a.test"]', "address-login", ["a.test"]),
        ('menu_labels = [""]', "empty", ["menu_labels"]),
        ("notes = 3", "text", ["notes", "3"]),
        ("kinds = { CM = 1 }", "text", ["kinds.CM", "1"]),
        ('kinds = ["CM"]', "table", ["kinds", "CM"]),
        ('layouts = ["junia-7"]', "layout-unknown-part", ["junia-7", "junia", "teachers", "junia-5"]),
        ('layouts = ["rooms / subject"]', "layout-unknown-part", ["rooms / subject", "rooms", "room, note, subject"]),
        ('layouts = ["^(.*$"]', "layout-no-separator", ["^(.*$"]),
        ('layouts = ["room subject"]', "layout-no-separator", ["room subject", "room, note"]),
        ('layouts = ["room / subject - kind"]', "layout-two-separators", ["- /"]),
        ('layouts = ["room / subject / room"]', "layout-twice", ["room"]),
        ('layouts = ["room / kind"]', "layout-no-subject", ["room / kind"]),
        ('layouts = ["room* / note* / subject"]', "layout-two-stars", ["note*"]),
    ],
)
@for_each("language", ["fr", "en"])
def test_invalid_value_is_reported_with_its_line(
    line: str, reason: str, detail: list[str], language: str, own: Path
) -> None:
    """The error has the value, the reason and the allowed values, but no password."""
    error = refusal(f"{SMALL}# a comment\n{line}\n", own)
    assert (error.reason, error.facts["line"]) == (f"school-{reason}", 4)
    sentences = " ".join(Catalogue(language).error(error))
    assert not [text for text in detail if text not in sentences]
    assert "example" not in sentences
    assert "secret" not in sentences


@for_each(
    ("text", "line"),
    [
        ('layouts = [\n  "junia-5",\n  "room / kind",\n]\n', 5),
        ('[kinds]\nCM = "Cours"\nTD = 3\n', 5),
        ('menu_labels = ["a"]\n"timezone" = "Europe/Lille"\n', 4),
    ],
)
def test_line_is_that_of_the_invalid_value(text: str, line: int, own: Path) -> None:
    """Lists and tables have several lines."""
    assert refusal(f"{SMALL}{text}", own).facts["line"] == line


@for_each(
    "link",
    [False, True],
)
def test_folder_at_the_path_of_a_school_file_is_reported(own: Path, link: bool) -> None:  # noqa: FBT001 - drawn
    """A link to a missing file is, too; the school is not called unknown."""
    name = "link" if link else "folder"
    place = own / f"{name}.toml"
    place.symlink_to(own / "gone.toml") if link else place.mkdir()
    with pytest.raises(SettingsError) as raised:
        load_school(name)
    assert (raised.value.reason, raised.value.facts) == ("school-no-file", {"path": str(place)})


def test_missing_key_is_reported(own: Path) -> None:
    """A school needs an address."""
    error = refusal('name = "École"\n', own)
    assert (error.reason, error.facts["key"]) == ("school-missing", "base_url")


@for_each(("key", "near"), [("base_ulr", "base_url"), ("id", "name, base_url"), ("qqq", "name, base_url")])
def test_an_unknown_key_is_refused(key: str, near: str, own: Path) -> None:
    """Similar keys are named, else all."""
    error = refusal(f'{SMALL}{key} = "x"\n', own)
    assert (error.reason, error.facts["key"]) == ("school-key", key)
    assert str(error.facts["near"]).startswith(near)


@for_each("text", ["name = ", "\ud800"])
def test_invalid_toml_is_reported_with_its_path(text: str, own: Path) -> None:
    """Also if a school is looked for by its address."""
    (own / "ecole.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    for look in (lambda: load_school("ecole"), lambda: school_at("https://inconnu.test"), all_schools):
        with pytest.raises(SettingsError) as caught:
            look()
        assert caught.value.reason == ("school-file" if text.isascii() else "school-encoding")
        assert caught.value.facts["path"] == str(own / "ecole.toml")


def test_invalid_file_of_another_school_does_not_matter(own: Path) -> None:
    """A school is loaded by its id, and similar names are still found."""
    (own / "autre.toml").write_text("name = ", encoding="utf-8")
    assert load_school("junia").namespace == JUNIA
    with pytest.raises(UnknownSchool):
        load_school("juna")


@for_each(
    ("given_text", "school"),
    [
        ("marie.martel@student.junia.com", "junia"),
        ("x@ieseg.fr", "ieseg"),
        ("https://aurion.yncrea.fr/faces/Login.xhtml", "junia"),
        ("lise.ensam.eu", "lise"),
        ("x@notieseg.fr", None),
        ("p62000", None),
        ("prenom.nom", None),
        ("@", None),
        ("", None),
        ("https://moi:canary@ieseg.fr", None),
    ],
)
def test_school_is_guessed_from_login_or_address(given_text: str, school: str | None) -> None:
    """The mail domain of a login counts, or a domain above it."""
    found = guess_school(given_text)
    assert (found and found.id) == school


@given(st.text(max_size=30))
def test_guessing_never_fails(text: str) -> None:
    """Any text gives a school or none."""
    guess_school(text)


@for_each("language", ["fr_FR.UTF-8", "en_US.UTF-8"])
def test_command_lists_every_school(language: str, monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    """The table has the complete address, and brackets are text."""
    monkeypatch.setenv("LANG", language)
    (own / "ecole.toml").write_text(SMALL + 'notes = "[red]x[/]"\n', encoding="utf-8")
    out = io.StringIO()
    with redirect_stdout(out):
        schools(json_output=False)
    assert all(school.id in out.getvalue() and school.base_url in out.getvalue() for school in all_schools())
    assert "[red]x[/]" in out.getvalue()


def test_json_of_the_command_is_one_list() -> None:
    """Print every key of a school file."""
    out = io.StringIO()
    with redirect_stdout(out):
        schools(json_output=True)
    reported = {school["id"]: school for school in json.loads(out.getvalue())}
    ours = tomllib.loads((OURS / "junia.toml").read_text(encoding="utf-8"))
    assert ours.items() <= reported["junia"].items()


def test_search_for_a_portal_does_not_import_pydantic() -> None:
    """The import would take half a second."""
    import subprocess  # noqa: PLC0415 - this test alone starts a process

    code = (
        "import sys; from scraper.config.schools.school_files import school_at; school_at('https://a.test');"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_errors_of_schools_are_settings_errors() -> None:
    """End with exit code 2."""
    assert issubclass(UnknownSchool, AurionError)
    assert UnknownSchool("unknown").exit_code == SettingsError("address").exit_code == 2
