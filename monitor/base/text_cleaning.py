"""Cleans what strangers wrote: control characters, white space, unsafe links, HTML."""

from __future__ import annotations

import functools
import re
import threading
import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

# Characters that need no look: Latin letters, typographic signs, currencies, arrows.
# All of them are NFC in any order.
_PLAIN_SET = "\x20-\x7e\xa0-\xac\xae-\u02ff\u2010-\u2027\u202f-\u205e\u20a0-\u20c0\u2190-\u21ff"
_PLAIN = re.compile(f"[{_PLAIN_SET}]*")
_PLAIN_LINES = re.compile(f"[\n{_PLAIN_SET}]*")
# The next patterns are compiled by `re` when a text needs them: most texts are plain.
# Terminal sequences, whole. An unterminated string sequence loses its introducer only,
# so that it cannot take the rest of the text with it. The one-byte introducers U+0090
# and U+009D also result from mis-decoded quotes: they need their exact form.
_SEQUENCE = (
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|\x1b[]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC
    r"|\x9d[0-9]+;[^\x07\x1b\x90\x9c\x9d]*(?:\x07|\x1b\\|\x9c)"
    r"|\x90[0-9;]*[ -/]*[@-~][^\x07\x1b\x90\x9c\x9d]*(?:\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"  # two-character sequences
)
_LINE_END = "\r\n?|[\x85\u2028\u2029]"
_CONTROL = "[\x00-\x1f\x7f-\x9f\u2028\u2029]"
_CONTROL_BUT_NEWLINE = "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]"
# Nothing here has a width or a meaning of its own: it reorders, hides or smuggles.
_UNSEEN = (
    "["
    "\xad\u034f\u061c\u180e"  # soft hyphen, grapheme joiner, Arabic mark, Mongolian separator
    "\u200b\u200c\u200e\u200f\u202a-\u202e"  # zero-width space, non-joiner, bidi
    "\u2060-\u206f\ufeff\ufff9-\ufffb"  # word joiner, invisible operators, isolates, BOM
    "\ufe00-\ufe0e\U000e0100-\U000e01ef"  # variation selectors but VS16
    "\ufdd0-\ufdef\ufffe\uffff"  # noncharacters
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # shorthand and music formats
    "\U000e0000-\U000e007f"  # tags
    "]"
)
_SURROGATE = "[\ud800-\udfff]"
# Marks are neither word characters nor below U+0300, so each run of them is in a match.
_MARK_RUN = r"[^\w\s\x00-\u02ff]{4,}"
_MARKS_PER_CHARACTER = 3
_JOINERS = "\u200d\ufe0f"

_SPACES = re.compile("[ \t\n\r\f\v]+")
_GAP = re.compile(" ?\n[ \n]*")
_BLANK = re.compile(" {2,}")
_URL_REFUSED = "[\x00-\x20\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"


def clean(text: str, *, keep_newlines: bool = False) -> str:
    """Return `text` without anything that could act on a terminal or hide in it.

    Whole escape sequences and invisible characters vanish (soft hyphen and zero-width
    space too: terminals disagree on their width), controls become a space, a character
    keeps three combining marks, and the result is NFC. Cleaning twice changes nothing.
    """
    if (_PLAIN_LINES if keep_newlines else _PLAIN).fullmatch(text):
        return text
    text = re.sub(_LINE_END, "\n", re.sub(_SEQUENCE, "", text))
    text = re.sub(_CONTROL_BUT_NEWLINE if keep_newlines else _CONTROL, " ", text)
    if text.isascii():
        return text
    text = re.sub(_SURROGATE, "\ufffd", re.sub(_UNSEEN, "", text))
    return re.sub(_MARK_RUN, _few_marks, unicodedata.normalize("NFC", text))  # the cut stays NFC


def _few_marks(run: re.Match[str]) -> str:
    """Return a run of characters in which no more than three marks follow each other."""
    characters: list[str] = []
    marks = 0
    for character in run.group():
        is_mark = character in _JOINERS or unicodedata.category(character) in ("Mn", "Me")
        marks = marks + 1 if is_mark else 0
        if marks <= _MARKS_PER_CHARACTER:
            characters.append(character)
    return "".join(characters)


def line(text: str) -> str:
    """Return clean text on one line, its white space single; no-break spaces stay."""
    return on_one_line(clean(text)).strip(" ")


def lines(text: str) -> str:
    """Return clean text with one paragraph a line, without empty ones."""
    text = clean(text, keep_newlines=True)
    if "  " in text:
        text = _BLANK.sub(" ", text)
    if "\n" in text:
        text = _GAP.sub("\n", text)
    return text.strip(" \n")


def folded(text: str) -> str:
    """Return a text without case, and with single blanks for its white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def on_one_line(text: str) -> str:
    """Return text with single spaces. Looking first is ten times faster than replacing."""
    if (
        "  " in text or "\n" in text or "\t" in text
        or "\r" in text or "\f" in text or "\v" in text
    ):  # fmt: skip
        return _SPACES.sub(" ", text)
    return text


def safe_url(url: str) -> str:
    """Return an absolute http or https URL that may be shown and opened, else ''.

    Anything with white space, control or invisible characters, without a host, or
    longer than 2,000 characters is refused.
    """
    url = url.strip(" \t\r\n\f\v")
    if not url or len(url) > 2_000 or re.search(_URL_REFUSED, url):
        return ""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    return clean(url) if re.search(_SURROGATE, url) is None else ""


_ACTIVE = re.compile(r"""[<>\[\]()@"'`\\^{|}]""")
"""Characters of a URL that are markup, or a mention, in some format of messages."""


