"""Mails become entries: a mail is an article, or each headline of a list of links is one.

Runs in `workers`. Nothing that a mail names is fetched. Headers are read by their RFCs: 2919
(List-Id), 8601 (Authentication-Results), 5322 (all others).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import blake2b
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
from msgspec.structs import replace

from monitor.base.text_cleaning import LINK, LINK_END, from_html, line, lines, linked_text
from monitor.base.translation import gettext as _
from monitor.intake.parse.document import CHARSET, in_utf8
from monitor.intake.parse.entry import (
    NAME_CAP,
    TEXT_CAP,
    TITLE_CAP,
    absolute,
    distinct_entries,
    guid,
)
from monitor.model.poll import Entry, ParsedFeed

_FAILS = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*((?:soft|hard)?fail)\b")
_COMMENT = re.compile(r"\([^()]*\)")
_ID = re.compile(r"<\s*([^<>\s]+)\s*>")


def parse(body: bytes, url: str, *, split: bool = False) -> ParsedFeed:
    """Return the entries of mails, which `body` holds as a list of bytes in MessagePack.

    Args:
        body: The mails.
        url: The address of the mailbox, without a password.
        split: Whether each headline of a mail that lists links is an entry.
    """
    entries: dict[str, Entry] = {}
    for raw in msgspec.msgpack.decode(body, type=list[bytes]):
        try:
            entries |= {entry.guid or entry.url: entry for entry in _entries(raw, split=split)}
        except MemoryError:
            raise
        except Exception as error:  # one mail must not hide the others
            title = _("a mail that cannot be read ({error})", error=type(error).__name__)
            entry = Entry(guid=_digest(raw), url="", title=title, summary="")
            entries[entry.guid] = entry
    return ParsedFeed(format=_("mails"), entries=distinct_entries(entries.values()))


def _entries(raw: bytes, *, split: bool) -> Iterator[Entry]:
    mail = message_from_bytes(raw)
    sender, address = parseaddr(_header(mail, "from"))
    domain = address.rpartition("@")[2]
    list_name, list_id = _list_of(mail)
    outlet = list_name or line(sender) or list_id or line(domain) or _("unknown sender")
    forged = _failed_checks(mail)
    html, text = _text(mail)
    entry = Entry(
        # A mail that is not proven must not replace the genuine one, whose identifier it may have.
        guid=guid(_header(mail, "message-id") or _digest(raw)) + (f" {forged}" if forged else ""),
        url=absolute("", _header(mail, "archived-at").strip("<> ")),
        title=line(_header(mail, "subject"))[:TITLE_CAP],
        summary="",
        body=from_html(html, TEXT_CAP) or lines(text[:TEXT_CAP]),
        author=(line(sender) or line(address))[:NAME_CAP],
        published=_moment(_header(mail, "date")),
        source=outlet[:NAME_CAP],
        source_url=absolute("", f"https://{domain}/"),
    )
    if forged:
        words = _("{sender} (sender not proven: {checks})", sender=entry.source, checks=forged)
        yield replace(entry, source=words, source_url="")
        return
    headlines = list(_headlines(html, text)) if split else []
    for title, link, teaser in headlines if len(headlines) > 1 else ():
        key = "" if link else f"{entry.guid}#{_digest(title.encode())}"
        yield replace(entry, guid=key, url=link, title=title[:TITLE_CAP], summary=teaser, body="")
    if len(headlines) < 2:
        yield entry


def _digest(raw: bytes) -> str:
    return blake2b(raw, digest_size=16).hexdigest()


# --- headers ---------------------------------------------------------------------------


def _header(mail: Message, name: str) -> str:
    """Return the text of the first header of this name, in lower case; empty without one."""
    return next(_headers(mail, name), "")


def _headers(mail: Message, name: str) -> Iterator[str]:
    for key, value in mail.raw_items():
        if key.lower() == name:
            raw = str(value).encode("ascii", "surrogateescape")
            yield _decoded_words(_in_charset(raw, "utf-8") if not raw.isascii() else str(value))


def _decoded_words(value: str) -> str:
    """Return a header without the codes of RFC 2047."""
    value = re.sub(r"[\r\n]+", "", value)
    try:
        pieces = decode_header(value) if "=?" in value else []
    except (HeaderParseError, ValueError):
        pieces = []
    words = (
        _in_charset(piece, charset or "utf-8") if isinstance(piece, bytes) else piece
        for piece, charset in pieces
    )
    return "".join(words) if pieces else value


def _in_charset(raw: bytes, charset: str) -> str:
    """Return the text of bytes that are said to be in a charset, and may be in another."""
    body, charset = in_utf8(raw, f"charset={charset}")
    match = CHARSET.search(charset)
    for name in (match[1] if match else "", "cp1252"):
        with suppress(LookupError, UnicodeError):
            return body.decode(name, "replace" if name == "cp1252" else "strict")
    return body.decode("latin-1")


def _list_of(mail: Message) -> tuple[str, str]:
    """Return name and identifier of the list that sent a mail; empty where it says none."""
    value = _header(mail, "list-id")
    match = _ID.search(value)
    return line(value.partition("<")[0]).strip('" '), line(match[1]) if match else ""


def _failed_checks(mail: Message) -> str:
    """Return the checks of the sender that failed at the receiving server: `dmarc=fail`.

    Its headers stand before all others: those of another server may be forged. A sender whom
    DMARC passes is proven, whatever way the mail came.
    """
    results = [
        _COMMENT.sub("", value).lower() for value in _headers(mail, "authentication-results")
    ]
    server = results[0].partition(";")[0].strip() if results else ""
    own = "; ".join(r for r in results if r.partition(";")[0].strip() == server)
    if re.search(r"\bdmarc\s*=\s*pass\b", own):
        return ""
    return ", ".join(dict.fromkeys(f"{check}={result}" for check, result in _FAILS.findall(own)))


def _moment(date: str) -> float | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        moment = parsedate_to_datetime(date).timestamp()
        return moment if moment >= 0 else None
    return None


# --- texts -----------------------------------------------------------------------------


def _text(mail: Message) -> tuple[str, str]:
    """Return the first HTML and the first plain text of a mail, attachments apart."""
    texts = {"text/html": "", "text/plain": ""}
    for part in mail.walk():
        kind = part.get_content_type()
        attached = str(part.get("Content-Disposition", "")).strip().lower().startswith("attachment")
        if texts.get(kind) != "" or attached:
            continue
        payload = part.get_payload(decode=True)
        text = ""
        if isinstance(payload, bytes):
            text = _in_charset(payload, str(part.get_param("charset") or ""))
        if str(part.get_param("format")).lower() == "flowed":
            text = re.sub(" \r?\n", " ", text)
        texts[kind] = text
    return texts["text/html"], texts["text/plain"]


# --- headlines -------------------------------------------------------------------------

_TEASER = 600
"""Characters behind a headline that belong to it, at most."""
_MORE = re.compile(
    r"(?:lire|voir|découvr|en savoir|la suite|read|see|view|find out|learn|more|continue|click"
    r"|cliquez|accéder|consulter)\b",
    re.IGNORECASE,
)
"""The beginning of a link that leads to what stands before it."""
_SERVICE = re.compile(
    r"unsubscri|(?:se |me |vous )?(?:désabonn|désinscri)|\bopt(?:ing)?[- ]out\b|ne plus recevoir"
    r"|^(?:manage|update|change|edit|gére[rz]|modifie[rz])\b.*(?:préf|pref|subscri|abonn|profil|r[eé]gl)"
    r"|^(?:view|read|open|see|voir|lire|affiche[rz]|consulte[rz]|ouvrir)\b.*"
    r"(?:browser|navigateur|online|en ligne|version web|web version)\W*$"
    r"|^(?:forward|share|transfére[rz]|partage[rz]|envoye[rz])\b.*(?:friend|ami|coll[eè]gue)"
    r"|^(?:privacy policy|politique de confidentialité|mentions légales|terms (?:of|and)|cgu\b)",
    re.IGNORECASE,
)
"""Links that serve the list, not its readers' news."""
_SERVICE_ADDRESS = re.compile(r"unsub|optout|opt-out|desabonn|desinscri|preferences", re.IGNORECASE)
_PLAIN_LINK = re.compile(
    r"([^\n]{0,300}?)[ \t]*\n?[ \t]*[<(\[]?(https?://[^\s<>)\]]{1,2000})[>)\]]?"
)


