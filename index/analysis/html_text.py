"""The text of HTML that strangers wrote."""

from __future__ import annotations

import functools
import html
import re
import threading

from monitor.base.text_cleaning import lines, on_one_line

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
        source = html.unescape(source)
        if not _is_element(source):
            return lines(source)
    return lines(_text_of_tags(source) if "<" in source else source)


_OPENING = re.compile(r"\s*(?:<!--[^>]*-->\s*)*<[a-z][^<>]*>", re.IGNORECASE)
_CLOSING = re.compile(r"</[a-z]\w*>\s*\Z", re.IGNORECASE)


def _is_element(text: str) -> bool:
    """Tell whether a text begins and ends with a tag: a sentence about tags does not."""
    return bool(_OPENING.match(text) and _CLOSING.search(text[-40:]))


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

    def begin(self) -> None:
        """Forget the text before."""
        self._pieces: list[str] = []
        self._dropped = 0

    def start(self, tag: str, attributes: object) -> None:
        if tag in _BLOCKS:
            self._pieces.append("\n")
        elif tag in _DROPPED:
            self._dropped += 1
        elif tag == "img":
            self._pieces.append(" ")

    def end(self, tag: str) -> None:
        if tag in _BLOCKS:
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


class _Reader(threading.local):
    """The parser of each thread. To make one takes as long as to read 1,000 characters."""

    def __init__(self) -> None:
        from lxml import etree

        self._words = _Words()
        self._parser = etree.HTMLParser(target=self._words, encoding="utf-8")
        self._read = etree.fromstring

    def text(self, source: bytes) -> str:
        """Return the text of HTML; raises LxmlError."""
        self._words.begin()
        return str(self._read(source, self._parser))


@functools.cache
def _reader() -> _Reader:
    return _Reader()


def _text_of_tags(source: str) -> str:
    """Return the text of HTML, a newline at each end of a block."""
    from lxml import etree

    # Some feeds wrap their CDATA twice; HTML reads the inner one as a comment.
    source = source.replace("<![CDATA[", "").replace("]]>", "")
    try:
        return _reader().text(source.encode(errors="replace"))
    except etree.LxmlError:  # nothing in it that is markup, or text
        return html.unescape(re.sub("<[^<>]*>", " ", source))
