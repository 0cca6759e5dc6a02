"""The file `urls` of newsboat: an address a line, with tags and, after `~`, a title.

https://newsboat.org/releases/2.36/docs/newsboat.html#_tagging
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from monitor.base.text_cleaning import line
from monitor.base.translation import gettext as _
from monitor.intake.opml import tag
from monitor.intake.parse.document import in_utf8
from monitor.model.feed import Feed

_ADDRESS = re.compile(rb'^[ \t]*"?(?:https?://|file://|query:|filter:|exec:)', re.MULTILINE)


def is_list(body: bytes) -> bool:
    """Return whether a document has lines as newsboat's `urls`, and is no OPML."""
    return bool(_ADDRESS.search(in_utf8(body, "")[0])) and b"<opml" not in body.lower()


def read(body: bytes) -> Iterator[Feed | str]:
    """Yield the subscription of each line, or why tocsin cannot have it."""
    text = in_utf8(body, "")[0].decode("utf-8", "replace").removeprefix("\ufeff")
    for number, written in enumerate(text.splitlines(), 1):
        if not written.strip() or written.startswith("#"):
            continue
        lexer = shlex.shlex(written, posix=True)
        lexer.whitespace_split, lexer.quotes, lexer.commenters = True, '"', ""
        try:
            address, *words = lexer
        except ValueError:
            yield _("line {number}: a quotation mark is open at its end", number=number)
            continue
        kind, _colon, rest = line(address).partition(":")
        if kind == "query":
            yield _(
                "line {number}: a query feed, `{name}`; write what it looks for under `searches:`"
                " or `watchlists:` in feeds.yaml",
                number=number, name=rest.partition(":")[0],
            )  # fmt: skip
        elif kind in ("filter", "exec"):
            yield _(
                "line {number}: `{kind}:` runs a program, which tocsin does not do for a feed;"
                " subscribe to the address that the program reads",
                number=number, kind=kind,
            )  # fmt: skip
        else:
            names = [word[1:] for word in words if word.startswith("~")]
            tags = [tag(word) for word in words if not word.startswith(("~", "!"))]
            yield Feed(
                url=line(address),
                name=line(names[-1]) if names else "",
                tags=tuple(dict.fromkeys(filter(None, tags))),
            )
