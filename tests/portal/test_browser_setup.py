"""The search for a browser that starts, and its installation; scripts replace browsers, Playwright and apt-get."""

import sys
from pathlib import Path

import pytest

from scraper.errors import BrowserMissing
from scraper.portal import browser_setup
from scraper.portal.browser_setup import set_up_browser
from scraper.portal.launch_errors import find_missing_library
from scraper.system import system_packages
from scraper.system.find_browser import CHANNELS
from tests.cases import for_each

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-ins are shell scripts")

SHELL = "#!/bin/sh\n"
LACKING = "error while loading shared libraries: libnss3.so: cannot open shared object file"


class Machine:
    """A machine of scripts: `broken` has the errors of browsers and of the driver (None), `reports` the messages."""

    def __init__(self, root: Path) -> None:
        self.bin, self.browsers, self.log = root / "bin", root / "browsers", root / "log"
        self.waiting, self.python = root / "waiting", root / "python"
        self.broken: dict[Path | None, BrowserMissing] = {}
        self.tried: list[Path | None] = []
        self.reports: list[str] = []
        self.bin.mkdir()

    def start(self, path: Path | None) -> None:
        """Start a browser of this machine, or the driver."""
        if path in CHANNELS:
            raise BrowserMissing("none")
        self.tried.append(path)
        if path in self.broken:
            raise self.broken[path]

    def say(self, key: str, /, **facts: object) -> None:
        """Record a message about work that takes long."""
        self.reports.append(" ".join([key, *map(str, facts.values())]))

    def set_up(self, given: Path | None = None) -> Path:
        """Set up a browser as `install-browser` does."""
        return set_up_browser(self.say, self.start, given)

    def put(self, file: Path, text: str = SHELL) -> Path:
        """Write an executable script."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)
        return file

    def apt(self, *, brings: str = "", fails: str = "NEVER") -> None:
        """Write an apt-get that installs a browser into PATH, and fails for arguments that contain `fails`."""
        move = (
            f"case $* in *install*{brings}*) /bin/cp {self.put(self.waiting)} {self.bin}/{brings};; esac"
            if brings
            else ""
        )
        script = f'echo "$@" >> {self.log}\ncase "$*" in *{fails}*) echo "E: no $*"; exit 100;; esac\n{move}\n'
        self.put(self.bin / "apt-get", f"{SHELL}{script}")

    def installs(self) -> list[str]:
        """Return the packages that apt-get was asked to install."""
        asked = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.partition("--no-install-recommends ")[2] for line in asked if " install " in line]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return an empty machine of an ordinary user, without a screen; Playwright's download fails."""
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(made.bin))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(made.browsers))
    monkeypatch.setattr(sys, "executable", str(made.put(made.python, f"{SHELL}echo 'Error: no network'\nexit 1\n")))
    monkeypatch.setattr(system_packages, "runs_as_root", lambda: False)
    for module in (system_packages, browser_setup):
        monkeypatch.setattr(module, "has_screen", lambda: False)
    return made


