"""What the documents of a feed may cost: said here alone, in seconds of processor time.

A document that costs little is read at once. Any other is costly: its feed is asked again when its
turn comes among all costly feeds, one at a time, with other limits. Nobody else waits for it: it is
read by a process of its own, and matched in slices, between which other feeds are stored. A feed
whose documents exceed the limits of a document, or of an hour, is quarantined.
"""

from __future__ import annotations

QUICK = 0.2
"""Seconds of reading a document, or of matching it, until it is costly: 20 times what is usual."""
LARGE = 1 << 20
"""Bytes of a body, after decompression, from which it is costly."""
READING = 3.0
"""Seconds in which a costly document, or a page, is read."""
ARTICLE = 1.0
"""Seconds in which an article is matched. A long one takes 0.2 s."""
DOCUMENT = 2.0
"""Seconds in which all new articles of a document are matched: some 5 MB of news."""
HOURLY = 5.0
"""Seconds that the costly documents of a feed may take in an hour, all in all."""


class CostlyError(Exception):
    """A document turns out to be costly; nothing of it is stored."""
