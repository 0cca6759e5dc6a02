"""The query language: text to tree. Used by search and by watchlists alike."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query (placeholder of the contract; the parser replaces it)."""

    text: str
