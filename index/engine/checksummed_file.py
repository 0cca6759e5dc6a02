"""Files that are written once: sections of bytes, a directory, a checksum.

A file without its last bytes, of another version or from a machine with another byte
order is recognised when it is opened; flipped bits only by `verify`, which reads it all.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import sys
import zlib
from collections.abc import Iterator
from struct import Struct
from typing import Any, BinaryIO

from index.errors import ArchiveDamaged

_MAGIC = b"tocsin\x01" + sys.byteorder[:1].encode()
_FOOTER = Struct("<QII8s")  # where the directory starts, its length, checksum of all before
_CHUNK = 1 << 18


class SealedWriter:
    """Writes one sealed file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sum = 0
        self._pending = bytearray()
        self.offset = 0
        """Where the next byte goes."""
        self.write(_MAGIC)

    def write(self, content: bytes) -> int:
        """Append bytes, return where they start."""
        start = self.offset
        self._pending += content
        self.offset += len(content)
        if len(self._pending) >= _CHUNK:
            self._flush()
        return start

    def _flush(self) -> None:
        self._file.write(self._pending)
        self._sum = zlib.crc32(self._pending, self._sum)
        self._pending.clear()

    def seal(self, directory: dict[str, Any]) -> None:
        """Write the directory (what JSON can hold) and the footer; the file stays open."""
        listed = json.dumps(directory).encode()
        start = self.write(listed)
        self._flush()
        self._file.write(_FOOTER.pack(start, len(listed), self._sum, _MAGIC))
        self._file.flush()


class Sealed:
    """Reads one sealed file where it lies; safe from any thread, also when it is deleted."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        try:
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.content = memoryview(self._mapped)
            footer = _FOOTER.unpack(self.content[-_FOOTER.size :])
            start, length, self._sum, magic = footer
            if magic != _MAGIC or start + length + _FOOTER.size != len(self.content):
                raise ValueError("no footer of this version")
            self.directory: dict[str, Any] = json.loads(bytes(self.content[start : start + length]))
        except Exception as error:  # an empty file, a short one, one of another kind
            raise ArchiveDamaged(f"{name}: not a whole file of this version ({error})") from error

    def is_cut(self) -> bool:
        """Tell whether the file was cut since: reading beyond its end kills the process."""
        return self._mapped.size() < len(self.content)

    @contextlib.contextmanager
    def trusted(self) -> Iterator[None]:
        """Turn what senseless numbers in the content lead to into ArchiveDamaged."""
        try:
            yield
        except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            raise ArchiveDamaged(f"{self._name}: its content makes no sense") from error

    def verify(self) -> None:
        """Read everything; raises ArchiveDamaged if a bit is not as written."""
        if self.is_cut() or zlib.crc32(self.content[: -_FOOTER.size]) != self._sum:
            raise ArchiveDamaged(f"{self._name}: its content has changed since it was written")
