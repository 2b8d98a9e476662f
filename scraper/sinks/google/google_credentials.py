"""The client and the refresh token for one user of Google, stored in the vault."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleCredentials:
    """The client's id and secret, and the user's refresh token."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str = field(repr=False)

    @property
    def refresh_form(self) -> dict[str, str]:
        """The form that requests an access token."""
        return {
            "client_id": self.client_id, "client_secret": self.client_secret, "grant_type": "refresh_token",
            "refresh_token": self.refresh_token,
        }  # fmt: skip

    def to_text(self) -> str:
        """Return the secrets as they are stored."""
        return json.dumps({"client_secret": self.client_secret, "refresh_token": self.refresh_token})


def parse_credentials(client_id: str, text: str) -> GoogleCredentials | None:
    """Return the stored credentials; None if the text is of another kind."""
    try:
        found = json.loads(text)
        secret, token = found["client_secret"], found["refresh_token"]
    except (ValueError, LookupError, TypeError):
        return None
    return GoogleCredentials(client_id=client_id, client_secret=str(secret), refresh_token=str(token))
