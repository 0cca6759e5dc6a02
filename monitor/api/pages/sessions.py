"""Sessions of browsers: who logged in with a token, until when, and the cookie that says so."""

from __future__ import annotations

import hmac
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from starlette.responses import Response

from monitor.base.article import Timestamp
from monitor.base.files import atomic_write
from monitor.model.analyst import token_hash

LIFE = 12 * 3600.0
"""Seconds after which one has to log in again: a long working day."""
MOST = 1_000
"""Sessions at once; of more, the oldest ends."""
_BYTES = 200 * MOST
"""Bytes that are read of a file of sessions."""


class Session(Struct, frozen=True):
    """A browser that somebody logged in with."""

    token: bytes
    """Hash of the token; the session ends with it."""
    until: Timestamp
    form: str
    """What each form of its pages sends back, which pages of other servers cannot know."""

    def sent_by_form(self, form: str) -> bool:
        """Return whether a form is one of this session, in constant time."""
        return hmac.compare_digest(self.form.encode(), form.encode("utf-8", "replace"))


class StoredSession(NamedTuple):
    """What the server keeps of a session: the rest follows from the secret in the cookie."""

    token: bytes
    until: Timestamp


class Sessions:
    """The sessions of a server.

    Args:
        secret: Returns new secrets.
        clock: Returns the time.
        cookie: Name of the cookie.
        secure: Whether browsers reach the server over TLS.
        file: Where sessions are kept for the next start; with None they end with the server.
    """

    def __init__(
        self,
        secret: Callable[[], str],
        clock: Callable[[], Timestamp],
        cookie: str,
        *,
        secure: bool,
        file: Path | None = None,
    ) -> None:
        self._secret, self._clock, self._secure, self._file = secret, clock, secure, file
        self.cookie = f"__Host-{cookie}" if secure else cookie
        """Name of the cookie. With the prefix, no page of a sibling domain can set it."""
        self._sessions: OrderedDict[bytes, StoredSession] = OrderedDict(_read(file))
        """By the hash of the secret in the cookie."""

    def begin(self, token: bytes, answer: Response) -> None:
        """Begin a session with a token, and put its cookie into an answer."""
        secret = self._secret()
        self._sessions[token_hash(secret)] = StoredSession(token, self._clock() + LIFE)
        while len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        self._keep()
        self._set(answer, secret, int(LIFE))

    def find(self, secret: str | None) -> Session | None:
        """Return the session of a cookie, None if there is none or if it has ended."""
        key = token_hash(secret or "")
        found = self._sessions.get(key)
        if secret is None or found is None:
            return None
        if found.until <= self._clock():
            del self._sessions[key]
            return None
        form = sha256(b"form " + secret.encode()).hexdigest()
        return Session(found.token, found.until, form)

    def end(self, secret: str | None, answer: Response) -> None:
        """End the session of a cookie, and take the cookie back with an answer."""
        self._sessions.pop(token_hash(secret or ""), None)
        self._keep()
        self._set(answer, "", 0)

    def _keep(self) -> None:
        """Write who is logged in, for the next start: hashes, of which no cookie can be made."""
        now = self._clock()
        rows = [
            (key.hex(), one.token.hex(), one.until)
            for key, one in self._sessions.items()
            if one.until > now
        ]
        if self._file is not None:
            with suppress(OSError):  # then people log in again after the next start
                atomic_write(self._file, json.dumps(rows).encode(), mode=0o600)

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


def _read(file: Path | None) -> Mapping[bytes, StoredSession]:
    """Return the sessions that a file keeps; none if it cannot be read."""
    if file is None:
        return {}
    try:
        with file.open("rb") as opened:
            rows = json.loads(opened.read(_BYTES))
        return {
            bytes.fromhex(key): StoredSession(bytes.fromhex(token), float(until))
            for key, token, until in rows
        }
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
