"""Messages for what can go wrong in a request."""

from __future__ import annotations

import ssl

import httpcore

from monitor.fetch.address_guard import AddressError, UnreachableError
from monitor.fetch.body import BodyError
from monitor.fetch.response import StatusError
from monitor.fetch.url import UrlError
from monitor.formatting import span

# OpenSSL's X509_V_ERR_*, https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_CERTIFICATES = {
    9: "certificate is not valid yet: is the clock of this machine right?",
    10: "certificate has expired",
    18: "certificate is signed by nobody but itself",
    19: "certificate is signed by an authority that is not known here",
    20: "certificate is signed by an authority that is not known here",
    21: "certificate is sent without those it depends on",
    23: "certificate was revoked",
    62: "certificate is for another name",
    64: "certificate is for another address",
}

_OWN_MESSAGE = (StatusError, UrlError, BodyError, AddressError, UnreachableError)
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
        return f"the proxy refuses: {str(error).partition(' ')[0]}"
    if isinstance(error, httpcore.RemoteProtocolError):
        return _protocol(str(error))
    if isinstance(error, httpcore.NetworkError):
        return str(error) or "the connection broke"
    return f"unexpected {type(error).__name__}"


def _protocol(message: str) -> str:
    if "without sending a response" in message:
        return "the server hung up without an answer"
    if "without sending complete message body" in message or "incomplete chunked" in message:
        return "the answer is cut short"
    return "the answer is not HTTP"


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, f"certificate: {error.verify_message}")
    reason = (error.reason or "TLS failed").replace("_", " ").lower()
    return f"no encrypted connection: {reason}"


def _broken(error: OSError, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"not finished after {span(seconds)}"
    if isinstance(error, ConnectionError):
        return "the connection was reset"
    return f"connection failed: {error.strerror or type(error).__name__}"
