"""Sessions of browsers: who logged in with a token, until when, and the cookie that says so."""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from starlette.responses import Response

from index.article import Timestamp
from monitor.model.token import token_hash

LIFE = 12 * 3600.0
"""Seconds after which one has to log in again: a long working day."""
MOST = 1_000
"""Sessions at once; of more, the oldest ends."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser that somebody logged in with."""

    token: bytes
    """Hash of the token; the session ends with it."""
    until: Timestamp
    form: str
    """What each form of its pages sends back, which pages of other servers cannot know."""

    def sent_by_form(self, form: str) -> bool:
        """Return whether a form is one of this session, in constant time."""
        return hmac.compare_digest(self.form.encode(), form.encode("utf-8", "replace"))


class Sessions:
    """The sessions of a server; they end with it.

    Args:
        secret: Returns new secrets.
        clock: Returns the time.
        cookie: Name of the cookie.
        secure: Whether browsers reach the server over TLS.
    """

    def __init__(
        self,
        secret: Callable[[], str],
        clock: Callable[[], Timestamp],
        cookie: str,
        *,
        secure: bool,
    ) -> None:
        self._secret, self._clock, self._secure = secret, clock, secure
        self.cookie = f"__Host-{cookie}" if secure else cookie
        """Name of the cookie. With the prefix, no page of a sibling domain can set it."""
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        """By the hash of the secret in the cookie."""

    def begin(self, token: bytes, answer: Response) -> None:
        """Begin a session with a token, and put its cookie into an answer."""
        secret = self._secret()
        form = sha256(b"form " + secret.encode()).hexdigest()
        self._sessions[token_hash(secret)] = Session(token, self._clock() + LIFE, form)
        while len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        self._set(answer, secret, int(LIFE))

    def find(self, secret: str | None) -> Session | None:
        """Return the session of a cookie, None if there is none or if it has ended."""
        key = token_hash(secret or "")
        found = self._sessions.get(key)
        if found is not None and found.until <= self._clock():
            del self._sessions[key]
            return None
        return found

    def end(self, secret: str | None, answer: Response) -> None:
        """End the session of a cookie, and take the cookie back with an answer."""
        self._sessions.pop(token_hash(secret or ""), None)
        self._set(answer, "", 0)

    def _set(self, answer: Response, value: str, seconds: int) -> None:
        answer.set_cookie(
            self.cookie,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )
