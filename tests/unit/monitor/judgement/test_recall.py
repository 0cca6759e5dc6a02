"""How many articles were published, by two witnesses."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, strategies as st

from monitor.judgement.recall import chapman, estimate
from monitor.model.recall import Estimate, Refusal, Witnessed


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Witnessed(feed=30), Refusal.NO_WITNESS),
        (Witnessed(feed=5, sitemap=4, both=2), Refusal.FEW),
        (Witnessed(feed=5, sitemap=5), Refusal.APART),
        (Witnessed(feed=36, sitemap=38, both=33), Estimate(published=41, low=41, high=43)),
        (Witnessed(feed=20, sitemap=57, both=20), Estimate(published=57, low=57, high=61)),
        (Witnessed(feed=20, sitemap=20, both=20), Estimate(published=20, low=20, high=None)),
        (
            Witnessed(feed=36, sitemap=38, both=30, dependent=True),
            Estimate(published=46, low=44, high=None),
        ),
    ],
)
def test_a_number_has_its_interval_or_the_reason_why_there_is_none(
    counts: Witnessed, expected: Estimate | Refusal
) -> None:
    assert estimate(counts) == expected


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.booleans())
def test_the_interval_holds_the_number_and_what_was_seen(
    only_feed: int, only_sitemap: int, both: int, dependent: bool
) -> None:
    counts = Witnessed(
        feed=only_feed + both, sitemap=only_sitemap + both, both=both, dependent=dependent
    )
    answer = estimate(counts)
    if isinstance(answer, Refusal):
        assert counts.seen < 8 or not both
    else:
        assert counts.seen <= answer.low <= answer.published
        assert answer.high is None or answer.published <= answer.high


@pytest.mark.parametrize("published", [30, 150])
def test_the_interval_of_independent_witnesses_mostly_holds_the_truth(published: int) -> None:
    """Of 400 weeks; fewer than 91 % or more than 99 % come by chance once in a thousand."""
    rng, held, total = random.Random(1), 0, 0.0
    for _ in range(400):
        shown = [(rng.random() < 0.8, rng.random() < 0.85) for _ in range(published)]
        counts = Witnessed(
            feed=sum(feed for feed, _ in shown),
            sitemap=sum(sitemap for _, sitemap in shown),
            both=sum(feed and sitemap for feed, sitemap in shown),
        )
        answer = estimate(counts)
        assert isinstance(answer, Estimate) and answer.high is not None
        held += answer.low <= published <= answer.high
        total += chapman(counts)
    assert 0.91 <= held / 400 <= 0.99
    assert abs(total / 400 / published - 1) < 0.02
