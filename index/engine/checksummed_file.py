"""Files that are written once: sections of bytes, checksums of blocks, a directory.

Opening a file checks that its end is whole, and that version and byte order are those of this
program and machine. The rest is checked as it is read: a block is compared with its checksum when
a section of it is first read.
"""

from __future__ import annotations

import json
import mmap
import os
import sys
import zlib
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import Struct
from typing import Any, BinaryIO

from index.errors import ArchiveDamaged
from monitor.base.translation import gettext as _

_MAGIC = b"tocsin\x02" + sys.byteorder[:1].encode()
_FOOTER = Struct("<QII8s")  # start of the checksums, length and checksum of the rest
_BLOCK = 1 << 12
"""Bytes of a block: a page of memory. A short list is in one or two blocks, 2 µs each."""
_CHUNK = 1 << 18
_NUMBER_ERRORS = (ValueError, TypeError, IndexError, KeyError, OverflowError)


class ChecksummedFileWriter:
    """Writes one file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sums = array("I")
        self._pending = bytearray()
        self.offset = 0
        """The offset of the next byte."""
        self.write(_MAGIC)

    def write(self, content: bytes) -> int:
        """Append bytes; return the offset at which they start."""
        start = self.offset
        self._pending += content
        self.offset += len(content)
        if len(self._pending) >= _CHUNK:
            self._flush(len(self._pending) // _BLOCK * _BLOCK)
        return start

    def _flush(self, size: int) -> None:
        with memoryview(self._pending)[:size] as content:
            self._file.write(content)
            self._sums.extend(
                zlib.crc32(content[start : start + _BLOCK]) for start in range(0, size, _BLOCK)
            )
        del self._pending[:size]

    def seal(self, directory: dict[str, Any]) -> None:
        """Write the checksums, the directory and the footer, and leave the file open.

        Args:
            directory: Values that JSON can express.
        """
        self._flush(len(self._pending))
        end = self._sums.tobytes() + json.dumps(directory).encode()
        self._file.write(end)
        self._file.write(_FOOTER.pack(self.offset, len(end), zlib.crc32(end), _MAGIC))
        self._file.flush()


class _DamageReported:
    """Raises ArchiveDamaged for the errors that wrong numbers in a file cause.

    It is a class, since a generator takes four times as long, for each term of a wildcard.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, _NUMBER_ERRORS):
            message = _("{file}: its content makes no sense", file=self._name)
            raise ArchiveDamaged(message) from error


class ChecksummedFile:
    """Reads one file, mapped into memory; safe from any thread, even after it is deleted."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        try:
            self._mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self.content = memoryview(self._mapped)
            """All bytes. They may be damaged, unless `verify` was called."""
            start, length, checksum, magic = _FOOTER.unpack(self.content[-_FOOTER.size :])
            if magic != _MAGIC or start + length + _FOOTER.size != len(self.content):
                raise ValueError(_("no footer of this version"))
            end = self.content[start : start + length]
            if zlib.crc32(end) != checksum:
                raise ValueError(_("its end has changed"))
            blocks = -(-start // _BLOCK)
            self._sums = end[: 4 * blocks].cast("I")
            self._unchecked = bytearray(b"\1") * blocks
            self._end = start
            self.directory: dict[str, Any] = json.loads(bytes(end[4 * blocks :]))
        except Exception as error:  # empty, cut, or of another kind
            raise ArchiveDamaged(
                _("{file}: not a whole file of this version ({reason})", file=name, reason=error)
            ) from error

    def section(self, start: int, end: int) -> memoryview:
        """Return bytes as they were written; raises ArchiveDamaged."""
        first, last = start // _BLOCK, -(-end // _BLOCK)
        if self._unchecked.find(1, first, last) >= 0:
            self._check(first, last)
        return self.content[start:end]

    def damage_reported(self) -> _DamageReported:
        """Raise ArchiveDamaged for a file that was cut, and for errors that wrong numbers cause.

        Reading beyond the cut would crash.
        """
        self._check_size()
        return _DamageReported(self._name)

    def verify(self) -> None:
        """Read the whole file; raises ArchiveDamaged."""
        self._check_size()
        self._check(0, len(self._sums))
        self.release()

    def release(self) -> None:
        """Release the pages that were read: they no longer count as memory of this process."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)

    def _check_size(self) -> None:
        """Check that the file has not become shorter since it was opened."""
        if self._mapped.size() < len(self.content):
            raise ArchiveDamaged(_("{file}: the file was cut", file=self._name))

    def _check(self, first: int, last: int) -> None:
        """Compare blocks with their checksums."""
        for block in range(first, min(last, len(self._sums))):
            start = block * _BLOCK
            content = self.content[start : min(start + _BLOCK, self._end)]
            if zlib.crc32(content) != self._sums[block]:
                raise self._damage()
            self._unchecked[block] = 0

    def _damage(self) -> ArchiveDamaged:
        return ArchiveDamaged(
            _("{file}: its content has changed since it was written", file=self._name)
        )


@contextmanager
def durable_file(path: Path) -> Iterator[BinaryIO]:
    """Create a file, and write it to the disk at the end."""
    with path.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def rename_durably(old: Path, new: Path) -> None:
    """Rename a file, and write the new name to the disk."""
    old.rename(new)
    folder = os.open(new.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
