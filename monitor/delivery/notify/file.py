"""Appends each message to a file as a line of JSON, synced to disk before it counts as sent."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from msgspec.structs import replace

from monitor.base.translation import gettext as _
from monitor.delivery.notify.notification import encode, encode_briefing
from monitor.model.config import Channel, DeliveryError
from monitor.model.delivery import BriefingNotification, Notification

TAIL_BYTES = 4 << 20
"""Bytes at the end of the file that are searched for a line that was written before."""


class FileSender:
    """Appends to one file. A line that a killed monitor wrote is not written twice."""

    most = 100

    def __init__(self, channel: Channel) -> None:
        self._path = Path(channel.target[0])
        self._pages = channel.pages

    async def send(self, notifications: Sequence[Notification]) -> DeliveryError | None:
        return await self._write(
            {one.delivery.key: encode([_without_bundle(one)], self._pages) for one in notifications}
        )

    async def send_briefing(self, notification: BriefingNotification) -> DeliveryError | None:
        return await self._write(
            {notification.delivery.key: encode_briefing(notification, self._pages)}
        )

    async def _write(self, lines: Mapping[str, bytes]) -> DeliveryError | None:
        try:
            await asyncio.to_thread(self._append, lines)
        except OSError as error:
            return DeliveryError(
                reason=_(
                    "{file} cannot be written: {why}",
                    file=self._path,
                    why=error.strerror or error,
                )
            )
        return None

    async def close(self) -> None:
        """Do nothing: no connection is kept."""

    def _append(self, keyed: Mapping[str, bytes]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self._path, flags, 0o600)
        with cast(BinaryIO, os.fdopen(descriptor, "r+b", 0)) as file:
            size, tail, has_torn_line = _read_tail(file)
            new = [line for key, line in keyed.items() if key.encode("ascii") not in tail]
            lines = b"".join(line + b"\n" for line in new)
            if lines:
                _write_lines(descriptor, b"\n" * has_torn_line + lines, size)
            os.fsync(descriptor)


def _without_bundle(notification: Notification) -> Notification:
    """Return a notification without its bundle: a file has a line for each alert."""
    return replace(notification, delivery=replace(notification.delivery, bundle=""))


def _read_tail(file: BinaryIO) -> tuple[int, bytes, bool]:
    """Return the size, the last whole lines, and whether an unfinished line follows."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - TAIL_BYTES))
    whole, newline, torn = file.read(TAIL_BYTES).rpartition(b"\n")
    return size, whole + newline, bool(torn)


def _write_lines(descriptor: int, lines: bytes, size: int) -> None:
    """Write all lines or none: cut the file back after an error."""
    left = memoryview(lines)
    try:
        while left:
            left = left[os.write(descriptor, left) :]
    except OSError:
        os.ftruncate(descriptor, size)
        raise
