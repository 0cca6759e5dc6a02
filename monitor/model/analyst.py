"""Who works with tocsin: the name under which decisions are kept, and tokens for the API."""

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
    """Do what is inside under the name of somebody else than whoever started this process."""
    token = _ACTING.set(name)
    try:
        yield
    finally:
        _ACTING.reset(token)


def user(environ: Mapping[str, str]) -> str:
    """Return who acts: `TOCSIN_USER`, or the name of the login; empty without either."""
    if name := _ACTING.get():
        return name
    try:
        return line(environ.get("TOCSIN_USER") or getpass.getuser())[:LONGEST]
    except (OSError, KeyError, ImportError):  # a user without a name
        return ""


TOKEN_PREFIX = "tocsin_"
"""How each token begins, so that scanners for secrets find it."""


class Scope(enum.StrEnum):
    """What a token allows; each scope allows what those before it do."""

    READ = "read"
    TRIAGE = "triage"
    """Also to decide about alerts."""
    ADMIN = "admin"
    """Also to edit feeds.yaml."""

    def covers(self, other: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(other)


class Token(Struct, frozen=True, kw_only=True):
    """A token, without its secret, of which the store has the hash only."""

    name: str
    """Who or what it was given to. Acts of triage are recorded under this name."""
    scope: Scope
    created_at: Timestamp
    expires_at: Timestamp | None
    """None for never."""
    revoked_at: Timestamp | None = None
    """None while it is valid."""
    last_used: Timestamp | None = None
    """To within a minute; None before the first time."""

    def is_valid(self, now: Timestamp) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def token_hash(secret: str) -> bytes:
    """Return what the store keeps of a token. Its 256 random bits need no slow hash."""
    from hashlib import sha256  # 5 ms, which commands without tokens need not spend

    return sha256(secret.encode("utf-8", "replace")).digest()