@pytest.fixture
def as_root(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as root."""
    assert machine
    monkeypatch.setattr(system_packages, "runs_as_root", lambda: True)


def failure_of(machine: Machine, given: Path | None = None) -> tuple[str, dict[str, object]]:
    """Return the reason and facts of a set-up that fails."""
    with pytest.raises(BrowserMissing) as caught:
        machine.set_up(given)
    return caught.value.reason, caught.value.facts


def test_browser_that_starts_is_used(machine: Machine) -> None:
    """The driver and the browser are both started; nothing is installed."""
    chromium = machine.put(machine.bin / "chromium")
    assert machine.set_up() == chromium
    assert machine.tried == [None, chromium]
    assert machine.reports == []


def test_browser_that_does_not_start_is_skipped(machine: Machine) -> None:
    """The next one found is tried before anything is downloaded."""
    broken = machine.put(machine.bin / "chromium-headless-shell")
    works = machine.put(machine.bin / "chromium")
    machine.broken[broken] = BrowserMissing("silent", path=str(broken), code="1")
    assert machine.set_up() == works
    assert machine.reports == []


def test_playwright_downloads_a_headless_shell(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Playwright's own command downloads a headless shell, and its environment has no password."""
    browser = machine.browsers / "chromium_headless_shell-1" / "chrome-linux" / "chrome-headless-shell"
    machine.put(
        machine.python,
        f"""{SHELL}PATH=/bin:/usr/bin
echo "$@" > {tmp_path}/arguments; env > {tmp_path}/environment
mkdir -p {browser.parent}; printf '#!/bin/sh\n' > {browser}; chmod +x {browser}
touch {browser.parents[1]}/INSTALLATION_COMPLETE
""",
    )
    monkeypatch.setenv("AURION_PASSWORD", "canary")
    assert machine.set_up() == browser
    assert machine.reports == ["browser.downloading"]
    assert (tmp_path / "arguments").read_text() == "-m playwright install --only-shell chromium\n"
    assert "canary" not in (tmp_path / "environment").read_text()


@pytest.mark.usefixtures("as_root")
def test_machine_with_a_screen_gets_the_whole_browser(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--visible` needs a browser with windows."""
    for module in (system_packages, browser_setup):
        monkeypatch.setattr(module, "has_screen", lambda: True)
    machine.apt()
    machine.put(machine.python, f'{SHELL}echo "$@" > {tmp_path}/arguments\nexit 1\n')
    failure_of(machine)
    assert machine.installs() == ["chromium-headless-shell chromium-sandbox chromium"]
    assert (tmp_path / "arguments").read_text() == "-m playwright install chromium\n"


def test_failed_download_is_reported(machine: Machine) -> None:
    """The error contains the line with the cause, without the stack and the proxy's password."""
    machine.put(
        machine.python,
        f"{SHELL}echo bla\necho 'Error: no way to http://me:canary@proxy.test/x'\n"
        "echo 'Error: gave up'\necho '   at f (g.js:1)'\nexit 1\n",
    )
    reason = "Error: no way to http://proxy.test/x"
    assert failure_of(machine) == ("not-got", {"detail": reason, "command": ""})
    machine.apt()
    command = "sudo apt-get install -y chromium-headless-shell"
    assert failure_of(machine) == ("not-got-package", {"detail": reason, "command": command})


@pytest.mark.parametrize("script", [f"{SHELL}exec /bin/sleep 60\n", None])
def test_download_that_hangs_or_cannot_start_ends(
    script: str | None, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A download ends after its time, and fails with BrowserMissing only."""
    monkeypatch.setattr(system_packages, "SECONDS", 0.1)
    if script:
        machine.put(machine.python, script)
    else:
        machine.python.unlink()
    reason, facts = failure_of(machine)
    assert reason == "not-got"
    assert str(facts["detail"]).startswith("python: ")


@pytest.mark.usefixtures("as_root")
def test_root_installs_the_package(machine: Machine) -> None:
    """Root on Debian gets the system's headless shell, even if `apt-get update` fails."""
    machine.apt(brings="chromium-headless-shell", fails="update")
    assert machine.set_up() == machine.bin / "chromium-headless-shell"
    assert machine.reports == ["browser.packages"]
    assert machine.installs() == ["chromium-headless-shell chromium-sandbox"]


@pytest.mark.usefixtures("as_root")
def test_root_installs_chromium_without_a_headless_package(machine: Machine) -> None:
    """An older Debian has no package of the headless shell."""
    machine.apt(brings="chromium", fails="headless")
    assert machine.set_up() == machine.bin / "chromium"
    assert machine.installs() == ["chromium-headless-shell chromium-sandbox", "chromium"]


def test_only_root_installs_packages(machine: Machine) -> None:
    """An ordinary user does not call apt-get."""
    machine.apt()
    failure_of(machine)
    assert not machine.log.exists()


@pytest.mark.usefixtures("as_root")
def test_root_installs_the_missing_library_of_the_driver(machine: Machine) -> None:
    """The driver is started before any browser."""
    machine.apt()
    chromium = machine.put(machine.bin / "chromium")
    lacking = find_missing_library("node: error while loading shared libraries: libatomic.so.1: cannot open")
    starts = iter([BrowserMissing("driver-package", **lacking), None, None])

    def start(path: Path | None) -> None:
        machine.tried.append(path)
        if error := next(starts):
            raise error

    assert set_up_browser(machine.say, start) == chromium
    assert machine.tried == [None, None, chromium]
    assert machine.installs() == ["libatomic1"]
    assert machine.reports == ["browser.libraries libatomic1"]


def test_ordinary_user_gets_the_command(machine: Machine) -> None:
    """The error contains the library, its package and the command, for the driver and for a browser."""
    machine.apt()
    lacking = find_missing_library(f"chrome: {LACKING}")
    machine.broken[None] = BrowserMissing("driver-package", **lacking)
    command = "sudo apt-get install -y libnss3"
    assert failure_of(machine) == (
        "driver-package",
        {"library": "libnss3.so", "package": "libnss3", "command": command},
    )
    del machine.broken[None]
    chromium = machine.put(machine.bin / "chromium")
    machine.broken[chromium] = BrowserMissing("package", path=str(chromium), detail=LACKING, **lacking)
    reason, facts = failure_of(machine)
    assert (reason, facts["command"]) == ("package", command)


@pytest.mark.usefixtures("as_root")
def test_library_that_stays_missing_leads_to_another_browser(machine: Machine) -> None:
    """The library is installed once; then another browser is installed."""
    machine.apt(brings="chromium-headless-shell")
    chromium = machine.put(machine.bin / "chromium")
    lacking = find_missing_library(f"chrome: {LACKING}")
    machine.broken[chromium] = BrowserMissing("package", path=str(chromium), detail=LACKING, **lacking)
    assert machine.set_up() == machine.bin / "chromium-headless-shell"
    assert machine.installs() == ["libnss3", "chromium-headless-shell chromium-sandbox"]


def test_missing_sandbox_downloads_nothing(machine: Machine) -> None:
    """Another browser would have no sandbox either; the hint is about the system."""
    chromium = machine.put(machine.bin / "chromium")
    machine.broken[chromium] = BrowserMissing("sandbox", path=str(chromium), detail="No usable sandbox!")
    assert failure_of(machine)[0] == "sandbox"
    assert machine.reports == []


def test_configured_browser_must_start(machine: Machine) -> None:
    """Where it does not start, the error names another browser: the setting still names the broken one."""
    given = machine.put(machine.bin / "mine")
    assert machine.set_up(given) == given
    machine.broken[given] = BrowserMissing("start", path=str(given), detail="no way")
    works = machine.put(machine.bin / "chromium")
    facts = {"path": str(given), "detail": "no way", "other": str(works)}
    assert failure_of(machine, given) == ("configured", facts)


@for_each(
    ("manager", "command"),
    [
        ("apt-get", "sudo apt-get install -y libnss3"),
        ("dnf", "sudo dnf install -y 'libnss3.so()(64bit)'"),
        ("zypper", "sudo zypper install -y 'libnss3.so()(64bit)'"),
        ("pacman", ""),
        ("", ""),
    ],
)
def test_command_uses_the_package_manager_of_the_system(manager: str, command: str, machine: Machine) -> None:
    """The installed package manager decides; without a known package only the library is named."""
    for script in machine.bin.iterdir():
        script.unlink()
    if manager:
        machine.put(machine.bin / manager)
    assert find_missing_library(f"/x/chrome: {LACKING}") == {
        "library": "libnss3.so", "package": command.partition("-y ")[2], "command": command,
    }  # fmt: skip


def test_unknown_library_has_no_package(machine: Machine) -> None:
    """A library without a known package has no command."""
    machine.apt()
    found = find_missing_library("/x/y z/chrome: error while loading shared libraries: libfoo-2.so.7: cannot open")
    assert found == {"library": "libfoo-2.so.7", "package": "", "command": ""}
    assert find_missing_library("Error loading shared library libatomic.so.1: No such file") == {
        "library": "libatomic.so.1", "package": "libatomic1", "command": "sudo apt-get install -y libatomic1",
    }  # fmt: skip


def test_all_missing_libraries_are_named(machine: Machine) -> None:
    """The loader names only the first missing library; `ldd` names all."""
    machine.apt()
    machine.put(machine.bin / "ldd", f"{SHELL}echo '  libc.so.6 => /lib/x (0x1)'\necho '  libgbm.so.1 => not found'\n")
    found = find_missing_library(f"[pid=7][err] /x/chrome: {LACKING}")
    assert (found["library"], found["package"]) == ("libnss3.so, libgbm.so.1", "libnss3 libgbm1")
