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


def test_every_file_of_ours_is_right() -> None:
    """Each school can be loaded by its id, is found at its addresses, and says how well it is known."""
    found = all_schools()
    assert len(found) == len(list(OURS.glob("*.toml"))) >= 15
    for school in found:
        assert school == load_school(school.id.upper()) == school_at(school.base_url)
        assert all(school == school_at(former) for former in school.former_urls)
        assert school.known in {"recorded", "code", "link"}
        assert school.zone.key == "Europe/Paris"


def test_ids_and_addresses_belong_to_one_school() -> None:
    """No two files share a namespace, a mail domain or an address: UIDs hang on them."""
    found = all_schools()
    for values in (
        [school.namespace for school in found],
        [address for school in found for address in (school.base_url, *school.former_urls)],
        [domain for school in found for domain in school.mail_domains],
    ):
        assert len(set(values)) == len(values)


def test_the_namespace_is_for_ever() -> None:
    """A school's namespace is a constant: if it moved, every event would appear twice in every calendar."""
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
def test_a_school_is_found_at_any_of_its_pages(url: str) -> None:
    """Now or formerly, with a page, a session id or a port: it is Junia, at today's address."""
    assert school_at(url) == load_school("junia")


def test_a_context_path_may_be_left_out() -> None:
    """The bare host of a portal that lies in a context is that portal; another context is another."""
    assert school_at("web.isen-ouest.fr") == load_school("isen-ouest")
    assert school_at("https://web.isen-ouest.fr/webAurion/login?error") == load_school("isen-ouest")
    assert school_at("https://web.isen-ouest.fr/autre").id == ""


def test_a_portal_deeper_at_a_known_address_is_that_school_there() -> None:
    """The namespace is the school's, the address the one given."""
    found = school_at("https://aurion.junia.com/essai/faces/Login.xhtml")
    assert found == replace(load_school("junia"), base_url="https://aurion.junia.com/essai")


def test_an_unknown_portal_has_a_namespace_of_its_own() -> None:
    """A portal that no file describes is named by its host, and its UIDs hang on its normalised address."""
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
def test_what_is_no_safe_address_is_refused(address: str) -> None:
    """Only https, or http on loopback written as such."""
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
def test_a_portals_root(address: str, root: str) -> None:
    """Known pages, the standard port and trailing slashes are cut, a context path is kept."""
    assert portal_root(address) == root
    assert is_safe(root)


@given(
    st.sampled_from(["https://", "http://", "", "HTTPS://"]),
    st.text(st.characters(exclude_characters="@", codec="utf-8"), max_size=12),
    st.sampled_from(["@aurion.junia.com", "@aurion.junia.com/login?user=canary", "@127.0.0.1:8081/"]),
)
def test_a_password_in_an_address_is_refused_and_not_reported(scheme: str, extra: str, rest: str) -> None:
    """Whatever a password holds, an address that carries one is refused and not repeated."""
    address = f"{scheme}moi:canary{re.sub('[?#]', '', extra)}{rest}"
    with pytest.raises(SettingsError) as caught:
        school_at(address)
    assert "canary" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """Whatever goes in, the root comes out safe and is its own root, or it is refused with a reason."""
    try:
        root = portal_root(text)
    except SettingsError as error:
        assert error.reason == "address"  # noqa: PT017 - either outcome is right
    else:
        assert is_safe(root)
        assert portal_root(root) == root


@pytest.mark.parametrize(
    ("name", "near"),
    [("juna", "junia"), ("Centrale", "centrale"), ("Arts et métier", "lise"), ("isen", "isen-mediterranee")],
)
def test_an_unknown_school_offers_near_ones(name: str, near: str) -> None:
    """By id and by name, each school that has a word of its name."""
    with pytest.raises(UnknownSchool) as caught:
        load_school(name)
    assert (caught.value.reason, caught.value.facts["id"]) == ("unknown", name)
    assert near in str(caught.value.facts["near"])


def test_nothing_is_offered_where_no_school_is_near() -> None:
    """A name like none: no sentence about the nearest."""
    with pytest.raises(UnknownSchool) as caught:
        load_school("§")
    assert (caught.value.reason, caught.value.facts) == ("like-none", {"id": "§"})


@pytest.mark.parametrize("name", ["../schools/junia", "junia.toml", "/etc/hostname", ""])
def test_an_id_is_no_path(name: str) -> None:
    """An id names a file of the two folders, and nothing else."""
    with pytest.raises(UnknownSchool):
        load_school(name)


def test_a_users_own_file_replaces_ours(own: Path) -> None:
    """A school that moved is repaired in the settings folder: same id, same namespace, new address."""
    (own / "Junia.toml").write_text('name = "Junia"\nbase_url = "https://neuf.junia.test/"\n', encoding="utf-8")
    found = load_school("junia")
    assert (found.base_url, found.namespace, found.known) == ("https://neuf.junia.test", JUNIA, "")
    assert school_at("https://neuf.junia.test/faces/Login.xhtml") == found
    assert school_at("https://aurion.junia.com").id == ""


