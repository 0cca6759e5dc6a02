"""A file: each message is a line of JSON at its end, on the disk before it counts as accepted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from monitor.model.config import Channel, DeliveryError
from monitor.model.delivery import Notification
from monitor.notify import notification as told

TAIL = 4 << 20
"""Bytes at the end in which a line is looked for before it is written again."""


class FileSender:
    """Appends to one file; a line that a killed monitor wrote already is not written twice."""

    most = 100

    def __init__(self, channel: Channel) -> None:
        self._path = Path(channel.target[0])

    async def send(self, parcels: Sequence[Notification]) -> DeliveryError | None:
        """Write a line for each parcel; return why it could not be, None if it was."""
        try:
            await asyncio.to_thread(self._append, parcels)
        except OSError as error:
            return DeliveryError(
                reason=f"{self._path} cannot be written: {error.strerror or error}"
            )
        return None

    async def close(self) -> None:
        """Nothing is kept open."""

    def _append(self, parcels: Sequence[Notification]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        with cast(BinaryIO, os.fdopen(descriptor, "r+b", 0)) as file:
            size, last, torn = _look(file)
            fresh = [one for one in parcels if one.delivery.key.encode("ascii") not in last]
            lines = b"".join(told.encoded([_as_line(one)]) + b"\n" for one in fresh)
            if lines:
                _write(descriptor, b"\n" * torn + lines, size)
            os.fsync(descriptor)


def _as_line(parcel: Notification) -> Notification:
    """Return a parcel of a bundle as one of its own: a file has a line for each alert."""
    return replace(parcel, delivery=replace(parcel.delivery, bundle=""))


def _look(file: BinaryIO) -> tuple[int, bytes, bool]:
    """Return the size, the last whole lines, and whether there is a torn one after them."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL))
    whole, newline, torn = file.read(TAIL).rpartition(b"\n")
    return size, whole + newline, bool(torn)


def _write(descriptor: int, lines: bytes, size: int) -> None:
    """Write all of it, or nothing: half a line is taken back."""
    left = memoryview(lines)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
