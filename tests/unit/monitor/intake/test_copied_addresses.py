"""Tests of the table of sources behind addresses that people copy."""

from __future__ import annotations

import pytest

from monitor.intake.copied_addresses import complete_url, source_behind

CHANNEL = "UC" + "abcdefghij_0123456789-"
VIDEOS = "https://www.youtube.com/feeds/videos.xml"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://bsky.app/profile/depeche.bsky.social", "/profile/depeche.bsky.social/rss"),
        ("https://bsky.app/profile/did:plc:abc234/post/3k", "/profile/did:plc:abc234/rss"),
        ("https://mastodon.example/@redaction", "https://mastodon.example/@redaction.rss"),
        ("https://mastodon.example/@redaction/", "https://mastodon.example/@redaction.rss"),
        ("https://ici.example/@paul@la-bas.example", "https://la-bas.example/@paul.rss"),
        ("@paul@la-bas.example", "https://la-bas.example/@paul.rss"),
        (f"https://www.youtube.com/channel/{CHANNEL}", f"{VIDEOS}?channel_id={CHANNEL}"),
        (f"m.youtube.com/channel/{CHANNEL}/videos", f"{VIDEOS}?channel_id={CHANNEL}"),
        ("https://youtube.com/user/rtbf", f"{VIDEOS}?user=rtbf"),
        ("https://www.youtube.com/playlist?list=PL_12-x&si=z", f"{VIDEOS}?playlist_id=PL_12-x"),
        ("https://www.youtube.com/@rtbfinfo", ""),
        ("https://t.me/depeche_liege", "https://t.me/s/depeche_liege"),
        ("https://t.me/s/depeche_liege?before=12", "https://t.me/s/depeche_liege"),
        ("https://t.me/+AbCdEf123", ""),
        ("https://www.lesoir.example/", ""),
        ("https://www.lesoir.example/@paul/123", ""),
        ("https://www.lesoir.example/rss.xml", ""),
    ],
)
def test_the_address_of_the_source(address: str, source: str) -> None:
    assert source_behind(complete_url(address))[0].endswith(source)
    assert bool(source_behind(complete_url(address))[0]) == bool(source)
