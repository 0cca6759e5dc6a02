"""The body of a response, decompressed without ever holding more than the limit."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Iterator

from monitor.base.translation import gettext as _
from monitor.base.translation import number

_MEMBERS = 1000
"""Most members of one gzip body; each costs a copy of what follows it."""
_PIECE = 1 << 16
"""Most bytes that are decompressed at a time."""
_GZIP = b"\x1f\x8b"
_NONE = {"", "identity", "none", "utf-8"}  # the last two are mistakes that browsers forgive
_WBITS = {"gzip": 31, "zlib": 15, "deflate": -15}


class BodyError(ValueError):
    """A body that cannot be read; the message says why."""


async def read(
    chunks: AsyncIterable[bytes], coding: str, *, max_bytes: int, truncate: bool = False
) -> bytes:
    """Return the decoded body.

    Args:
        chunks: The body as it comes.
        coding: The value of its Content-Encoding.
        max_bytes: The largest body, after decompression.
        truncate: Whether a larger body is cut there.

    Raises:
        BodyError: The body is too large, broken or cut short.
    """
    known = _known(coding)
    inflate = Inflater(known, max_bytes) if known else None
    body = bytearray()
    async for chunk in chunks:
        for piece in inflate.pieces(chunk) if inflate else (chunk,):
            body += piece
        if len(body) > max_bytes and truncate:
            return bytes(body[:max_bytes])
        if len(body) > max_bytes:
            body.clear()  # the error holds this frame until the connection is closed
            raise BodyError(too_large(max_bytes))
    if inflate and not inflate.complete:
        raise BodyError(_("the compressed answer is cut short"))
    return bytes(body)


def too_large(max_bytes: int) -> str:
    """Return the message for a body above a limit, in bytes."""
    if max_bytes >= 1 << 20:
        return _("larger than {size} MB", size=number(max_bytes >> 20))
    return _("larger than {size} bytes", size=str(max_bytes))


def _known(coding: str) -> str:
    """Return `gzip` or `deflate`, the codings that are accepted; empty for an uncompressed body."""
    name = coding.strip().lower().removeprefix("x-")
    if "," in name:
        raise BodyError(_("compressed several times over"))
    if name in _NONE:
        return ""
    if name not in {"gzip", "deflate"}:
        raise BodyError(_("compressed in a way that was not asked for"))
    return name


class Inflater:
    """Decompresses gzip or deflate, never to more than `max_bytes` and one in all."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        self._coding = coding
        self._left = max_bytes + 1
        self._members = 0
        self._start = b""
        self._stream: zlib._Decompress | None = None

    @property
    def complete(self) -> bool:
        """Whether the end of the compressed stream was seen; nothing at all is complete."""
        return self._stream.eof if self._stream else not self._start

    def feed(self, chunk: bytes) -> bytes:
        return b"".join(self.pieces(chunk))

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """Yield a decompressed piece of the body, little by little."""
        chunk, self._start = self._start + chunk, b""
        pending = False
        while (chunk or pending) and self._left > 0:
            if self._stream is None or (self._stream.eof and chunk):
                if len(chunk) < 2:  # too short to tell what begins here
                    self._start = chunk
                    break
                if self._stream and not (self._coding == "gzip" and chunk.startswith(_GZIP)):
                    break  # padding after the end: harmless, and common
                self._stream = self._begin(chunk)
            most = min(self._left, _PIECE)
            piece = self._inflated(self._stream, chunk, most)
            pending = len(piece) == most  # zlib may have more of it, and want no input for it
            self._left -= len(piece)
            chunk = self._stream.unconsumed_tail or self._stream.unused_data
            yield piece

    def _inflated(self, stream: zlib._Decompress, chunk: bytes, most: int) -> bytes:
        try:
            return stream.decompress(chunk, most)
        except zlib.error as error:
            raise BodyError(_("the compressed answer is broken")) from error

    def _begin(self, head: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > _MEMBERS:
            raise BodyError(_("compressed in too many pieces"))
        if self._coding == "deflate":  # RFC 1950 says zlib; some servers send it bare
            wrapped = head[0] & 15 == 8 and (head[0] << 8 | head[1]) % 31 == 0
            return zlib.decompressobj(_WBITS["zlib" if wrapped else "deflate"])
        return zlib.decompressobj(_WBITS[self._coding])
