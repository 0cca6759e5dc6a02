"""Tests of the tokens in the store."""

from __future__ import annotations

from monitor.model.analyst import Scope, Token, token_hash
from monitor.model.config import StoreAddress
from monitor.storage.store import open_store, open_views


def token(name: str, scope: Scope = Scope.READ) -> Token:
    return Token(name=name, scope=scope, created_at=5.0, expires_at=None)


def test_tokens_are_found_by_their_hash_until_they_are_revoked(address: StoreAddress) -> None:
    open_store(address).close()
    tokens = open_views(address).tokens
    assert tokens.every() == [] and tokens.find(token_hash("a")) is None
    assert tokens.add(token("ana", Scope.TRIAGE), token_hash("a"))
    assert tokens.add(token("ben"), token_hash("b"))
    assert tokens.find(token_hash("a")) == token("ana", Scope.TRIAGE)
    tokens.note_use("ana", 7.0)
    assert [token_used.last_used for token_used in tokens.every()] == [7.0, None]
    assert tokens.revoke("ana", 9.0)
    revoked_token = tokens.find(token_hash("a"))
    assert revoked_token is not None and not revoked_token.is_valid(9.0)
    assert not tokens.revoke("ana", 9.0) and not tokens.revoke("nobody", 9.0)


def test_a_name_stands_for_one_token_for_ever(address: StoreAddress) -> None:
    open_store(address).close()
    tokens = open_views(address).tokens
    assert tokens.add(token("ana"), token_hash("a"))
    tokens.revoke("ana", 9.0)
    assert not tokens.add(token("ana"), token_hash("other"))
    assert tokens.find(token_hash("other")) is None