def shown_url(url: str) -> str:
    """Return a URL that is one link and nothing else wherever it is shown; '' if it is unsafe.

    What is markup in some format is percent-encoded. Without user and password: what stands
    before an `@` looks like a host. An IPv6 address cannot be written without brackets: ''.
    """
    url = safe_url(url)
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if "[" in host:
        return ""
    return _ACTIVE.sub(lambda match: f"%{ord(match[0]):02X}", parts._replace(netloc=host).geturl())


def truncate(text: str, cells: int) -> str:
    """Return clean text cut to `cells` terminal cells, with an ellipsis if it was cut."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= cells:
        return text
    if cells <= 1:
        return "…"[: max(cells, 0)]
    return set_cell_size(text, cells - 1).rstrip() + "…"


# --- the text of HTML --------------------------------------------------------------------

HTML_CAP = 200_000
"""Characters of HTML that are read; the rest of a longer document is dropped."""


def from_html(source: str, cap: int = HTML_CAP) -> str:
    """Return the clean text of an HTML fragment, one block of text a line.

    Inline tags and `<wbr>` vanish, block tags and `<br>` are a line break, scripts and
    styles are dropped, entities decoded. Only the first `cap` characters are read. A fragment that
    was escaped once too often, tags and all, is read as what it was.
    """
    source = on_one_line(source[:cap])
    if "<" not in source and "&" in source:
        source = _html_reader().unescape(source)
        if not _is_element(source):
            return lines(source)
    return lines(_html_reader().text(source) if "<" in source else source)


LINK, LINK_END = "\ue000", "\ue001"
"""Characters around the text of a link in `linked_text`."""


def linked_text(source: str, cap: int = HTML_CAP) -> tuple[str, list[str]]:
    """Return the clean text of an HTML document with its links marked, and their addresses."""
    source = re.sub(f"[{LINK}{LINK_END}]", "", on_one_line(source[:cap]))
    addresses: list[str] = []
    return lines(_html_reader().text(source, addresses)), addresses


_OPENING = r"(?i)\s*(?:<!--[^>]*-->\s*)*<[a-z][^<>]*>"
_CLOSING = r"(?i)</[a-z]\w*>\s*\Z"


def _is_element(text: str) -> bool:
    """Tell whether a text begins and ends with a tag: a sentence about tags does not."""
    return bool(re.match(_OPENING, text) and re.search(_CLOSING, text[-40:]))


_BLOCKS = frozenset(
    """
    address article aside audio blockquote br button canvas caption center dd details dialog dir
    div dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr
    iframe legend li main menu nav object ol optgroup option p pre search section select summary
    table tbody td textarea tfoot th thead title tr ul video
    """.split()  # noqa: SIM905 (sixty quoted words read worse)  # not a message
)
_DROPPED = frozenset(("script", "style", "template"))


class _Words:
    """Receives parse events and keeps the text; it builds no tree, so no nesting is too deep."""

    def __init__(self) -> None:
        self.begin()

    def begin(self, addresses: list[str] | None = None) -> None:
        """Forget the text before; mark links and add their addresses, if they are wanted."""
        self._pieces: list[str] = []
        self._dropped = 0
        self._addresses = addresses

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "a" and self._addresses is not None:
            self._addresses.append(attributes.get("href", ""))
            self._pieces.append(LINK)
        elif tag in _BLOCKS:
            self._pieces.append("\n")
        elif tag in _DROPPED:
            self._dropped += 1
        elif tag == "img":
            self._pieces.append(" ")

    def end(self, tag: str) -> None:
        if tag == "a" and self._addresses is not None:
            self._pieces.append(LINK_END)
        elif tag in _BLOCKS:
            self._pieces.append("\n")
        elif tag in _DROPPED:
            self._dropped -= 1

    def data(self, text: str) -> None:
        if not self._dropped:
            self._pieces.append(text)

    def comment(self, text: str) -> None:
        """Drop it."""

    def close(self) -> str:
        return "".join(self._pieces)


class _HtmlReader(threading.local):
    """The parser of each thread. To make one takes as long as to read 1,000 characters."""

    def __init__(self) -> None:
        import html  # 2 ms, and lxml 10 ms: a viewer need not spend them

        from lxml import etree

        self.unescape = html.unescape
        self._words = _Words()
        self._parser = etree.HTMLParser(target=self._words, encoding="utf-8")
        self._read, self._error = etree.fromstring, etree.LxmlError

    def text(self, source: str, addresses: list[str] | None = None) -> str:
        """Return the text of HTML, a newline at each end of a block; see `_Words.begin`."""
        # Some feeds wrap their CDATA twice; HTML reads the inner one as a comment.
        source = source.replace("<![CDATA[", "").replace("]]>", "")
        self._words.begin(addresses)
        try:
            return str(self._read(source.encode(errors="replace"), self._parser))
        except self._error:  # nothing in it that is markup, or text
            return self.unescape(re.sub("<[^<>]*>", " ", source))


@functools.cache
def _html_reader() -> _HtmlReader:
    return _HtmlReader()
