"""Secrets kept outside `feeds.yaml`, and lines of the file shown with secrets masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.base.translation import gettext as _
from monitor.config.addresses import proxy
from monitor.config.draft import ConfigDraft
from monitor.config.kinds import ELSEWHERE, header_text
from monitor.config.location import beside
from monitor.config.yaml_nodes import Loc
from monitor.model.feed import Secret

_LARGEST = 8192
"""Bytes of a file with a secret."""


class Credentials:
    """Resolves `env:NAME` and `file:PATH`, each once; problems are added to the draft."""

    def __init__(self, draft: ConfigDraft, folder: Path, environ: Mapping[str, str]) -> None:
        self._draft = draft
        self._folder = folder
        self._environ = environ
        self._resolved: dict[Loc, Secret | None] = {}

    def at(self, loc: Loc, raw: str, subject: str) -> Secret | None:
        """Return the value at a place; None, with a problem added, if it is missing."""
        if loc not in self._resolved:
            try:
                self._resolved[loc] = Secret(self._value(raw, str(loc[-1])))
            except ValueError as error:
                self._resolved[loc] = None
                self._draft.add_problem(loc, f"{subject}: {error}")
        return self._resolved[loc]

    def _value(self, raw: str, key: str) -> str:
        kind, colon, name = raw.partition(":")
        if not colon or f"{kind}:" not in ELSEWHERE:
            return raw
        value = self._variable(name) if kind == "env" else self._file(name)
        try:
            return proxy(value) if key == "proxy" else header_text(value)
        except ValueError as error:
            raise ValueError(f"{raw}: {error}") from None

    def _variable(self, name: str) -> str:
        if name not in self._environ:
            raise ValueError(
                _("there is no environment variable {name}; set it where tocsin starts", name=name)
            )
        return self._environ[name]

    def _file(self, name: str) -> str:
        try:
            content = beside(self._folder / "feeds.yaml", name).read_bytes()[: _LARGEST + 1]
        except OSError as error:
            reason = error.strerror or error
            raise ValueError(
                _("{file} cannot be read: {reason}", file=name, reason=reason)
            ) from None
        if len(content) > _LARGEST:
            raise ValueError(_("{file} is too large for a secret", file=name))
        try:
            return content.decode("utf-8-sig").rstrip("\r\n")
        except UnicodeDecodeError:
            raise ValueError(_("{file} is not text in UTF-8", file=name)) from None


def is_in_file(raw: str) -> bool:
    """Return whether a value is in the file itself, and not a reference to it."""
    return not raw.startswith(ELSEWHERE)


_DOT = "•"
_LOGIN = re.compile(r"(?<=//)(?:[^/?#\s]*|[^\s]*:[^\s]*)(?=@)")
_AROUND = re.compile(r"""[\s-]*["']?(?:auth|headers|channels)["']?\s*:""")
"""A key below which any value may be secret."""
_SECRET_KEY = re.compile(
    r"""["']?(?:headers|channels|[\w-]*(?:auth|bearer|cookie|key|passw|pasw|pwd|secret|sign|token)"""
    r"""[\w-]*)["']?\s*:(?=\s|$)""",
    re.IGNORECASE,
)
_KEY = r"""[\s{\[-]*["']?[\w-]+["']?\s*:(?=\s|$)\s*"""
_FIRST_KEY = re.compile(rf"(?:{_KEY}|[\s{{\[-]*)")
_HARMLESS = re.compile(
    rf"""(?:[\s{{\[-]*["']?(?:name|file|atom)["']?\s*:\s[^,{{}}]*"""  # what is no secret
    rf"""|{_KEY}["']?(?:(?:env|file):[^\s,{{}}]*)?)"""  # a reference to one, or nothing
    r"""\s*(?:[,}\]]+|(?=[{\[])|$|\#[^:]*$)"""
)
"""A key with a value that may be shown."""


def masked(lines: Sequence[str], number: int) -> str:
    """Return a line by its number from 1, as long as it was, with possible secrets masked.

    Possible secrets are passwords in addresses, values of keys named after secrets, and
    everything under `auth:`, `headers:` and `channels:` but names, paths, and references such as
    `env:NAME`. Behind one, the rest of the line is masked too.
    """
    line = _LOGIN.sub(lambda match: _DOT * len(match[0]), lines[number - 1])
    secret = _SECRET_KEY.search(line)
    if not secret and not _is_below(lines, number):
        return line
    start = secret.start() if secret and not _is_below(lines, number) else 0
    while start < len(line) and (match := _HARMLESS.match(line, start)):
        start = match.end()
    key = _FIRST_KEY.match(line, start)
    end = key.end() if key else start
    return line[:end] + re.sub(r"\S", _DOT, line[end:])


def _is_below(lines: Sequence[str], number: int) -> bool:
    """Return whether a line is indented below a key whose values may be secret."""
    margin = _indent(lines[number - 1])
    for line in reversed(lines[: number - 1]):
        if line.strip() and _indent(line) < margin:
            if _AROUND.match(line):
                return True
            margin = _indent(line)
        if not margin:
            break
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" -"))
