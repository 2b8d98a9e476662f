"""What is wrong with the certificates that a portal sends: a chain left incomplete told apart from all else.

Chromium may fetch a certificate that is missing, from the address that the one before it names; but it reaches only the
hosts that a run needs, so that address must be one of the school's `further_hosts`.
"""

import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scraper.diagnostics.doctor.check import Check, warning, wrong
from scraper.errors import AurionError
from scraper.system.network.access import Access
from scraper.system.network.tunnel import open_connection

NO_ISSUER = frozenset({2, 20, 21})
"""OpenSSL's codes for a certificate whose issuer is nowhere (X509_V_ERR_UNABLE_TO_…, openssl-verification-options)."""
REASONS = {9: "early", 10: "expired", 18: "self-signed", 19: "self-signed", 62: "other-host", 64: "other-host"}
OF_THE_BROWSER = frozenset({"self-signed", "untrusted"})


@dataclass(frozen=True, slots=True)
class Certificates:
    """What the server of a host sends, looked at without trusting it."""

    host: str
    port: int
    seconds: float
    access: Access = field(default_factory=Access)

    def sent(self) -> tuple[bytes, ...]:
        """The certificates in DER, the server's own first; none where it cannot be told. Raises OSError."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with self._connected(context) as secure:
            # Public from Python 3.13 on; before, only the object inside has it.
            chain = getattr(secure, "get_unverified_chain", None) or secure._sslobj.get_unverified_chain  # type: ignore[attr-defined]  # noqa: SLF001
            sent = [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain()]
            return tuple(sent)

    def issuer_host(self, own: bytes) -> str:
        """The host where the certificate that issued `own` can be fetched (RFC 5280 §4.2.2.1); empty: not told."""
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(own))
        context.check_hostname = False
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # `own` is trusted for once, so that it gets read
        with self._connected(context) as secure:
            told = secure.getpeercert() or {}
        addresses = told.get("caIssuers", ())
        return next((host for one in addresses if (host := urlsplit(str(one)).hostname)), "")

    @contextmanager
    def _connected(self, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
        hops = self.access.proxies.hops(self.host, self.port)
        with (
            open_connection(self.host, self.port, hops, self.seconds, self.access.trust) as plain,
            context.wrap_socket(plain, server_hostname=self.host) as secure,
        ):
            yield secure


def what_is_wrong(
    error: ssl.SSLCertVerificationError,
    certificates: Certificates,
    account: str,
    hosts: Collection[str],
    *,
    browsed: bool,
) -> Check:
    """Why the server's certificate is not believed; `hosts` are those that the browser will reach.

    Where the browser goes there, an authority that is unknown here is a warning: it may know that one.
    """
    host = certificates.host
    if error.verify_code in NO_ISSUER:
        with suppress(OSError, ValueError, AttributeError, AurionError):
            sent = certificates.sent()
            if len(sent) == 1:
                issuer = certificates.issuer_host(sent[0])
                if issuer in hosts:
                    return warning("network", "tls-fetched", account, host=host, issuer=issuer)
                if issuer:
                    return wrong("network", "tls-incomplete", account, host=host, issuer=issuer)
                return wrong("network", "tls-alone", account, host=host)
    reason = REASONS.get(error.verify_code, "untrusted")
    judged = warning if reason in OF_THE_BROWSER and browsed else wrong
    return judged("network", f"tls-{reason}", account, host=host, said=error.verify_message)
