"""Messages for what can go wrong in a request."""

from __future__ import annotations

import ssl

import httpcore

from monitor.base.formatting import span
from monitor.base.translation import gettext as _
from monitor.base.translation import mark
from monitor.base.url import UrlError
from monitor.intake.fetch.address_guard import AddressError, UnreachableError
from monitor.intake.fetch.response import BodyError, StatusError

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
"""How h11 begins to say it."""
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
        known = _CERTIFICATES.get(error.verify_code)
        return _(known) if known else _("certificate: {why}", why=error.verify_message)
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
