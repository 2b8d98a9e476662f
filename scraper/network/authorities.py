"""The certificate authorities of this machine's own, beside those that everybody knows: one file names them."""

import ssl
from collections.abc import Mapping
from pathlib import Path

from scraper.errors import SettingsError

VARIABLE = "SSL_CERT_FILE"
"""What OpenSSL and Python heed, too."""


def authorities_file(setting: Path | None, environment: Mapping[str, str]) -> Path | None:
    """The file of further authorities, in PEM: that of the setting, else that of SSL_CERT_FILE.

    Raises SettingsError("ca-file") where the setting's cannot be read or holds no certificate.
    """
    if setting is None:
        given = environment.get(VARIABLE, "")
        return Path(given) if given and Path(given).is_file() else None
    path = setting.expanduser()
    trusting(path)
    return path


def trusting(file: Path | None) -> ssl.SSLContext:
    """What verifies certificates: the system's authorities, and those of that file. Raises SettingsError("ca-file")."""
    context = ssl.create_default_context()
    if file is not None:
        try:
            context.load_verify_locations(cafile=file)
        except (OSError, ssl.SSLError, ValueError) as error:
            said = getattr(error, "strerror", "") or type(error).__name__
            raise SettingsError("ca-file", given=str(file), said=said) from None
    return context


def certificates_in(file: Path) -> tuple[bytes, ...]:
    """The certificates of that file, in DER. Raises SettingsError("ca-file")."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=file)
    except (OSError, ssl.SSLError, ValueError) as error:
        said = getattr(error, "strerror", "") or type(error).__name__
        raise SettingsError("ca-file", given=str(file), said=said) from None
    return tuple(context.get_ca_certs(binary_form=True))
