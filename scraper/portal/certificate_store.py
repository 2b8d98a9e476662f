"""The certificate store that Chromium reads on Linux, written with NSS, the library that Chromium itself uses.

On macOS and Windows Chromium reads the system's store. On Linux it has a built-in list, and beside it an NSS database
in the user's home folder. That one is not changed: a copy with additional authorities is created in the state folder,
where an unattended run may write, and Chromium gets that folder as its home.
"""

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from scraper.errors import SettingsError
from scraper.system.files import private_folder
from scraper.system.network.authorities import certificates_in
from scraper.system.os_errors import to_state_error
from scraper.system.paths import state_folder

PLACE = Path(".pki") / "nssdb"
FILES = ("cert9.db", "key4.db", "pkcs11.txt")
LIBRARIES = ("libnss3.so", "libnss3.so.1d")
TRUSTED = 0b11011
"""NSS's flags for trusted server certificates and authorities (`certt.h`)."""
SECONDS = 60.0


class Trust(ctypes.Structure):
    """NSS's trust flags of a certificate, for servers, mail and code."""

    _fields_ = (("servers", ctypes.c_uint), ("mail", ctypes.c_uint), ("code", ctypes.c_uint))


class Item(ctypes.Structure):
    """NSS's structure for bytes."""

    _fields_ = (("kind", ctypes.c_uint), ("data", ctypes.c_char_p), ("length", ctypes.c_uint))


def home_with_authorities(authorities: Path, environment: Mapping[str, str]) -> Path:
    """Return a home folder for Chromium with these authorities in its store; it is created once.

    Raise what `certificates_in` raises, StateError where the folder cannot be created, and SettingsError("ca-browser")
    where NSS fails.
    """
    certificates = certificates_in(authorities)
    own = Path(environment.get("HOME") or Path.home()) / PLACE
    digest = sha256(b"".join(certificates))
    for name in FILES:
        with suppress(OSError):
            digest.update((own / name).read_bytes())
    home = state_folder() / f"authorities-{digest.hexdigest()[:16]}"
    if home.exists():
        return home
    try:
        private_folder(home.parent)
        made = Path(mkdtemp(prefix="authorities-", dir=home.parent))
        try:
            _fill(made, own, authorities)
            made.rename(home)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        if not home.exists():  # unless another run was faster
            raise to_state_error(error, str(home)) from None
    return home


def _fill(home: Path, own: Path, authorities: Path) -> None:
    """Copy the user's store and add the authorities; start with an empty one where NSS cannot open the copy."""
    cause = ""
    for copied in (True, False):
        store = home / PLACE
        shutil.rmtree(store, ignore_errors=True)
        store.mkdir(parents=True)
        if copied:
            for name in FILES:
                with suppress(OSError):
                    shutil.copyfile(own / name, store / name)
        done = subprocess.run(  # noqa: S603 - runs this module
            [sys.executable, "-P", "-m", __name__, str(store), str(authorities)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=SECONDS, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        if done.returncode == 0:
            return
        cause = (done.stderr.strip().splitlines() or [f"{done.returncode}"])[-1]
    raise SettingsError("ca-browser", given=str(authorities), cause=cause)


def add_authorities(store: Path, authorities: Path) -> None:
    """Add the certificates to the store, as authorities for servers. Raise OSError."""
    nss = _library()
    _check(nss.NSS_InitReadWrite(f"sql:{store}".encode()), "NSS_InitReadWrite")
    slot = nss.PK11_GetInternalKeySlot()
    if nss.PK11_NeedUserInit(slot):
        _check(nss.PK11_InitPin(slot, None, b""), "PK11_InitPin")
    for number, one in enumerate(certificates_in(authorities)):
        item = Item(0, one, len(one))
        certificate = nss.CERT_NewTempCertificate(nss.CERT_GetDefaultCertDB(), ctypes.byref(item), None, 0, 1)
        if not certificate:
            raise OSError(f"certificate {number + 1}")
        _check(
            nss.PK11_ImportCert(slot, certificate, 0, f"aurion-{sha256(one).hexdigest()[:16]}".encode(), 0),
            "PK11_ImportCert",
        )
        trust = Trust(TRUSTED, 0, 0)
        changed = nss.CERT_ChangeCertTrust(nss.CERT_GetDefaultCertDB(), certificate, ctypes.byref(trust))
        _check(changed, "CERT_ChangeCertTrust")
        nss.CERT_DestroyCertificate(certificate)
    nss.PK11_FreeSlot(slot)
    _check(nss.NSS_Shutdown(), "NSS_Shutdown")


def _library() -> ctypes.CDLL:
    for name in (*LIBRARIES, ctypes.util.find_library("nss3") or LIBRARIES[0]):
        with suppress(OSError):
            nss = ctypes.CDLL(name)
            break
    else:
        raise OSError("libnss3")
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong
    for function in ("PK11_GetInternalKeySlot", "CERT_GetDefaultCertDB", "CERT_NewTempCertificate"):
        getattr(nss, function).restype = pointer
    nss.PK11_NeedUserInit.argtypes = nss.PK11_FreeSlot.argtypes = nss.CERT_DestroyCertificate.argtypes = [pointer]
    nss.PK11_InitPin.argtypes = [pointer, text, text]
    nss.CERT_NewTempCertificate.argtypes = [pointer, pointer, text, ctypes.c_int, ctypes.c_int]
    nss.PK11_ImportCert.argtypes = [pointer, pointer, number, text, ctypes.c_int]
    nss.CERT_ChangeCertTrust.argtypes = [pointer, pointer, pointer]
    return nss


def _check(result: int, step: str) -> None:
    if result:
        raise OSError(step)


if __name__ == "__main__":
    try:
        add_authorities(Path(sys.argv[1]), Path(sys.argv[2]))
    except OSError as error:
        sys.exit(str(error))
