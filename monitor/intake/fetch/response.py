"""The response: its status, headers and body, and their interpretation for the client."""

from __future__ import annotations

import re
import ssl
import zlib
from calendar import timegm
from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from monitor.base.errors import MonitorError
from monitor.base.formatting import span
from monitor.base.text_cleaning import line, safe_url
from monitor.base.translation import gettext as _, mark, number
from monitor.base.url import UrlError, redact, without_credentials
from monitor.intake.parse.barrier import challenge_by_headers
from monitor.model.poll import Fetched, Hints, NotModified

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
REDIRECTS = {301, 302, 303, 307, 308}
_PERMANENT = {301, 308}
_WITH_BODY = {200, 203}
_SHORT = 16 << 10
"""An unwanted body below so many bytes is read, so that the connection can be used again."""

Raw = Iterable[tuple[bytes, bytes]]

_MAX_AGE = re.compile(rb"(?:^|[,\s])max-age\s*=\s*\"?(\d+)", re.I)
_SECONDS = re.compile(rb"\d+")
_LONGEST_TIME = 1e9
"""Seconds; the longest time that a header may ask for. More would not fit a date."""
_LONGEST_VALIDATOR = 1024
"""Bytes; a longer validator is not sent back, since servers refuse long headers."""
_EVIDENCE = (
    "age", "cache-control", "content-encoding", "content-language", "content-length",
    "content-type", "date", "etag", "expires", "last-modified", "server", "via",
)  # fmt: skip
"""Headers that are kept as evidence; none of them can hold a secret."""
_LONGEST_VALUE = 200
"""Most characters of a header that is kept as evidence."""
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class StatusError(Exception):
    """A status that brings no body to read: `503 Service Unavailable; asked to come back in 2 min`.

    `retry_after` is in seconds; `problem` says what is wrong with a status that is no error.
    """

    def __init__(self, code: int, retry_after: float | None = None, problem: str = "") -> None:
        self.code, self.retry_after = code, retry_after
        words = f"{code} {_PHRASES.get(code) or _('unknown status')}"
        if problem:
            words = words + ", " + problem  # stays a message in any language
        if retry_after is not None:
            wait = span(retry_after)
            words = _("{status}; asked to come back in {time}", status=words, time=wait)
        super().__init__(words)


async def read_body(
    response: httpx.Response, headers: Headers, *, max_bytes: int, truncate: bool
) -> bytes:
    """Return the decoded body of a response that brings one, else nothing.

    Raises:
        BodyError: The body is too large, broken or cut short.
    """
    if response.status_code in _WITH_BODY:
        if not truncate and (headers.length() or 0) > max_bytes:
            raise BodyError(too_large(max_bytes))
        coding = headers.text(b"content-encoding")
        return await decoded(response.aiter_raw(), coding, max_bytes=max_bytes, truncate=truncate)
    length = headers.length()
    if response.status_code == 304 or (length is not None and length < _SHORT):
        async for _ in response.aiter_raw():
            pass
    return b""


def interpret(answers: Sequence[Answer], *, conditional: bool) -> Fetched | NotModified:
    """Return the document or the 304 of the last response of a fetch.

    Raises:
        StatusError: It brings neither.
    """
    answer = answers[-1]
    headers, code = answer.headers, answer.status
    if code in _WITH_BODY:
        url = without_credentials(answer.url)
        return Fetched(
            url=url,
            base=content_location(url, headers.text(b"content-location")),
            body=answer.body,
            content_type=headers.text(b"content-type"),
            etag=headers.validator(b"etag"),
            last_modified=headers.validator(b"last-modified"),
            hints=headers.hints(),
            status=code,
            moved_to=_permanent_target(answers),
            hops=tuple(redact(str(hop.url)) for hop in answers[:-1]),
            headers=headers.evidence(),
        )
    if code == 304 and conditional:
        return NotModified(hints=headers.hints(), moved_to=_permanent_target(answers))
    if code == 304:
        raise StatusError(code, problem=_("although nothing was asked conditionally"))
    if code in REDIRECTS:
        raise StatusError(code, problem=_("without saying where to"))
    raise StatusError(code, headers.retry_after(), challenge_by_headers(headers.get))


def _permanent_target(answers: Sequence[Answer]) -> str | None:
    """Return the target of an unbroken chain of permanent redirects; None without one.

    A redirect from https to http breaks the chain.
    """
    target = None
    for previous, answer in pairwise(answers):
        old, new = previous.url, answer.url
        if previous.status not in _PERMANENT or (old.scheme, new.scheme) == ("https", "http"):
            break
        target = without_credentials(new)
    return target


