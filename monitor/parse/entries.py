"""What holds for the entries of any format: clean names, safe links, told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from hashlib import blake2b
from urllib.parse import urljoin

from index.analysis.text_cleaning import line, safe_url
from monitor.model.poll import Entry

TITLE_CAP = 1_000
NAME_CAP = 200
GUID_CAP = 500
"""Characters; what is longer is no title, no name, and not what identifies an entry."""
TEXT_CAP = 200_000

_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?\Z")
_THREE_LETTERS = {"fra": "fr", "fre": "fr", "eng": "en", "nld": "nl", "dut": "nl", "deu": "de"}


def guid(text: str) -> str:
    """Return a guid as one clean line; the tail of a very long one becomes a hash."""
    whole = line(text)
    return whole if len(whole) <= GUID_CAP else f"{whole[:GUID_CAP]}#{_digest(whole)}"


def absolute(base: str, href: str) -> str:
    """Return an absolute http(s) address; line ends in it vanish and spaces are encoded."""
    href = re.sub(r"[\t\r\n]+", "", href).strip().replace(" ", "%20")
    if not href:
        return ""
    try:
        return safe_url(urljoin(base, href))
    except ValueError:
        return ""


def language(declared: str) -> str:
    """Return a declared language as two letters; empty when it is none we know."""
    code = declared.strip().lower()
    found = _LANGUAGE.match(code)
    return found[1] if found else _THREE_LETTERS.get(code, "")


def distinct_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries told apart: repeated ones once, those that share a name renamed.

    All that share a name get a new one, made of what tells them apart and not of their
    order, so that the next document names them the same.
    """
    unique = {(e.guid, e.url, e.title, e.summary, e.body): e for e in reversed(list(entries))}
    entries = list(reversed(unique.values()))
    for parts in (lambda e: (e.url, e.title), lambda e: (e.url, e.title, e.summary, e.body)):
        shared = Counter(map(_name, entries))
        entries = [
            replace(e, guid=f"{_name(e)}#{_digest(*parts(e))}") if shared[_name(e)] > 1 else e
            for e in entries
        ]
    return tuple(entries)


def _name(entry: Entry) -> str:
    return entry.guid or entry.url or entry.title


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
