"""Files that are written once: sections of bytes, a directory of them, a checksum.

Opening a file tells whether its end is missing, and whether it is of another version or from a
machine with another byte order. Only `verify`, which reads the whole file, finds flipped bits.
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


class ChecksummedFileWriter:
    """Writes one file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sum = 0
        self._pending = bytearray()
        self.offset = 0
        """Where the next byte goes."""
        self.write(_MAGIC)

    def write(self, content: bytes) -> int:
        """Append bytes; return the offset at which they start."""
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
        """Write the directory and the footer, and leave the file open.

        Args:
            directory: What JSON can hold.
        """
        listed = json.dumps(directory).encode()
        start = self.write(listed)
        self._flush()
        self._file.write(_FOOTER.pack(start, len(listed), self._sum, _MAGIC))
        self._file.flush()


class ChecksummedFile:
    """Reads one file, mapped into memory; safe from any thread, even after it is deleted."""

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
        except Exception as error:  # empty, cut, or of another kind
            raise ArchiveDamaged(f"{name}: not a whole file of this version ({error})") from error

    def is_cut(self) -> bool:
        """Tell whether the file is shorter than when it was opened: reading on would crash."""
        return self._mapped.size() < len(self.content)

    @contextlib.contextmanager
    def damage_reported(self) -> Iterator[None]:
        """Raise ArchiveDamaged for what wrong numbers in the content lead to."""
        try:
            yield
        except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            raise ArchiveDamaged(f"{self._name}: its content makes no sense") from error

    def verify(self) -> None:
        """Read the whole file.

        Raises:
            ArchiveDamaged: A byte is not as it was written.
        """
        if self.is_cut() or zlib.crc32(self.content[: -_FOOTER.size]) != self._sum:
            raise ArchiveDamaged(f"{self._name}: its content has changed since it was written")
