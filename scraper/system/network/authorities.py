"""Trust further certificate authorities, from one file, in addition to the system's."""

import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from scraper.errors import SettingsError
from scraper.system.paths import expand_user

PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""Variables that other programs use as well; the first that names a file counts."""


def authorities_file(setting: Path | None, environment: Mapping[str, str]) -> Path | None:
    """Return the PEM file of further authorities, from the setting, else from a variable.

    Raise SettingsError("ca-file") where the setting's file cannot be read or has no certificate.
    """
    if setting is None:
        given = (Path(environment[name]) for name in VARIABLES if environment.get(name))
        return next((path for path in given if path.is_file()), None)
    path = expand_user(setting)
    tls_context(path)
    return path


def tls_context(file: Path | None) -> ssl.SSLContext:
    """Return a TLS context that trusts the system's authorities and those of the file.

    It is as strict as a browser: from 3.13 on, Python by default also refuses certificates of private authorities
    without a key identifier. Raise SettingsError("ca-file").
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
    """Return the certificates of the file in DER. Raise SettingsError("ca-file") where there are none."""
    try:
        found = PEM.findall(file.read_text(encoding="utf-8", errors="replace"))
        certificates = tuple(ssl.PEM_cert_to_DER_cert(one) for one in found)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", "") or type(error).__name__
        raise SettingsError("ca-file", given=str(file), cause=cause) from None
    if not certificates:
        raise SettingsError("ca-file", given=str(file), cause="PEM")
    return certificates
