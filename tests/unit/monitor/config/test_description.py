"""Tests of the description of an edit of feeds.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.description import changes
from monitor.config.loading import understand

BEFORE = """
feeds: [https://a.org/x]
watchlists:
- Cainiao
- {name: A, terms: [Alibaba, Temu], severity: low}
- {name: Q, query: 'a1 AND (b1 OR c1) NOT d1'}
- {name: S, score: {x1: 3, y1: 4}, threshold: 5}
- {name: Same, query: 'un  OR deux'}
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("- Cainiao\n", "- Cainiao\n- Shein\n- Wish\n", ["watchlist added: Shein, Wish"]),
        ("- Cainiao\n", "", ["watchlist removed: Cainiao"]),
        ("name: A,", "name: B,", ["watchlist renamed: A → B"]),
        ("{name: A, terms: [Alibaba, Temu], severity: low}",
         "{name: B, terms: [Alibaba, Temu], severity: high}",
         ["watchlist renamed: A → B", "watchlist changed: B: severity low → high"]),
        ("name: A, terms: [Alibaba, Temu]", "name: B, terms: [Alibaba]",
         ["watchlist added: B", "watchlist removed: A"]),
        ("name: A, terms: [Alibaba, Temu]",
         "name: B, terms: [Alibaba, Temu]}\n- {name: C, terms: [Alibaba, Temu]",
         ["watchlist added: B, C", "watchlist removed: A"]),
        ("[Alibaba, Temu]", "[Alibaba, AliExpress]",
         ["watchlist changed: A: terms + AliExpress, - Temu"]),
        ("[Alibaba, Temu]", "[Alibaba, Temu], not: [conte]",
         ["watchlist changed: A: terms + -conte"]),
        ("severity: low", "severity: high", ["watchlist changed: A: severity low → high"]),
        ("severity: low", "severity: low, cooldown: 30m, backfill: notify, escalate: false",
         ["watchlist changed: A: escalate – → outlets –, languages false;"
          " cooldown 0 s → 30 min; backfill false → true"]),
        ("severity: low", "severity: low, unusual: false",
         ["watchlist changed: A: unusual true → false"]),
        ("a1 AND (b1 OR c1)", "a1 OR (b1 AND c1)",
         ["watchlist changed: Q: now a1 OR (b1 AND c1) NOT d1"]),
        ("y1: 4}, threshold: 5", "y1: 4}, threshold: 6",
         ["watchlist changed: S: terms + threshold 6, - threshold 5"]),
        ("un  OR deux", "un OR deux", []),
        ("[https://a.org/x]", "[https://a.org/x, https://b.org/y]", ["feed added: b.org"]),
        ("[https://a.org/x]", "[{url: https://a.org/x, every: 5m, tags: be, enabled: false}]",
         ["feed changed: a.org: tags + be; every – → 5 min; enabled true → false"]),
        ("feeds:", "network: {contact: a@b.org}\nfeeds:", ["network.contact: – → a@b.org"]),
        ("feeds:", "searches: [{name: s, query: mot}]\nfeeds:", ["search added: s"]),
        ("feeds:", "zone: Europe/Brussels\nfeeds:",
         ["zone: – → Europe/Brussels"]),
    ],
)  # fmt: skip
def test_an_edit_is_told_by_what_it_changes(old: str, new: str, expected: list[str]) -> None:
    assert BEFORE.count(old) == 1
    before, after = (
        understand(text.encode(), Path("feeds.yaml")) for text in (BEFORE, BEFORE.replace(old, new))
    )
    assert changes(before, after) == expected
    assert changes(before, before) == []


def test_unusual_is_said_for_all_watchlists_or_for_one() -> None:
    text = BEFORE.replace("severity: low", "severity: low, unusual: true")
    watchlists = understand(f"{text}\nalerts: {{unusual: false}}\n".encode(), Path("f")).watchlists
    assert [watchlist.name for watchlist in watchlists if watchlist.unusual] == ["A"]
    assert all(watchlist.unusual for watchlist in understand(BEFORE.encode(), Path("f")).watchlists)


def test_many_names_are_counted() -> None:
    long_file = BEFORE + "".join(f"- mot{n}\n" for n in range(50))
    before, after = (understand(text.encode(), Path("f")) for text in (BEFORE, long_file))
    (line,) = changes(before, after)
    assert line.endswith("mot7 and 42 more")


@pytest.mark.usefixtures("french")
def test_an_edit_is_told_in_french() -> None:
    after = BEFORE.replace("- Cainiao\n", "- Shein\n").replace("low", "low, cooldown: 30m")
    after = after.replace("[https://a.org/x]", "[{url: https://a.org/x, every: 10m}]")
    lines = changes(*(understand(text.encode(), Path("feeds.yaml")) for text in (BEFORE, after)))
    assert [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] == [
        "flux, modification : a.org : every – → 10 min",
        "veille, ajout : Shein",
        "veille, retrait : Cainiao",
        "veille, modification : A : cooldown 0 s → 30 min",
    ]
