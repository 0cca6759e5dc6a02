"""`tocsin status` and the list of feeds."""

from __future__ import annotations

import re

import pytest
from support.newsroom import Newsroom
from support.two_feed_newsroom import rows

FEED = {
    "name", "url", "health", "words", "articles", "last_ok", "next_poll", "failures", "reason",
    "blind", "moved_to", "former", "tags",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.mark.parametrize("style", ["json", "jsonl", "csv"])
def test_feeds_for_programs_have_the_documented_keys(style: str, filled: Newsroom) -> None:
    done = filled.here("feeds", "--format", style)
    assert (done.returncode, done.stderr) == (0, "")
    feeds = rows(done.stdout, style)
    assert [row.keys() for row in feeds] == [FEED] * 3
    assert [row["health"] for row in feeds] == ["gone", "ok", "ok"]
    gone_feed, fil, _ = feeds
    assert (gone_feed["name"], str(gone_feed["articles"])) == ("Gone", "0")
    assert gone_feed["next_poll"] in (None, "")
    assert "410" in gone_feed["reason"]
    assert (fil["name"], str(fil["articles"])) == ("Le Fil", "3")
    assert MOMENT.fullmatch(fil["next_poll"])


def test_feeds_for_people(filled: Newsroom) -> None:
    output = filled.here("feeds").stdout.splitlines()
    assert len(output) == 3
    assert "gone (410)" in output[0]
    assert output[1].startswith("✓ Le Fil")


def test_status(filled: Newsroom) -> None:
    status = filled.json("status", "--json")
    assert status == {
        "articles": 4, "indexed": 4, "alerts": 4, "untriaged": 4, "feeds": 3, "failing": 1,
        "health": {"gone": 1, "ok": 2}, "blind": 0, "gaps": {}, "coverage": None,
        "monitor": None, "pulse": None,
        "monitors": [],
        "rebuilt": None,
        "config_error": "", "network_down": "", "store_damage": "", "index_waits": "",
        "no_vectors": "",
        "backfill": [], "log": "",
        "set_aside": 0, "unsent": 0, "dead": 0, "silences": [], "suppressed": {"backfill": 3},
    }  # fmt: skip
    output = filled.here("status").stdout
    assert "not running" in output
    assert "4, 4 of them searchable" in output
