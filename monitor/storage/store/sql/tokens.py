"""Tokens of programs that use the API."""

from __future__ import annotations

from monitor.base.article import Timestamp
from monitor.model.analyst import Scope, Token
from monitor.storage.store.database.connection import Row, StoreConnection, marks, transaction

_TOKEN = ", ".join(Token.__struct_fields__)


class TokenViews:
    """Tokens of programs that use the API."""

    def __init__(self, connection: StoreConnection) -> None:
        self._connection = connection

    def find(self, hash: bytes) -> Token | None:
        """Return the token with a hash, None if there is none."""
        found = self._connection.rows(f"SELECT {_TOKEN} FROM tokens WHERE hash = ?", (hash,))
        return next(map(_token, found), None)

    def every(self) -> list[Token]:
        """Return all tokens there ever were, by name."""
        return [*map(_token, self._connection.rows(f"SELECT {_TOKEN} FROM tokens ORDER BY name"))]

    def add(self, token: Token, hash: bytes) -> bool:
        """Store a token; return False if there ever was one of its name.

        Raises StoreError if the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            return bool(
                sql.execute(
                    "INSERT INTO tokens (name, hash, scope, created_at, expires_at)"
                    f" VALUES ({marks(5)}) ON CONFLICT (name) DO NOTHING",
                    (token.name, hash, token.scope, token.created_at, token.expires_at),
                ).rowcount
            )

    def revoke(self, name: str, at: Timestamp) -> bool:
        """Make a token invalid; return False if no valid one has this name.

        Raises StoreError if the store stays locked.
        """
        with transaction(self._connection.sql) as sql:
            return bool(
                sql.execute(
                    "UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL",
                    (at, name),
                ).rowcount
            )

    def note_use(self, name: str, at: Timestamp) -> None:
        """Note when a token was used last; raises StoreError if the store stays locked."""
        with transaction(self._connection.sql) as sql:
            sql.execute("UPDATE tokens SET last_used = ? WHERE name = ?", (at, name))


def _token(row: Row) -> Token:
    return Token(**{**row, "scope": Scope(row["scope"])})
