"""The invented student of the demo portal."""

from uuid import UUID

NAMESPACE = UUID("6a1d4c1e-3f0b-5a52-9d0e-5b7f2f3c8a11")
"""The namespace of the demo's UIDs and ledger; independent of its port, so that exports share one ledger."""
LOGIN = "prenom.nom@student.junia.com"
PASSWORD = "motdepasse"  # noqa: S105 - shown by `aurion demo`
