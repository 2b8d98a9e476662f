"""A refused password ends at the next login that the portal accepts, whatever becomes of that run."""

from scraper.demo import Demo, Fault
from tests.cli.conftest import Run

FAULTS = {
    5: Fault(parameter=".*_start", status=503),
    6: Fault(parameter=".*_start", replace=r'"id": "[0-9]+",', with_=""),
}


def test_an_accepted_login_ends_the_block(demo: Demo, aurion: Run) -> None:
    """The portal fails after the login, or answers what cannot be read: the password was right all the same."""
    for code, fault in FAULTS.items():
        demo.control.faults = ()
        assert aurion("export", AURION_PASSWORD="non-non").returncode == 3
        assert aurion("status").returncode == 3
        demo.control.faults = (fault,)
        assert aurion("export", "--timeout", "10").returncode == code
        assert aurion("status").returncode == code


def test_a_login_alone_ends_the_block(demo: Demo, aurion: Run) -> None:
    """`aurion login` too; a password that it finds refused blocks the runs on their own."""
    assert aurion("login", AURION_PASSWORD="non-non").returncode == 3
    assert "3" in aurion("status", "--json").stdout
    asked = len(demo.log)
    assert aurion("export", "--unattended").returncode == 3
    assert len(demo.log) == asked
    assert aurion("login").returncode == 0
    assert aurion("export", "--unattended").returncode == 0
