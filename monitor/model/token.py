"""Tokens: what programs show to the API, and what they may do with it."""

from __future__ import annotations

import enum
from hashlib import sha256
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from monitor.base.article import Timestamp

PREFIX = "tocsin_"
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
    return sha256(secret.encode("utf-8", "replace")).digest()
