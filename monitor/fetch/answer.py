"""What an answer means."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

import httpcore
import httpx

from monitor.durations import span
from monitor.fetch import address, body
from monitor.fetch.headers import Headers
from monitor.model import Fetched, NotModified

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_WITH_BODY = {200, 203}
_SHORT = 16 << 10
"""Bytes of an unwanted body that are read rather than the connection closed."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where an answer sends us, as it says it."""

    to: str
    permanent: bool


class StatusError(Exception):
    """A status that brings no body to read: `503 Service Unavailable; asked to come back in 2 min`.

    `retry_after` is in seconds; `why` says what is wrong with a status that is no error.
    """

    def __init__(self, code: int, retry_after: float | None = None, why: str = "") -> None:
        self.code, self.retry_after = code, retry_after
        words = f"{code} {_PHRASES.get(code, 'unknown status')}"
        if why:
            words += f", {why}"
        if retry_after is not None:
            words += f"; asked to come back in {span(retry_after)}"
        super().__init__(words)


async def understand(
    response: httpcore.Response, url: httpx.URL, *, cap: int, conditional: bool, whole: bool = True
) -> Fetched | NotModified | Redirect:
    """Return what a URL answered, its body read; raises StatusError, BodyError."""
    headers = Headers(response.headers)
    code = response.status
    if code in _WITH_BODY:
        return await _fetched(response, headers, url, cap, whole)
    await _finish(response, headers)
    if code == 304 and conditional:
        return NotModified(hints=headers.hints())
    if code == 304:
        raise StatusError(code, why="although nothing was asked conditionally")
    if code not in _REDIRECTS:
        raise StatusError(code, headers.retry_after())
    if to := headers.text(b"location").strip():
        return Redirect(to, code in _PERMANENT)
    raise StatusError(code, why="without saying where to")


async def _finish(response: httpcore.Response, headers: Headers) -> None:
    """Read a short body that nobody wants, so that the connection can be used again."""
    length = headers.length()
    if response.status == 304 or (length is not None and length < _SHORT):
        async for _ in response.aiter_stream():
            pass


async def _fetched(
    response: httpcore.Response, headers: Headers, url: httpx.URL, cap: int, whole: bool
) -> Fetched:
    if whole and (headers.length() or 0) > cap:
        raise body.BodyError(body.too_large(cap))
    return Fetched(
        url=address.without_credentials(url),
        body=await body.read(
            response.aiter_stream(), headers.text(b"content-encoding"), cap=cap, whole=whole
        ),
        content_type=headers.text(b"content-type"),
        etag=headers.validator(b"etag"),
        last_modified=headers.validator(b"last-modified"),
        hints=headers.hints(),
        status=response.status,
        told=headers.told(),
    )
