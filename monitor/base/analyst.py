"""Who works with tocsin: the name under which decisions are kept."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

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
