"""Which buckets a monitor takes and gives back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.lease import BUCKETS
from monitor.storage.fair_share import Change, bucket_of, decide, share


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.lesoir.be/rss", "http://feeds.lesoir.be:8080/politique.xml"),
        ("https://feeds.bbc.co.uk/news", "https://www.bbc.co.uk/"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:9000/b"),
        ("https://intranet/a", "https://intranet/b"),
    ],
)
def test_a_site_lies_in_one_bucket(one: str, other: str) -> None:
    assert bucket_of(one) == bucket_of(other)
    assert 0 <= bucket_of(one) < BUCKETS


def test_the_bucket_of_a_site_is_the_same_on_every_machine_and_in_every_version() -> None:
    sites = "lesoir.be", "bbc.co.uk", "spiegel.de"
    assert [bucket_of(f"https://{site}/feed") for site in sites] == [459, 53, 528]


def test_sites_are_spread_over_the_buckets() -> None:
    buckets = [bucket_of(f"https://press{number}.be/feed") for number in range(20_000)]
    fullest = max(buckets.count(bucket) for bucket in set(buckets))
    assert len(set(buckets)) == BUCKETS
    assert fullest < 3 * 20_000 / BUCKETS


monitors = st.sets(st.integers(1, 1_000), min_size=1, max_size=40).map(sorted)


@given(live=monitors)
def test_shares_differ_by_one_at_most_and_leave_nothing(live: list[int]) -> None:
    shares = [share(monitor, live) for monitor in live]
    assert sum(shares) == BUCKETS
    assert max(shares) - min(shares) <= 1
    assert max(shares) == -(-BUCKETS // len(live))


@given(live=monitors, data=st.data())
def test_a_monitor_comes_to_its_share_and_gives_no_busy_bucket_back(
    live: list[int], data: st.DataObject
) -> None:
    monitor = data.draw(st.sampled_from(live))
    held = data.draw(st.sets(st.integers(0, BUCKETS - 1)))
    busy = data.draw(st.sets(st.sampled_from(sorted(held)))) if held else set[int]()
    change = decide(monitor, live, held, busy)
    assert not (change.release and change.take)
    assert set(change.release) <= held - busy
    after = len(held) - len(change.release) + change.take
    goal = share(monitor, live)
    assert after == (goal if len(held) <= goal else max(goal, len(busy)))


def test_the_only_monitor_takes_everything() -> None:
    assert decide(7, [7], ()) == Change(take=BUCKETS)