def test_a_users_own_school_is_one_of_all(own: Path) -> None:
    """A school that we do not know can be described by its students, and is guessed like ours."""
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
def test_a_wrong_value_is_shown_with_its_line_and_the_reason(
    line: str, reason: str, detail: list[str], language: str, own: Path
) -> None:
    """The error names the line, the file's own value, what is wrong with it, and what is allowed; no password."""
    error = refusal(f"{SMALL}# a comment\n{line}\n", own)
    assert (error.reason, error.facts["line"]) == (f"school-{reason}", 4)
    sentences = " ".join(Catalogue(language).error(error))
    assert not [text for text in detail if text not in sentences]
    assert "example" not in sentences
    assert "secret" not in sentences


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('layouts = [\n  "junia-5",\n  "room / kind",\n]\n', 5),
        ('[kinds]\nCM = "Cours"\nTD = 3\n', 5),
        ('menu_labels = ["a"]\n"timezone" = "Europe/Lille"\n', 4),
    ],
)
def test_the_line_is_that_of_the_value(text: str, line: int, own: Path) -> None:
    """In a list or a table of several lines, the one that is wrong."""
    assert refusal(f"{SMALL}{text}", own).facts["line"] == line


@pytest.mark.parametrize("link", [False, True], ids=["folder", "link"])
def test_a_folder_in_a_file_s_place_is_named(own: Path, link: bool) -> None:  # noqa: FBT001 - drawn
    """A folder, or a link to a file that is gone: not an unknown school."""
    place = own / "mine.toml"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(own / "gone.toml") if link else place.mkdir()
    with pytest.raises(SettingsError) as raised:
        load_school("mine")
    assert (raised.value.reason, raised.value.facts) == ("school-no-file", {"path": str(place)})


def test_a_missing_key_is_named(own: Path) -> None:
    """A file without an address is no school."""
    error = refusal('name = "École"\n', own)
    assert (error.reason, error.facts["key"]) == ("school-missing", "base_url")


@pytest.mark.parametrize(
    ("key", "near"), [("base_ulr", "base_url"), ("id", "name, base_url"), ("qqq", "name, base_url")]
)
def test_an_unknown_key_is_refused(key: str, near: str, own: Path) -> None:
    """A misspelt key is no silent default; those that resemble it are offered, else all."""
    error = refusal(f'{SMALL}{key} = "x"\n', own)
    assert (error.reason, error.facts["key"]) == ("school-key", key)
    assert str(error.facts["near"]).startswith(near)


@pytest.mark.parametrize("text", ["name = ", "\ud800"])
def test_what_is_no_toml_says_where(text: str, own: Path) -> None:
    """A file that cannot be read is reported with its path, also when a school is looked for by address."""
    (own / "ecole.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    for look in (lambda: load_school("ecole"), lambda: school_at("https://inconnu.test"), all_schools):
        with pytest.raises(SettingsError) as caught:
            look()
        assert caught.value.reason == ("school-file" if text.isascii() else "school-encoding")
        assert caught.value.facts["path"] == str(own / "ecole.toml")


def test_another_schools_broken_file_does_not_matter(own: Path) -> None:
    """A school asked for by its id is loaded whatever lies beside it; near names are still offered."""
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
def test_a_school_is_guessed(given_text: str, school: str | None) -> None:
    """By a login's mail domain or a domain above it, or by an address; else there is no guess."""
    found = guess_school(given_text)
    assert (found and found.id) == school


@given(st.text(max_size=30))
def test_guessing_never_fails(text: str) -> None:
    """Whatever is typed as a login, there is a school or none."""
    guess_school(text)


@pytest.mark.parametrize("language", ["fr_FR.UTF-8", "en_US.UTF-8"])
def test_the_command_lists_every_school(language: str, monkeypatch: pytest.MonkeyPatch, own: Path) -> None:
    """The table has each school's id and whole address, and brackets in a file's text are text."""
    monkeypatch.setenv("LANG", language)
    (own / "ecole.toml").write_text(SMALL + 'notes = "[red]x[/]"\n', encoding="utf-8")
    out = io.StringIO()
    with redirect_stdout(out):
        schools(json_output=False)
    assert all(school.id in out.getvalue() and school.base_url in out.getvalue() for school in all_schools())
    assert "[red]x[/]" in out.getvalue()


def test_the_commands_json_is_one_list() -> None:
    """--json: one list and nothing else, with every key of a school file."""
    out = io.StringIO()
    with redirect_stdout(out):
        schools(json_output=True)
    reported = {school["id"]: school for school in json.loads(out.getvalue())}
    ours = tomllib.loads((OURS / "junia.toml").read_text(encoding="utf-8"))
    assert ours.items() <= reported["junia"].items()


def test_looking_for_a_portal_does_not_import_pydantic() -> None:
    """An address that no file has is recognised without the half second that validation takes to import."""
    import subprocess  # noqa: PLC0415 - this test alone starts a process

    code = (
        "import sys; from scraper.config.schools.school_files import school_at; school_at('https://a.test');"
        "sys.exit('pydantic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_refusals_are_settings_errors() -> None:
    """Each is one of the errors that end with exit code 2."""
    assert issubclass(UnknownSchool, AurionError)
    assert UnknownSchool("unknown").exit_code == SettingsError("address").exit_code == 2
