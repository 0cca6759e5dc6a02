"""Mails become entries: a mail is an article, or each headline of a list of links is one.

Runs in `workers`; nothing that a mail names is fetched. RFC 5322, 2919 (List-Id), 8601
(Authentication-Results).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from calendar import timegm
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from hashlib import blake2b
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec.structs import replace

from monitor.base.text_cleaning import LINK, LINK_END, from_html, line, lines, linked_text
from monitor.base.translation import gettext as _
from monitor.intake.parse.document import decoded
from monitor.intake.parse.entry import GUID_CAP, TEXT_CAP, TITLE_CAP, absolute, distinct_entries
from monitor.model.poll import Entry, ParsedFeed

_NESTED, _PARTS = 6, 1_000
"""Parts with parts in them, and all parts, that a mail may have: they cost the most time."""
_WEEK = 7 * 86_400.0
"""Seconds that a mail may take; a sender who gives another date has none."""
_HEADER = 10_000
"""Bytes of a header that are read."""
_CHECK = re.compile(r"\b(dmarc|spf|dkim)\s*=\s*(\w+)")
_COMMENT = re.compile(r"\([^()]*\)")


def parse(body: bytes, *, split: bool) -> ParsedFeed:
    """Return the entries of mails, which `body` holds as a list of bytes in MessagePack.

    Each headline of a mail that lists links is an entry if they are to be `split`.
    """
    entries: dict[str, Entry] = {}
    for raw in msgspec.msgpack.decode(body, type=list[bytes]):
        try:
            found = list(_entries(raw, split=split))
        except MemoryError:
            raise
        except Exception as error:  # one mail must not hide the others
            title = _("a mail that cannot be read ({error})", error=type(error).__name__)
            found = [Entry(guid=_digest(raw), url="", title=title, summary="")]
        entries |= {entry.guid or entry.url: entry for entry in found}
    return ParsedFeed(format=_("mails"), entries=distinct_entries(entries.values()))


def _entries(raw: bytes, *, split: bool) -> Iterator[Entry]:
    if raw.lower().count(b"boundary=") > _NESTED or raw.count(b"\n--") > _PARTS:
        raise ValueError
    mail = message_from_bytes(raw)
    sender, address = parseaddr(_header(mail, "from"))
    domain = address.rpartition("@")[2]
    list_name, _bracket, list_id = _header(mail, "list-id").rpartition("<")
    names = (list_name.strip('" '), sender, list_id.strip("> "), domain)
    outlet = next(filter(None, map(line, names)), "") or _("unknown sender")
    failures = _failures(mail)
    html, text = (part[:TEXT_CAP] for part in _texts(mail))
    published = _moment(_header(mail, "date"))
    received = _moment(_header(mail, "received").rpartition(";")[2])
    if received and abs((published or 0.0) - received) > _WEEK:
        published = received
    # A forged mail may have the identifier of the genuine one, and must not replace it.
    key = f"{line(_header(mail, 'message-id')[:GUID_CAP]) or _digest(raw)} {failures}".strip()
    if failures:
        outlet = _("{sender} (sender not proven: {checks})", sender=outlet, checks=failures)
    entry = Entry(
        guid=key,
        url=absolute("", _header(mail, "archived-at").strip("<> ")),
        title=line(_header(mail, "subject")[:TITLE_CAP]),
        summary="",
        body=from_html(html, TEXT_CAP) or lines(text),
        author=line((sender or address)[:TITLE_CAP]),
        published=published,
        source=line(outlet[:TITLE_CAP]),
        source_url="" if failures else absolute("", f"https://{domain}/"),
    )
    headlines = list(_headlines(html, text)) if split and not failures else []
    if len(headlines) < 2:
        yield entry
        return
    for title, url, teaser in headlines:
        name = "" if url else f"{key}#{_digest(title.encode())}"
        yield replace(
            entry, guid=name, url=url, title=line(title[:TITLE_CAP]), summary=teaser, body=""
        )


def _moment(text: str) -> float | None:
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        return max(0.0, timegm(parsedate_to_datetime(text.strip()).utctimetuple()))
    return None


def _digest(raw: bytes) -> str:
    return blake2b(raw, digest_size=16).hexdigest()


# --- headers and texts -----------------------------------------------------------------


def _header(mail: Message, name: str) -> str:
    return next(_headers(mail, name), "")


def _headers(mail: Message, name: str) -> Iterator[str]:
    """Yield the texts of the headers of a name, which is in lower case."""
    for key, value in mail.raw_items():
        if key.lower() == name:
            raw = str(value).encode("ascii", "surrogateescape")[:_HEADER]
            text = decoded(raw, "")
            text = re.sub("[\r\n]+", "", text)
            with suppress(HeaderParseError, ValueError):  # words that are coded by RFC 2047
                text = "".join(
                    decoded(word, f"charset={charset}") if isinstance(word, bytes) else word
                    for word, charset in decode_header(text)
                )
            yield text


def _failures(mail: Message) -> str:
    """Return the checks of the sender that failed at the receiving server: `dmarc=fail`.

    Its headers stand before all others, which may be forged. A sender whom DMARC passes is
    proven, whatever way the mail came.
    """
    headers = _headers(mail, "authentication-results")
    results = [_COMMENT.sub("", value).lower().partition(";") for value in headers]
    own = ";".join(rest for server, _semicolon, rest in results if server == results[0][0])
    checks = dict.fromkeys(f"{check}={result}" for check, result in _CHECK.findall(own))
    if "dmarc=pass" in checks:
        return ""
    return ", ".join(check for check in checks if check.endswith("fail"))


def _texts(mail: Message) -> tuple[str, str]:
    """Return the first HTML and the first plain text of a mail, attachments apart."""
    texts = {"text/html": "", "text/plain": ""}
    for part in mail.walk():
        kind, payload = part.get_content_type(), part.get_payload(decode=True)
        attached = str(part.get("content-disposition", "")).lower().lstrip().startswith("attach")
        if texts.get(kind) == "" and isinstance(payload, bytes) and not attached:
            texts[kind] = decoded(payload, f"charset={part.get_param('charset')}")
            if str(part.get_param("format")).lower() == "flowed":
                texts[kind] = re.sub(" \r?\n", " ", texts[kind])
    return texts["text/html"], texts["text/plain"]


# --- headlines -------------------------------------------------------------------------

_TEASER = 600
"""Characters behind a headline that belong to it, at most."""
_MORE = re.compile(
    r"(?i)(?:lire|voir|découvr|en savoir|la suite|read|see|view|find out|learn|more|continue|click"
    r"|cliquez|accéder|consulter)\b"
)
"""The beginning of a link that leads to what stands before it."""
_SERVICE = re.compile(
    r"(?i)unsubscri|désabonn|désinscri|\bopt(?:ing)?[- ]out\b|ne plus recevoir"
    r"|^(?:manage|update|change|edit|gére[rz]|modifie[rz])\b.*(?:préf|pref|subscri|abonn|profil)"
    r"|^(?:view|read|open|voir|lire|affiche[rz]|ouvrir)\b.*(?:browser|navigateur|online|en ligne)"
    r"|^(?:forward|share|transfére[rz]|partage[rz]|envoye[rz])\b.*(?:friend|ami|coll[eè]gue)"
    r"|^(?:privacy policy|politique de confidentialité|mentions légales|terms (?:of|and))"
)
"""Links that serve the list, and are no news."""
_SERVICE_ADDRESS = re.compile("(?i)unsub|opt-?out|desabonn|desinscri|preferences")
_PLAIN_LINK = re.compile(r"(?m)^(.{0,300}?)\s{0,9}[<(\[]?(https?://[^\s<>)\]]{1,2000})[>)\]]?")


def _headlines(html: str, text: str) -> Iterator[tuple[str, str, str]]:
    """Yield headline, address and teaser of the links in a mail, each address once.

    An address is empty where it cannot be told without asking who counts the clicks.
    """
    headlines: dict[str, tuple[str, str, list[str]]] = {}
    teaser: list[str] = []
    for words, href in _linked(html, text):
        title, target = line(words), _destination(href)
        if not href:
            teaser.append(words)
        elif _SERVICE.search(title) or _SERVICE_ADDRESS.search(href):
            teaser = []
        elif (target or href) in headlines:
            teaser = headlines[target or href][2]
        elif len(title.split()) >= 3 and not _MORE.match(title):
            headlines[target or href] = title, target, (teaser := [])
        elif teaser and _MORE.match(title):  # the headline is no link itself
            title, _end, rest = lines(teaser.pop()).partition("\n")
            headlines[target or href] = title, target, (teaser := [rest])
    for title, target, texts in headlines.values():
        yield title, target, lines("\n".join(texts)[:_TEASER])


def _linked(html: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a mail, each with the address of the link that it is; empty for none."""
    if html:
        text, addresses = linked_text(html, TEXT_CAP)
    else:  # a link is called by what stands before it
        addresses = [match[2] for match in _PLAIN_LINK.finditer(text)]
        text = _PLAIN_LINK.sub(rf"{LINK}\1{LINK_END}", text)
    href, hrefs = "", iter(addresses)
    for piece in re.split(f"([{LINK}{LINK_END}])", text):
        if piece in (LINK, LINK_END):
            href = next(hrefs, "") if piece == LINK else ""
        elif piece.strip():
            yield piece, href


_CODED = re.compile(r"(?a)(?:aHR0c|eyJ)[\w-]{8,2000}")
"""An address, or JSON, in base64."""
_INNER = re.compile(r"(?i)(?:url|u|q|l|r|to|goto|link|target|dest\w*|redir\w*)=(http[^&]+)")
_OPAQUE = re.compile(
    r"(?a)(?=\w*[a-z])(?=\w*[A-Z])(?=\w*\d)\w{20,}|[0-9a-f]{32,}"
    r"|/(?:click|track|trk|lnk|redirect|unsubscribe)\b"
)
"""What stands in the address of those who count clicks, and only they can read."""


def _destination(href: str) -> str:
    """Return the address to which a link leads, as far as the link itself says so; else ''."""
    link = absolute("", href)
    for _hop in range(3):
        parts = urlsplit(link)
        inside = [*map(unquote, _INNER.findall(parts.query)), unquote(parts.path)]
        for coded in _CODED.findall(link):
            with suppress(ValueError):
                inside.append(urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode())
        found = (re.search(r"https?://[^\s\"'<>]+", text) for text in inside)
        target = next(filter(None, (absolute("", match[0]) for match in found if match)), "")
        if not target:
            break
        link = target
    return "" if _OPAQUE.search(link) else link
