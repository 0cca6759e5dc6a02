"""How servers may be asked: what each single value may be; raises ValueError in words.

Values that may be secret are never quoted in a message.
"""

from __future__ import annotations

import codecs
import re
from urllib.parse import urlsplit

from monitor.config import fields

_OURS = {
    "accept-encoding": "tocsin reads gzip and deflate, and says so",
    "connection": "tocsin keeps connections as it needs them",
    "content-length": "nothing is sent but the question",
    "content-type": "nothing is sent but the question",
    "expect": "nothing is sent but the question",
    "host": "it is that of the address",
    "if-match": "tocsin asks conditionally by itself",
    "if-modified-since": "tocsin asks conditionally by itself",
    "if-none-match": "tocsin asks conditionally by itself",
    "if-range": "tocsin asks for whole documents",
    "if-unmodified-since": "tocsin asks conditionally by itself",
    "keep-alive": "tocsin keeps connections as it needs them",
    "proxy-authorization": "write user and password into the address of `proxy:`",
    "range": "tocsin asks for whole documents",
    "te": "tocsin keeps connections as it needs them",
    "trailer": "nothing is sent but the question",
    "transfer-encoding": "nothing is sent but the question",
    "upgrade": "tocsin keeps connections as it needs them",
    "user-agent": "write `user_agent:`",
}
"""Headers that are not the analyst's, with the reason."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110, 5.6.2
_SENT = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_LONGEST = 4096
"""Characters of a header; servers refuse more."""
_NO_CHARACTERS = {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"}
"""Codecs of Python that are no encoding of documents."""
ELSEWHERE = ("env:", "file:")
"""What a value begins with that is kept elsewhere."""
DIRECT = "none"
"""The proxy that is none."""


def header(text: str) -> str:
    """Return the name of a header that may be sent."""
    name = text.strip()
    if not _TOKEN.fullmatch(name):
        raise ValueError("a header is called by letters, digits and hyphens")
    if reason := _OURS.get(name.lower()):
        raise ValueError(f"`{name}` is not for `headers`: {reason}")
    return name


def hidden(text: str) -> str:
    """Return a text that may be secret, or where it is kept: `env:NAME`, `file:PATH`."""
    if text.startswith(ELSEWHERE):
        kind, _, name = text.partition(":")
        if not name.strip():
            what = "NAME, of a variable" if kind == "env" else "PATH, of a file"
            raise ValueError(f"`{text.strip()}` names nothing; write {kind}:{what}")
        return f"{kind}:{name.strip()}"
    return sendable(text)


def sendable(text: str) -> str:
    """Return a text that fits into a header."""
    text = text.strip()
    if not text:
        raise ValueError("is empty")
    if not _SENT.fullmatch(text):
        raise ValueError("holds a line break or a character that no header can carry")
    if len(text) > _LONGEST:
        raise ValueError(f"is of {len(text)} characters; at most {_LONGEST}")
    return text


def user_agent(text: str) -> str:
    """Return how to introduce ourselves."""
    return sendable(text)


def proxy(text: str) -> str:
    """Return the address of a proxy, where it is kept, or `none`."""
    text = text.strip()
    if text.startswith(ELSEWHERE):
        return hidden(text)
    return DIRECT if text.lower() == DIRECT else proxy_address(text)


def proxy_address(text: str) -> str:
    """Return the address of an HTTP proxy, which may hold a user and a password."""
    address = fields.url(text)
    parts = urlsplit(address)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        shown = fields.without_login(address)
        raise ValueError(f"`{shown}` is more than a proxy; write http://host:3128")
    return address


def encoding(text: str) -> str:
    """Return the name of an encoding, as Python calls it."""
    try:
        found = codecs.lookup(text.strip())
    except (LookupError, ValueError):
        found = None
    if found is None or not found._is_text_encoding or found.name in _NO_CHARACTERS:
        raise ValueError(f"`{text}` is no encoding that is known; write utf-8 or windows-1252")
    return found.name
