"""Broken feeds: mutations of good ones, by number.

The same seed and number give the same answer, whatever was made before.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Callable, Sequence

from support.newsroom import Item, rss
from support.originals import feeds
from support.scripted_server import Fault, Reply

Mutation = Callable[[random.Random, bytes], bytes]


def originals() -> list[bytes]:
    """Return the feeds to mutate: three plain ones, and those of `support.originals`."""
    items = [
        Item(f"Alibaba : épisode {n}", "La sûreté de l’État &amp; <b>Cainiao</b>", str(n),
             f"https://ex.org/{n}", "Tue, 24 Nov 2026 10:00:00 GMT")
        for n in range(12)
    ]  # fmt: skip
    atom = (
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr'><title>J</title><entry><id>1</id>"
        "<title type='html'>L’&lt;b>espion&lt;/b></title><updated>2026-11-24T10:00:00Z</updated>"
        "<link href='/1'/><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>Un <p>"
        "texte</p></div></content></entry></feed>"
    )
    item = {"id": "1", "title": "Alibaba", "content_html": "<p>Un texte</p>", "url": "https://e.x/"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "J", "items": [item] * 3}
    plain = [rss(*items), atom.encode(), json.dumps(feed).encode()]
    return plain + [body for body, _ in feeds().values()]


def mutated(bodies: Sequence[bytes], seed: int, number: int) -> Reply:
    """Return an answer with a feed in which one to four things are wrong."""
    dice = random.Random(f"{seed} {number}")
    body = dice.choice(bodies)
    for _ in range(dice.randint(1, 4)):
        if dice.random() < 0.1:
            body = _splice(dice, body, dice.choice(bodies))
        elif body[:1] == b"{" and dice.random() < 0.6:
            body = _json(dice, body)
        else:
            body = dice.choice(_MUTATIONS)(dice, body)
    return _sent(dice, body)


_KINDS = [
    "application/rss+xml",
    "application/json",
    "text/html",
    "text/xml; charset=us-ascii",
    "text/xml; charset=utf-16",
    'application/xml; charset="windows-1252',
    "x/\xff",
    "",
]


def _sent(dice: random.Random, body: bytes) -> Reply:
    """Return a body as a server sends it, which may be wrong too."""
    headers: list[tuple[str | bytes, str | bytes]] = [("Content-Type", dice.choice(_KINDS))]
    if dice.random() < 0.2:
        headers.append(("ETag", dice.choice([b'"\xe9"', b"x" * 9_000, b"", b'"a", "b"'])))
    if dice.random() < 0.85:
        return Reply(200, tuple(headers), body)
    payload = gzip.compress(body, 1, mtime=0)
    match dice.randrange(5):
        case 0:
            payload = _flip(dice, payload)
        case 1:
            payload = payload[: dice.randrange(len(payload))]
        case 2:
            payload = body
        case 3:
            payload = gzip.compress(payload, 1, mtime=0)
        case _:
            headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Encoding", dice.choice(["gzip", "deflate", "x-gzip", "br"])))
    fault = dice.choice([None, None, Fault.SHORT, Fault.RESET_MIDWAY])
    return Reply(200, tuple(headers), payload, fault=fault)


# --- what can be wrong with a body --------------------------------------------------------


def _flip(dice: random.Random, body: bytes) -> bytes:
    damaged = bytearray(body)
    for _ in range(dice.choice([1, 1, 5, 50])):
        if damaged:
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    return bytes(damaged)


def _cut(dice: random.Random, body: bytes) -> bytes:
    return body[: dice.randrange(len(body) + 1)]


def _lose(dice: random.Random, body: bytes) -> bytes:
    start, end = sorted(dice.randrange(len(body) + 1) for _ in range(2))
    return body[:start] + body[min(end, start + dice.choice([1, 40, 4_000])) :]


def _repeat(dice: random.Random, body: bytes) -> bytes:
    start = dice.randrange(len(body) + 1)
    piece = body[start : start + dice.choice([10, 300, 5_000])]
    return body[:start] + piece * dice.choice([2, 20]) + body[start:]


def _splice(dice: random.Random, body: bytes, other: bytes) -> bytes:
    return body[: dice.randrange(len(body) + 1)] + other[dice.randrange(len(other) + 1) :]


_PIECES = [
    b"\0", b"\0" * 5_000, b"\x1b]52;c;AAAA\x07", b"\x1b[2J", "\u202e\u2066\u200b\ufeff".encode(),
    b"&#1114112;", b"&#xd800;", b"&#0;", b"&bogus;", b"&#x1b;[31m", b"&#x202e;", b"]]>",
    b"<![CDATA[", b"<!--", b"-->", b"<?x", b"</", b"<a b='", b"<" * 300, b"<a>" * 3_000,
    b"<item>" * 200, b"</item>", b"<a " + b"b='c' " * 2_000 + b">",
    b"<a b='" + b"c" * 100_000 + b"'>", b"\n" * 20_000, b"javascript:alert(1)", b"http://[::1",
    b"http://xn--" + b"a" * 2_000, b"//@:\\", b"file:///etc", "e\u0301".encode() * 50,
    b"e" + "\u0301".encode() * 5_000, "\U000e0041\ud7ff\uffff".encode(), b"\xff\xfe",
    b"\xed\xa0\x80", b"9" * 5_000, b"-1", b"NaN", b"1e999", b"0000-00-00T99:99:99Z",
    b"Mon, 99 Foo 99999 99:99:99 +9999", b"[red]", b"[/]", b"=cmd|' /C calc'!A0", b"<rss>",
    b"<feed>", b"<base href='http://evil.example/'>", b"<svg onload='x'>", b"<title/>",
    b"xml:base='\0'",
]  # fmt: skip


def _insert(dice: random.Random, body: bytes) -> bytes:
    """Insert a text at a wrong place, mostly between elements."""
    places = [tag.end() for tag in re.finditer(rb">", body)]
    between_tags = places and dice.random() < 0.6
    at = dice.choice(places) if between_tags else dice.randrange(len(body) + 1)
    return body[:at] + dice.choice(_PIECES) + body[at:]


def _rename(dice: random.Random, body: bytes) -> bytes:
    """Rename an element to another, everywhere or once."""
    names = re.findall(rb"</?([a-zA-Z:]+)", body)
    if not names:
        return _flip(dice, body)
    name, other = dice.choice(names), dice.choice(names)
    return body.replace(b"<" + name, b"<" + other, dice.choice([1, -1]))


def _charset(dice: random.Random, body: bytes) -> bytes:
    """Declare another encoding, or encode in another than the declared one."""
    name = dice.choice(
        ["utf-16", "utf-7", "us-ascii", "ibm037", "idna", "zlib", "gb18030", "", "\0"]
    )
    if dice.random() < 0.5:
        declaration = f"<?xml version='1.0' encoding='{name}'?>".encode()
        return declaration + re.sub(rb"^\s*<\?xml[^>]*>", b"", body)
    coding = dice.choice(
        ["utf-16", "utf-16-le", "utf-32", "cp1252", "cp500", "shift_jis", "utf-8-sig"]
    )
    return body.decode("utf-8", "replace").encode(coding, "replace")


def _doctype(dice: random.Random, body: bytes) -> bytes:
    """Declare entities, and use one."""
    depth = dice.choice([1, 8])
    named = [b"<!ENTITY e0 '%b'>" % (b"x" * dice.choice([10, 48_000]))]
    named += [b"<!ENTITY e%d '%b'>" % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, depth)]
    named.append(
        dice.choice([b"", b"<!ENTITY % p SYSTEM 'file:///etc/passwd'>%p;", b"]]>", b"<!--"])
    )
    head, mark, remainder = body.partition(b"<title>")
    doctype = b"<!DOCTYPE r [" + b"".join(named) + dice.choice([b"]>", b"", b"]"])
    reference = b"&e%d;" % (depth - 1) * dice.choice([1, 5_000])
    return doctype + re.sub(rb"^\s*<\?xml[^>]*>", b"", head) + mark + reference + remainder


def _items(dice: random.Random, body: bytes) -> bytes:
    """Repeat the items in another order."""
    items = re.findall(rb"<(?:item|entry)\b.*?</(?:item|entry)>", body, re.S)[:40]
    if not items:
        return _repeat(dice, body)
    head, tail = body.partition(items[0])[0], body.rpartition(items[-1])[2]
    return head + b"".join(dice.choices(items, k=dice.choice([1, 40, 400]))) + tail


_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _flip, _cut, _lose, _repeat, _insert, _insert, _insert, _insert, _rename, _charset,
    _doctype, _items,
)  # fmt: skip

_ODD = [
    None, True, -1, 1e308, 10**400, "", "\0\x1b[2J", "\ud800", [], {}, [[[[]]]], {"a": {"b": {}}},
    "javascript:x", "x" * 100_000, ["\u202e"] * 50,
]  # fmt: skip


def _json(dice: random.Random, body: bytes) -> bytes:
    """Put an odd value in the place of another."""
    try:
        document = json.loads(body)
        node, way = document, []
        while isinstance(node, (dict, list)) and node and (not way or dice.random() < 0.7):
            way.append(dice.choice(list(node) if isinstance(node, dict) else range(len(node))))
            node = node[way[-1]]
        holder = document
        for key in way[:-1]:
            holder = holder[key]
        if way:
            holder[way[-1]] = dice.choice(_ODD)
        return json.dumps(document).encode()
    except (ValueError, TypeError, RecursionError):
        return _flip(dice, body)