def _headlines(html: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Yield headline, address and teaser of the links in a mail, each address once.

    An address is empty where it cannot be told without asking who counts the clicks.
    """
    headlines: dict[str, tuple[str, str, list[str]]] = {}
    teaser: list[str] = []
    before = ""
    for words, href in _linked(html) if html else _plain_linked(text):
        if not href:
            teaser.append(words)
            before = words
            continue
        target, title = _destination(href), line(words)
        key = target or href
        if _SERVICE.search(title) or _SERVICE_ADDRESS.search(href):
            teaser = []
        elif key in headlines:
            teaser = headlines[key][2]
        elif len(title.split()) >= 3 and not _MORE.match(title):
            teaser = []
            headlines[key] = title, target, teaser
        elif _MORE.match(title) and len((first := lines(before).partition("\n"))[0].split()) >= 3:
            if teaser:
                teaser.remove(before)
            teaser = [first[2]]
            headlines[key] = first[0], target, teaser
        before = ""
    for title, target, texts in headlines.values():
        yield title, target, lines("\n".join(texts))[:_TEASER]


def _linked(html: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of HTML, each with the address of the link that it is; empty for none."""
    marked, addresses = linked_text(html, TEXT_CAP)
    hrefs = iter(addresses)
    href = ""
    for piece in re.split(f"([{LINK}{LINK_END}])", marked):
        if piece == LINK:
            href = next(hrefs, "")
        elif piece == LINK_END:
            href = ""
        elif piece.strip():
            yield piece, href


def _plain_linked(text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a plain text as `_linked`: a link is called by what stands before it."""
    end = 0
    for match in _PLAIN_LINK.finditer(text):
        yield text[end : match.start()], ""
        yield match[1], match[2]
        end = match.end()
    yield text[end:], ""


_TOKEN = re.compile(
    r"(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[A-Za-z0-9_]{20,}|[0-9a-f]{32,}"
    r"|/(?:click|track|trk|lnk|redirect|unsubscribe)\b", re.ASCII
)  # fmt: skip
"""What an address has that only its sender can read."""
_TARGET = re.compile(r"(?:url|u|q|l|r|to|goto|link|target|dest\w*|redir\w*)\Z", re.IGNORECASE)
"""The parameters of those who count clicks that hold the address behind."""
_CODED = re.compile(r"(?:aHR0c|eyJ)[\w-]{8,2000}", re.ASCII)
"""An address, or JSON, in base64."""
_INNER = re.compile(r"https?://[^\s\"'<>]+")


def _destination(href: str) -> str:
    """Return the address to which a link leads, as far as the link itself says so; else ''."""
    link = absolute("", href)
    for _hop in range(3):
        parts = urlsplit(link)
        inside = [
            v for name, vs in parse_qs(parts.query).items() if _TARGET.match(name) for v in vs
        ]
        inside.append(unquote(parts.path))
        for coded in _CODED.findall(link):
            with suppress(ValueError):
                inside.append(urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode())
        targets = (absolute("", match[0]) for text in inside if (match := _INNER.search(text)))
        target = next(filter(None, targets), "")
        if not target:
            break
        link = target
    return "" if _TOKEN.search(link) else link
