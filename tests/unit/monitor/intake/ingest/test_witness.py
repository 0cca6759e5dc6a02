"""What a sitemap shows beside feeds: which entries are stored, and which articles are one."""

from __future__ import annotations

from monitor.intake.ingest.witness import Shown, joined, witnessed
from monitor.judgement.recall import Witnessed

HOUR = 3_600.0


def test_one_headline_under_two_addresses_is_one_article() -> None:
    by_feed = Shown(title="Le port ferme", published=0.0, by_feed=60.0)
    by_sitemap = Shown(title="Le Port ferme ", published=HOUR, by_sitemap=2 * HOUR)
    next_day = Shown(title="Le port ferme", published=30 * HOUR, by_sitemap=31 * HOUR)
    untitled = Shown(title="", published=0.0, by_sitemap=HOUR)
    pieces = joined([next_day, by_sitemap, untitled, untitled, by_feed])
    assert witnessed(pieces) == Witnessed(feed=1, sitemap=4, both=1)
