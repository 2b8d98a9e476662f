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

    Raise what `certificates_in` raises about the setting's file.
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
    without a key identifier. Raise what `certificates_in` raises.
    """
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if file is not None:
        try:
            context.load_verify_locations(cadata=b"".join(certificates_in(file)))
        except ssl.SSLError:
            raise SettingsError("ca-damaged", given=str(file)) from None
    return context


def certificates_in(file: Path) -> tuple[bytes, ...]:
    """Return the certificates of the file in DER.

    Raise SettingsError: "ca-file" where it cannot be read, "ca-none" without a certificate, "ca-damaged" where one has
    no valid base64.
    """
    try:
        if file.exists() and not (file.is_file() or file.is_dir()):  # a pipe or a device may never end
            raise SettingsError("ca-none", given=str(file))
        found = PEM.findall(file.read_text(encoding="utf-8", errors="replace"))
        certificates = tuple(ssl.PEM_cert_to_DER_cert(one) for one in found)
    except OSError as error:
        raise SettingsError("ca-file", given=str(file), cause=error.strerror or type(error).__name__) from None
    except ValueError:
        raise SettingsError("ca-damaged", given=str(file)) from None
    if not certificates:
        raise SettingsError("ca-none", given=str(file))
    return certificates
