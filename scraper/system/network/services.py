"""Services of the browser's makers that a run never contacts, also where every other host is allowed."""

NOWHERE = ".invalid"
"""What no server is called (RFC 6761): where Chromium's services are moved to."""
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
    """Whether no page that a person logs in at is there, but only such a service."""
    return host in SERVICES or host.endswith(NOWHERE)
