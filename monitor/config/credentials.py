"""Secrets kept outside `feeds.yaml`, and lines of the file shown with secrets masked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from monitor.base.translation import gettext as _
from monitor.config import value_parsers
from monitor.config.draft import ConfigDraft
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
        self._known: dict[Loc, Secret | None] = {}

    def at(self, loc: Loc, written: str, subject: str) -> Secret | None:
        """Return the value written at a place; None, with a problem added, if it is missing."""
        if loc not in self._known:
            try:
                self._known[loc] = Secret(self._value(written, str(loc[-1])))
            except ValueError as error:
                self._known[loc] = None
                self._draft.add_problem(loc, f"{subject}: {error}")
        return self._known[loc]

    def _value(self, written: str, key: str) -> str:
        kind, colon, name = written.partition(":")
        if not colon or f"{kind}:" not in value_parsers.ELSEWHERE:
            return written
        value = self._variable(name) if kind == "env" else self._file(name)
        if key == "proxy":
            return value_parsers.proxy_address(value.strip())
        try:
            return value_parsers.check_header_text(value)
        except value_parsers.SubjectError as error:
            subject = (
                _("what is in the variable {name}", name=name)
                if kind == "env"
                else _("what is in {file}", file=name)
            )
            raise ValueError(error.about(subject)) from None

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


def is_in_file(written: str) -> bool:
    """Tell whether a value is what is written, and not a reference to it."""
    return not written.startswith(value_parsers.ELSEWHERE)


def describe_origin(written: str) -> str:
    """Return where a value comes from, without the value: `from env:NAME`."""
    if is_in_file(written):
        return _("written in feeds.yaml")
    return _("from {reference}", reference=written)


_LOGIN = re.compile(r"(?<=//)(?:[^/?#\s]*|[^\s]*:[^\s]*)(?=@)")
_ELSEWHERE = r"(?!\s|[\"']?(?:env|file):)"
"""A reference to a secret is shown; the secret is not."""
_HIDING = re.compile(r"^[\s-]*[\"']?(?:auth|headers)[\"']?\s*:")
_BESIDE = re.compile(r"\b((?:auth|headers)[\"']?\s*:\s*)(\{[^}]*\}?|[^\s{#].*)")
_BELOW = re.compile(rf"(?<=:)(\s+){_ELSEWHERE}([^{{#].*?)(?=\s*$|\s+#)")
_PAIR = re.compile(rf"(:\s+){_ELSEWHERE}([^,}}]+)")
_KEYED = re.compile(
    r"(\b[\w-]*(?:auth|bearer|cookie|key|passw|pasw|pwd|secret|sign|token)[\w-]*[\"']?\s*:\s+)"
    rf"{_ELSEWHERE}([^{{,}}\s][^,}}]*)",
    re.IGNORECASE,
)
_CHANNELS = re.compile(r"^[\s-]*[\"']?channels[\"']?\s*:")
_SHOWN = re.compile(r"""[\s{\[-]*["']?(?:name|file|atom)["']?\s*:\s*[^,{}]*,?[\s}\]]*""")
_ELSEWHERE_ONLY = re.compile(
    r"""[\s{\[-]*["']?[\w-]+["']?\s*:\s*["']?(?:(?:env|file):[^\s,}]*)?["']?[\s,}\]]*"""
)
_FIRST_KEY = re.compile(r"""[\s{\[-]*(?:["']?[\w-]+["']?\s*:\s+)?""")
_DOT = "•"


def masked(lines: Sequence[str], number: int) -> str:
    """Return a line by its number from 1, as long as it was, with possible secrets masked.

    Possible secrets are passwords in addresses, values of keys named after secrets, and
    everything under `auth:` and `headers:` but references such as `env:NAME`.
    """
    shown = _LOGIN.sub(lambda match: _DOT * len(match[0]), lines[number - 1])
    shown = _BESIDE.sub(_braced, shown)
    shown = _KEYED.sub(_dots, shown)
    if _is_below(_CHANNELS, lines, number) or _CHANNELS.match(shown):
        return _of_channel(shown)
    return _BELOW.sub(_dots, shown) if _is_below(_HIDING, lines, number) else shown


def _of_channel(line: str) -> str:
    """Mask what follows the first key of a line that is not known to be harmless."""
    if _SHOWN.fullmatch(line) or re.fullmatch(_CHANNELS.pattern + r"\s*[\[{]?\s*", line):
        return line
    start = match.end() if (match := _CHANNELS.match(line)) else 0
    while match := _SHOWN.match(line, start):
        start = match.end()
    rest = line[start:]
    if _ELSEWHERE_ONLY.fullmatch(rest):
        return line
    key = _FIRST_KEY.match(rest)
    end = start + (key.end() if key else 0)
    return line[:end] + re.sub(r"\S", _DOT, line[end:])


def _dots(match: re.Match[str]) -> str:
    return match[1] + _DOT * len(match[2])


def _braced(match: re.Match[str]) -> str:
    """Mask each value of a mapping in braces, or the whole of anything else."""
    return match[1] + _PAIR.sub(_dots, match[2]) if match[2][0] == "{" else _dots(match)


def _is_below(key: re.Pattern[str], lines: Sequence[str], number: int) -> bool:
    """Return whether a line is indented below such a key."""
    margin = _indent(lines[number - 1])
    for line in reversed(lines[: number - 1]):
        if line.strip() and _indent(line) < margin:
            if key.match(line):
                return True
            margin = _indent(line)
        if not margin:
            break
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" -"))
