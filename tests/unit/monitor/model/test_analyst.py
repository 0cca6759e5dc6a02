"""Tests of the scopes and the expiry of tokens."""

from __future__ import annotations

from monitor.model.analyst import Scope, Token, token_hash


def test_a_scope_allows_what_those_before_it_do() -> None:
    covered_pairs = {(scope, other) for scope in Scope for other in Scope if scope.covers(other)}
    assert covered_pairs == {
        (Scope.READ, Scope.READ), (Scope.TRIAGE, Scope.READ), (Scope.TRIAGE, Scope.TRIAGE),
        (Scope.ADMIN, Scope.READ), (Scope.ADMIN, Scope.TRIAGE), (Scope.ADMIN, Scope.ADMIN),
    }  # fmt: skip


def test_a_token_is_valid_until_it_expires_or_is_revoked() -> None:
    def is_valid(expires_at: float | None = None, revoked_at: float | None = None) -> bool:
        token = Token(
            name="a", scope=Scope.READ, created_at=0.0, expires_at=expires_at, revoked_at=revoked_at
        )
        return token.is_valid(10.0)

    assert is_valid() and is_valid(expires_at=10.5)
    assert not is_valid(expires_at=10.0) and not is_valid(revoked_at=5.0)


def test_a_hash_takes_any_text() -> None:
    assert len(token_hash("\ud800")) == 32 and token_hash("a") != token_hash("b")
