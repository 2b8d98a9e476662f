"""Diagnosis of a portal's certificates, in particular of an incomplete chain.

Chromium may download a missing certificate from the address that the previous one names. It can only reach the hosts
that a run needs, so that address must be one of the school's `further_hosts`.
"""

import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scraper.diagnostics.doctor.check_result import Check, problem, warning
from scraper.errors import AurionError
from scraper.system.network.access import Access
from scraper.system.network.tunnel import open_connection

NO_ISSUER = frozenset({2, 20, 21})
"""OpenSSL's codes for a missing issuer certificate (X509_V_ERR_UNABLE_TO_…, openssl-verification-options)."""
_REASONS = {9: "early", 10: "expired", 18: "self-signed", 19: "self-signed", 62: "other-host", 64: "other-host"}
BROWSER_MAY_TRUST = frozenset({"self-signed", "untrusted"})


@dataclass(frozen=True, slots=True)
class Certificates:
    """The certificates that a host's server sends, read without trusting them."""

    host: str
    port: int
    seconds: float
    access: Access = field(default_factory=Access)

    def read_chain(self) -> tuple[bytes, ...]:
        """Return the certificates in DER format, the server's own first. Raise OSError."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with self._connect(context) as secure:
            # Public since Python 3.13; before, only the inner object has the method.
            chain = getattr(secure, "get_unverified_chain", None) or secure._sslobj.get_unverified_chain  # type: ignore[attr-defined]  # noqa: SLF001
            sent = [one if isinstance(one, bytes) else ssl.PEM_cert_to_DER_cert(one.public_bytes()) for one in chain()]
            return tuple(sent)

    def issuer_host(self, own: bytes) -> str:
        """Return the host that offers the issuer's certificate of `own` (RFC 5280 §4.2.2.1), "" if it names none."""
        context = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(own))
        context.check_hostname = False
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # ssl only parses a trusted certificate
        with self._connect(context) as secure:
            certificate = secure.getpeercert() or {}
        addresses = certificate.get("caIssuers", ())
        return next((host for one in addresses if (host := urlsplit(str(one)).hostname)), "")

    @contextmanager
    def _connect(self, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
        hops = self.access.proxies.hops(self.host, self.port)
        with (
            open_connection(self.host, self.port, hops, self.seconds, self.access.trust) as plain,
            context.wrap_socket(plain, server_hostname=self.host) as secure,
        ):
            yield secure


def certificate_check(
    error: ssl.SSLCertVerificationError,
    certificates: Certificates,
    account: str,
    hosts: Collection[str],
    *,
    browsed: bool,
) -> Check:
    """Return the check for an untrusted certificate; `hosts` are those that the browser can reach.

    If the browser goes to the server (`browsed`), an unknown authority is a warning: the browser may trust it.
    """
    host = certificates.host
    if error.verify_code in NO_ISSUER:
        with suppress(OSError, ValueError, AttributeError, AurionError):
            sent = certificates.read_chain()
            if len(sent) == 1:
                issuer = certificates.issuer_host(sent[0])
                if issuer in hosts:
                    return warning("network", "tls-fetched", account, host=host, issuer=issuer)
                if issuer:
                    return problem("network", "tls-incomplete", account, host=host, issuer=issuer)
                return problem("network", "tls-alone", account, host=host)
    reason = _REASONS.get(error.verify_code, "untrusted")
    build = warning if reason in BROWSER_MAY_TRUST and browsed else problem
    return build("network", f"tls-{reason}", account, host=host, detail=error.verify_message)
