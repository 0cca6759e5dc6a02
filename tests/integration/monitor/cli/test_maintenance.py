"""`tocsin reindex`."""

from __future__ import annotations

import pytest
from support.newsroom import Newsroom
from support.scripted_server import Web
from support.two_feed_newsroom import FRENCH, WATCHLISTS, subscriptions, titles


@pytest.mark.costly
def test_reindex_builds_a_deleted_archive_again(server: Web, empty: Newsroom) -> None:
    import shutil

    empty.watch(subscriptions(server), WATCHLISTS)
    assert empty.once().returncode == 0
    shutil.rmtree(empty.data / "index")
    lost = empty.here("search", "cainiao")
    assert lost.returncode == 1
    assert "tocsin reindex" in lost.stderr
    done = empty.tocsin("reindex")
    assert (done.returncode, done.stdout) == (0, "")
    assert "4 articles indexed" in done.stderr
    assert titles(empty, "cainiao") == [FRENCH[0].title]
