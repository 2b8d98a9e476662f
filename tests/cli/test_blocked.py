"""The block after a refused password, which ends at the next accepted login."""

from scraper.demo import Demo, Fault
from tests.cli.conftest import Run

FAULTS = {
    5: Fault(parameter=".*_start", status=503),
    6: Fault(parameter=".*_start", replace=r'"id": "[0-9]+",', with_=""),
}


def test_accepted_login_of_a_failed_run_ends_the_block(demo: Demo, aurion: Run) -> None:
    """The portal fails after the login, or its response cannot be read: the password was correct."""
    for code, fault in FAULTS.items():
        demo.control.faults = ()
        assert aurion("export", AURION_PASSWORD="non-non").returncode == 3
        assert aurion("status").returncode == 3
        demo.control.faults = (fault,)
        assert aurion("export", "--timeout", "10").returncode == code
        assert aurion("status").returncode == code


def test_command_login_starts_and_ends_the_block(demo: Demo, aurion: Run) -> None:
    """`aurion login` ends the block, and a password that it reports as refused blocks unattended runs."""
    assert aurion("login", AURION_PASSWORD="non-non").returncode == 3
    assert "3" in aurion("status", "--json").stdout
    asked = len(demo.log)
    assert aurion("export", "--unattended").returncode == 3
    assert len(demo.log) == asked
    assert aurion("login").returncode == 0
    assert aurion("export", "--unattended").returncode == 0