def content_location(url: str, location: str) -> str:
    """Return the address that a body from `url` has by Content-Location; empty for the same.

    An address on another host is ignored: servers behind a proxy name their own machine.
    """
    try:
        address = safe_url(urljoin(url, location.strip()))
    except ValueError:
        return ""
    return address if address != url and urlsplit(address).netloc == urlsplit(url).netloc else ""


class Headers:
    """The headers of one response, by lower-case name; the values are the raw bytes."""

    def __init__(self, raw: Raw) -> None:
        self._values: dict[bytes, bytes] = {}
        for name, value in raw:
            key = name.lower()
            first = self._values.get(key)
            self._values[key] = value if first is None else _joined(key, first, value)

    def get(self, name: bytes) -> bytes:
        """Return a header's raw value, empty without one."""
        return self._values.get(name, b"")

    def text(self, name: bytes) -> str:
        value = self.get(name)
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")

    def validator(self, name: bytes) -> bytes | None:
        """Return an ETag or Last-Modified to send back byte for byte; None if it is harmful."""
        value = self.get(name)
        return (
            value
            if value and len(value) <= _LONGEST_VALIDATOR and not _CONTROL.search(value)
            else None
        )

    def evidence(self) -> tuple[tuple[str, str], ...]:
        """Return the headers that are kept as evidence: none is secret, each is one line."""
        values = ((name, self.text(name.encode())) for name in _EVIDENCE)
        return tuple((name, line(value)[:_LONGEST_VALUE]) for name, value in values if value)

    def length(self) -> int | None:
        """Return the announced length of the body in bytes; None where it does not count."""
        if self.get(b"transfer-encoding"):
            return None
        value = self.get(b"content-length")
        return int(value[:18]) if _SECONDS.fullmatch(value) else None

    def hints(self) -> Hints:
        ages = [age for age in (self._fresh_for(), self._until(b"expires")) if age is not None]
        return Hints(max_age=max(ages)) if ages else Hints()

    def retry_after(self) -> float | None:
        """Return the seconds after which the server wants the next request; None if not said."""
        seconds = _number(self.get(b"retry-after").strip())
        return self._until(b"retry-after") if seconds is None else seconds

    def _fresh_for(self) -> float | None:
        match = _MAX_AGE.search(self.get(b"cache-control"))
        if not match:
            return None
        return max(0.0, (_number(match[1]) or 0.0) - (_number(self.get(b"age").strip()) or 0.0))

    def date(self) -> float | None:
        """Return the time of the server, None if it tells none."""
        return _moment(self.get(b"date"))

    def _until(self, name: bytes) -> float | None:
        """Return the seconds from the Date of the response to another date; no clock is needed."""
        moment = _moment(self.get(name))
        date = self.date()
        return None if moment is None or date is None else max(0.0, moment - date)


class Answer(NamedTuple):
    """The answer of a server."""

    url: httpx.URL
    status: int
    headers: Headers
    body: bytes
    """The decoded body; empty if it is not needed."""
    target: httpx.URL | None = None
    """The target of its redirect."""


def _joined(key: bytes, first: bytes, value: bytes) -> bytes:
    """Return the value of a header that occurs twice: a list is joined, else the first counts."""
    return b"%b, %b" % (first, value) if key in {b"cache-control", b"content-encoding"} else first


def _number(digits: bytes) -> float | None:
    return min(float(digits), _LONGEST_TIME) if _SECONDS.fullmatch(digits) else None


def _moment(date: bytes) -> float | None:
    if not date:
        return None
    try:
        return float(timegm(parsedate_to_datetime(date.decode("ascii")).utctimetuple()))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


_PIECE = 1 << 16
"""Most bytes that are decompressed at a time."""
_NONE = {"", "identity", "none", "utf-8"}  # the last two are mistakes that browsers forgive


class BodyError(ValueError):
    """A body that cannot be read; the message says why."""


