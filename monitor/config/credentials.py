"""What is kept out of `feeds.yaml`: `env:NAME` is a variable, `file:PATH` a file beside it.

Whoever reads the file may be somebody else than who may know the password.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitor.config import beside, manners
from monitor.config.draft import Draft
from monitor.config.marks import Loc
from monitor.model import Secret

_LARGEST = 8192
"""Bytes of a file with a secret."""


class Credentials:
    """Fetches what a draft only names, each once, and notes what is not there."""

    def __init__(self, draft: Draft, folder: Path, environ: Mapping[str, str]) -> None:
        self._draft = draft
        self._folder = folder
        self._environ = environ
        self._known: dict[Loc, Secret | None] = {}

    def at(self, loc: Loc, written: str, subject: str) -> Secret | None:
        """Return the value written at a place, None, with the mistake noted, if it is not had."""
        if loc not in self._known:
            try:
                self._known[loc] = Secret(self._value(written, str(loc[-1])))
            except ValueError as error:
                self._known[loc] = None
                self._draft.object_to(loc, f"{subject}: {error}")
        return self._known[loc]

    def _value(self, written: str, key: str) -> str:
        kind, colon, name = written.partition(":")
        if not colon or f"{kind}:" not in manners.ELSEWHERE:
            return written
        found = self._variable(name) if kind == "env" else self._file(name)
        if key == "proxy":
            return manners.proxy_address(found.strip())
        try:
            return manners.sendable(found)
        except ValueError as error:
            what = f"the variable {name}" if kind == "env" else name
            raise ValueError(f"what is in {what} {error}") from None

    def _variable(self, name: str) -> str:
        if name not in self._environ:
            raise ValueError(f"there is no environment variable {name}; set it where tocsin starts")
        return self._environ[name]

    def _file(self, name: str) -> str:
        try:
            content = beside(self._folder / "feeds.yaml", name).read_bytes()[: _LARGEST + 1]
        except OSError as error:
            raise ValueError(f"{name} cannot be read: {error.strerror or error}") from None
        if len(content) > _LARGEST:
            raise ValueError(f"{name} is too large for a secret")
        try:
            return content.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ValueError(f"{name} is no text in UTF-8") from None


def in_words(written: str) -> str:
    """Return where a value comes from, and nothing of itself: `from env:NAME`."""
    return f"from {written}" if written.startswith(manners.ELSEWHERE) else "written in feeds.yaml"
