"""Tests of the bucket of a feed."""

from __future__ import annotations

import pytest

from monitor.model.lease import BUCKETS
from monitor.storage.fencing import bucket_of


@pytest.mark.parametrize(
    ("first_url", "second_url"),
    [
        ("https://www.lesoir.be/rss", "http://feeds.lesoir.be:8080/politique.xml"),
        ("https://feeds.bbc.co.uk/news", "https://www.bbc.co.uk/"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:9000/b"),
        ("https://intranet/a", "https://intranet/b"),
    ],
)
def test_a_site_lies_in_one_bucket(first_url: str, second_url: str) -> None:
    assert bucket_of(first_url) == bucket_of(second_url)
    assert 0 <= bucket_of(first_url) < BUCKETS


def test_the_bucket_of_a_site_is_the_same_on_every_machine_and_in_every_version() -> None:
    sites = "lesoir.be", "bbc.co.uk", "spiegel.de"
    assert [bucket_of(f"https://{site}/feed") for site in sites] == [459, 53, 528]


def test_sites_are_spread_over_the_buckets() -> None:
    buckets = [bucket_of(f"https://press{number}.be/feed") for number in range(20_000)]
    fullest = max(buckets.count(bucket) for bucket in set(buckets))
    assert len(set(buckets)) == BUCKETS
    assert fullest < 3 * 20_000 / BUCKETS
