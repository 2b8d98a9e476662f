"""The certificate authorities of this machine's own, beside those that everybody knows: one file names them."""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from scraper.errors import SettingsError
from scraper.system.path_text import expanded

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""What other programs heed, too: the first that names a file counts."""


def authorities_file(setting: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file of further authorities, in PEM: that of the setting, else that of a variable.

    Raises SettingsError("ca-file") where the setting's cannot be read or holds no certificate.
    """
    if setting is None:
        given = (Path(environment[name]) for name in VARIABLES if environment.get(name))
        return next((path for path in given if path.is_file()), None)
    path = expanded(setting)
    trusting(path)
    return path


def trusting(file: Path | None) -> ssl.SSLContext:
    """What verifies certificates: the system's authorities, and those of that file. Raises SettingsError("ca-file").

    It is as strict as a browser: Python 3.13 also refuses certificates of own authorities that lack an identifier of
    their key, which browsers accept.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if file is not None:
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError, ValueError) as error:
            cause = getattr(error, "strerror", "") or type(error).__name__
            raise SettingsError("ca-file", given=str(file), cause=cause) from None
    return context


def certificates_in(file: Path) -> tuple[bytes, ...]:
    """The certificates of that file, in DER. Raises SettingsError("ca-file") where there are none."""
    try:
        found = PEM.findall(file.read_text(encoding="utf-8", errors="replace"))
        certificates = tuple(ssl.PEM_cert_to_DER_cert(one) for one in found)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", "") or type(error).__name__
        raise SettingsError("ca-file", given=str(file), cause=cause) from None
    if not certificates:
        raise SettingsError("ca-file", given=str(file), cause="PEM")
    return certificates
