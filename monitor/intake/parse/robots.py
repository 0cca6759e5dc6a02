"""What the `robots.txt` of a site says of one of its pages, https://www.rfc-editor.org/rfc/rfc9309.

Runs in `workers`: 500 KB of rules for 10,000 agents take any reader's memory.
"""

from __future__ import annotations

import codecs

from msgspec import Struct

CAP = 500 << 10
"""Bytes that are read of it, as RFC 9309, 2.5 has it; what is behind them does not count."""
TOKEN = "tocsin"
"""What a site calls us."""
LONGEST_DELAY = 60.0
"""Seconds between two pages that are granted to a site that asks for more."""


class Allowance(Struct, frozen=True):
    """What a site lets us do."""

    allowed: bool = True
    delay: float = 0.0
    """Seconds that it wants between two requests."""


def allowance(body: bytes, url: str, content_type: str = "") -> Allowance:
    """Return what the rules in a body say of the page at `url`; what is no rule is passed over."""
    from protego import Protego

    text = body[:CAP].removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace")
    rules = Protego.parse(text.replace("\0", ""))
    delay = min(rules.crawl_delay(TOKEN) or 0.0, LONGEST_DELAY)
    return Allowance(rules.can_fetch(url, TOKEN), delay)
