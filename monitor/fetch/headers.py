"""What the headers of an answer say: validators, hints, when to come back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from index.text import line
from monitor.model import Hints

Raw = Iterable[tuple[bytes, bytes]]

_MAX_AGE = re.compile(rb"(?:^|[,\s])max-age\s*=\s*\"?(\d+)", re.I)
_SECONDS = re.compile(rb"\d+")
_FOREVER = 1e9
"""Seconds; more is not believed (and would not fit a date)."""
_LONGEST = 1024
"""Bytes of a validator that is sent back; servers refuse long headers."""
_KEPT = (
    "age", "cache-control", "content-encoding", "content-language", "content-length",
    "content-type", "date", "etag", "expires", "last-modified", "server", "via",
)  # fmt: skip
"""Headers that say where, when and as what a body came; none of them can hold a secret."""
_LONGEST_KEPT = 200
"""Characters of their values."""
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class Headers:
    """The headers of one answer, by lower-case name, values as they came."""

    def __init__(self, raw: Raw) -> None:
        self._values: dict[bytes, bytes] = {}
        for name, value in raw:
            key = name.lower()
            known = self._values.get(key)
            self._values[key] = value if known is None else _joined(key, known, value)

    def get(self, name: bytes) -> bytes:
        """Return a header's raw value, empty without one."""
        return self._values.get(name, b"")

    def text(self, name: bytes) -> str:
        """Return a header's value as text."""
        value = self.get(name)
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def validator(self, name: bytes) -> bytes | None:
        """Return an ETag or Last-Modified to send back byte for byte; None if it is poison."""
        value = self.get(name)
        return value if value and len(value) <= _LONGEST and not _CONTROL.search(value) else None

    def told(self) -> tuple[tuple[str, str], ...]:
        """Return what says where, when and as what a body came: nothing secret, all on a line."""
        values = ((name, self.text(name.encode())) for name in _KEPT)
        return tuple((name, line(value)[:_LONGEST_KEPT]) for name, value in values if value)

    def length(self) -> int | None:
        """Return the length of the body as announced, None where that does not count."""
        if self.get(b"transfer-encoding"):
            return None
        value = self.get(b"content-length")
        return int(value[:18]) if _SECONDS.fullmatch(value) else None

    def hints(self) -> Hints:
        """Return when the cache of this answer expires."""
        ages = [age for age in (self._fresh_for(), self._until(b"expires")) if age is not None]
        return Hints(max_age=max(ages)) if ages else Hints()

    def retry_after(self) -> float | None:
        """Return the seconds after which the server wants to be asked again, None if not said."""
        seconds = _number(self.get(b"retry-after").strip())
        return self._until(b"retry-after") if seconds is None else seconds

    def _fresh_for(self) -> float | None:
        found = _MAX_AGE.search(self.get(b"cache-control"))
        if not found:
            return None
        return max(0.0, (_number(found[1]) or 0.0) - (_number(self.get(b"age").strip()) or 0.0))

    def _until(self, name: bytes) -> float | None:
        """Return the seconds from the answer's own Date to a date: our clock plays no part."""
        then, date = _moment(self.get(name)), _moment(self.get(b"date"))
        return None if then is None or date is None else max(0.0, then - date)


def _joined(key: bytes, known: bytes, value: bytes) -> bytes:
    """Lists are one list; of anything else the first counts."""
    return b"%b, %b" % (known, value) if key in {b"cache-control", b"content-encoding"} else known


def _number(digits: bytes) -> float | None:
    return min(float(digits), _FOREVER) if _SECONDS.fullmatch(digits) else None


def _moment(date: bytes) -> float | None:
    if not date:
        return None
    try:
        return parsedate_to_datetime(date.decode("ascii")).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
