"""Which requests the web server accepts: decided from their headers alone."""

from __future__ import annotations

import hmac

from monitor.api.origin import AcceptedHosts


class Auth(AcceptedHosts, frozen=True):
    """The secret token and the names of this machine."""

    token: str
    """The secret that is part of the address."""

    def accepts_token(self, token: str | None) -> bool:
        """Return whether a token is the secret one, in constant time."""
        return hmac.compare_digest((token or "").encode(), self.token.encode())
