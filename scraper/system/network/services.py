"""Services of the browser's vendors, which a run never contacts, even where all other hosts are allowed."""

NOWHERE = ".invalid"
"""A reserved top-level domain without servers (RFC 6761), to which Chromium's services are redirected."""
SERVICES = frozenset(
    {
        "update.googleapis.com", "content-autofill.googleapis.com", "optimizationguide-pa.googleapis.com",
        "safebrowsing.googleapis.com", "safebrowsingohttpgateway.googleapis.com", "sb-ssl.google.com",
        "translate.googleapis.com", "translate-pa.googleapis.com", "clientservices.googleapis.com",
        "passwordsleakcheck-pa.googleapis.com", "chromesyncpasswords-pa.googleapis.com",
        "connectivitycheck.gstatic.com", "clients1.google.com", "clients2.google.com", "clients3.google.com",
        "clients4.google.com", "edgedl.me.gvt1.com", "redirector.gvt1.com", "beacons.gcp.gvt2.com",
        "config.edge.skype.com", "edge.microsoft.com", "nav-edge.smartscreen.microsoft.com",
        "msedge.api.cdp.microsoft.com", "browser.events.data.msn.com",
    }
)  # fmt: skip


def is_service(host: str) -> bool:
    """Return whether the host is such a service rather than one with pages of a portal."""
    return host in SERVICES or host.endswith(NOWHERE)
