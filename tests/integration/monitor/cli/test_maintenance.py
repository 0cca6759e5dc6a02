"""`tocsin reindex`, and `tocsin run --once` on a damaged index."""

from __future__ import annotations

import pytest
from support.newsroom import Newsroom
from support.scripted_server import Web
from support.two_feed_newsroom import FRENCH, WATCHLISTS, subscriptions, titles

pytestmark = pytest.mark.costly


def test_reindex_builds_a_deleted_archive_again(server: Web, empty: Newsroom) -> None:
    import shutil

    empty.watch(subscriptions(server), WATCHLISTS)
    assert empty.once().returncode == 0
    shutil.rmtree(empty.data / "index")
    without_index = empty.here("search", "cainiao")
    assert without_index.returncode == 1
    assert "tocsin reindex" in without_index.stderr
    done = empty.tocsin("reindex")
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 articles indexed" in done.stderr
    assert titles(empty, "cainiao") == [FRENCH[0].title]


def test_a_search_says_that_a_byte_has_changed_and_the_next_run_mends_it(
    server: Web, empty: Newsroom
) -> None:
    empty.watch(subscriptions(server), WATCHLISTS)
    assert empty.once().returncode == 0
    path = next((empty.data / "index").glob("*.lists"))
    content = path.read_bytes()
    path.write_bytes(content[:20] + bytes([content[20] ^ 1]) + content[21:])
    assert "the index is damaged" in empty.here("search", "cainiao").stderr
    assert empty.tocsin("run", "--once").returncode == 0
    done = empty.here("search", "cainiao", "--format", "json")
    assert titles(empty, "cainiao") == [FRENCH[0].title]
    assert "damaged" not in done.stdout