async def decoded(
    chunks: AsyncIterable[bytes], coding: str, *, max_bytes: int, truncate: bool = False
) -> bytes:
    """Return the decoded body.

    `coding` is the value of its Content-Encoding. With `truncate`, a larger body is cut after
    `max_bytes`, which count once it is decompressed.

    Raises:
        BodyError: The body is too large, broken or cut short.
    """
    algorithm = _algorithm(coding)
    stream: Any = None
    body = bytearray()
    async for chunk in chunks:
        if algorithm and stream is None:
            stream = _decompressor(algorithm, chunk)
        for piece in _decompressed(stream, chunk) if stream else (chunk,):
            body += piece
            if len(body) > max_bytes:
                break
        if len(body) > max_bytes and truncate:
            return bytes(body[:max_bytes])
        if len(body) > max_bytes:
            body.clear()  # the error holds this frame until the connection is closed
            raise BodyError(too_large(max_bytes))
    if stream and not stream.eof:
        raise BodyError(_("the compressed answer is cut short"))
    return bytes(body)


def too_large(max_bytes: int) -> str:
    """Return the message for a body above a limit, in bytes."""
    if max_bytes >= 1 << 20:
        return _("larger than {size} MB", size=number(max_bytes >> 20))
    return _("larger than {size} bytes", size=str(max_bytes))


def _algorithm(coding: str) -> str:
    """Return `gzip` or `deflate`, the codings that are accepted; empty for an uncompressed body."""
    name = coding.strip().lower().removeprefix("x-")
    if "," in name:
        raise BodyError(_("compressed several times over"))
    if name in _NONE:
        return ""
    if name not in {"gzip", "deflate"}:
        raise BodyError(_("compressed in a way that was not asked for"))
    return name


def _decompressor(coding: str, head: bytes) -> Any:
    """Return the decompressor of a body; deflate is zlib by RFC 1950, but some send it bare."""
    if coding == "gzip":
        return zlib.decompressobj(31)
    return zlib.decompressobj(15 if head[0] & 15 == zlib.DEFLATED else -15)


def _decompressed(stream: Any, chunk: bytes) -> Iterator[bytes]:
    """Yield pieces of a body; bytes behind the end of the compressed stream do not count."""
    piece = b""
    while chunk or len(piece) == _PIECE:  # zlib may have more, and want no input for it
        try:
            piece = stream.decompress(chunk, _PIECE)
        except zlib.error as error:
            raise BodyError(_("the compressed answer is broken")) from error
        chunk = stream.unconsumed_tail
        yield piece


# OpenSSL's X509_V_ERR_*, https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATES = {
    9: mark("certificate is not valid yet: is the clock of this machine right?"),
    10: mark("certificate has expired"),
    18: mark("certificate is signed by nobody but itself"),
    19: mark("certificate is signed by an authority that is not known here"),
    20: mark("certificate is signed by an authority that is not known here"),
    21: mark("certificate is sent without those it depends on"),
    23: mark("certificate was revoked"),
    62: mark("certificate is for another name"),
    64: mark("certificate is for another address"),
}

_CUT_SHORT = ("without sending complete message body", "incomplete chunked")  # not a message
"""Phrases of h11 about a body that is cut short."""
_OWN_MESSAGE = (StatusError, UrlError, BodyError, MonitorError)
"""Errors whose own message is shown."""


def error_message(error: Exception, seconds: float) -> str:
    """Return the message for an exception; `seconds` is the time limit of the whole fetch."""
    if isinstance(error, _OWN_MESSAGE):
        return str(error)
    if isinstance(error, ssl.SSLError):
        return _tls(error)
    if isinstance(error, OSError):  # TimeoutError is one too
        return _broken(error, seconds)
    if isinstance(error, httpcore.ProxyError):
        return _("the proxy refuses: {status}", status=str(error).partition(" ")[0])
    if isinstance(error, httpcore.RemoteProtocolError):
        return _protocol(str(error))
    if isinstance(error, httpcore.NetworkError):
        return str(error) or _("the connection broke")
    return _("unexpected {error}", error=type(error).__name__)


def _protocol(message: str) -> str:
    if "without sending a response" in message:  # not a message
        return _("the server hung up without an answer")
    if any(words in message for words in _CUT_SHORT):
        return _("the answer is cut short")
    return _("the answer is not HTTP")


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        message = _CERTIFICATES.get(error.verify_code)
        return _(message) if message else _("certificate: {why}", why=error.verify_message)
    if not error.reason:
        return _("no encrypted connection: tls failed")
    if error.reason == "WRONG_VERSION_NUMBER":
        return _("the server speaks http, not https: try http://")
    return _("no encrypted connection: {why}", why=error.reason.replace("_", " ").lower())


def _broken(error: OSError, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return _("not finished after {time}", time=span(seconds))
    if isinstance(error, ConnectionError):
        return _("the connection was reset")
    return _("connection failed: {why}", why=error.strerror or type(error).__name__)
