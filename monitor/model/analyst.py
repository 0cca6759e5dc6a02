"""The people who use tocsin: the names under which decisions are kept, and API tokens."""

from __future__ import annotations

import enum
import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line

LONGEST = 64
"""Characters of a name."""


_ACTING: ContextVar[str] = ContextVar("acting", default="")


@contextmanager
def acting_as(name: str) -> Iterator[None]:
    """Act under the name of somebody else than the user who started this process."""
    token = _ACTING.set(name)
    try:
        yield
    finally:
        _ACTING.reset(token)


def user(environ: Mapping[str, str]) -> str:
    """Return the name of the user: `TOCSIN_USER`, or the login; empty without either."""
    if name := _ACTING.get():
        return name
    try:
        return line(environ.get("TOCSIN_USER") or getpass.getuser())[:LONGEST]
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""


TOKEN_PREFIX = "tocsin_"
"""Beginning of each token, by which scanners for secrets find it."""


class Scope(enum.StrEnum):
    """The acts that a token allows; each scope includes those before it."""

    READ = "read"
    TRIAGE = "triage"
    """Decisions about alerts too."""
    ADMIN = "admin"
    """Edits of feeds.yaml too."""

    def covers(self, other: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


class Token(Struct, frozen=True, kw_only=True):
    """A token without its secret; the store keeps only the hash of that."""

    name: str
    """Name of its holder, under which acts of triage are recorded."""
    scope: Scope
    created_at: Timestamp
    expires_at: Timestamp | None
    """None for never."""
    revoked_at: Timestamp | None = None
    """None while it is valid."""
    last_used: Timestamp | None = None
    """Time of the last use, to within a minute; None before the first."""

    def is_valid(self, now: Timestamp) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def token_hash(secret: str) -> bytes:
    """Return the hash of a token for the store. Its 256 random bits need no slow hash."""
    from hashlib import sha256  # 5 ms, which commands without tokens need not spend

    return sha256(secret.encode("utf-8", "replace")).digest()
