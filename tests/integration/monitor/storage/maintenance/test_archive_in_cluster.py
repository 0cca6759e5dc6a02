"""A newsroom whose archive is in OpenSearch: at work, ill, and well again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.newsroom import Item, Newsroom, rss
from support.opensearch_nodes import Nodes
from support.scripted_server import Web, conditional

from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster

pytestmark = [pytest.mark.costly, pytest.mark.timeout(600)]


class Desk:
    """A newsroom with one feed, and an archive in a cluster."""

    def __init__(self, folder: Path, web: Web, address: ClusterAddress) -> None:
        self.newsroom, self._web, self._items = Newsroom(folder), web, list[Item]()
        self.cluster, self.index = Cluster(address), address.index
        self.publish("Un port belge")
        feed = {"url": web.url("/fil"), "name": "Le Fil", "lang": "fr", "every": "1s"}
        archive = {"opensearch": list(address.urls), "index": address.index}
        self.newsroom.watch([feed], ["port"], archive=archive)

    def publish(self, *titles: str) -> None:
        number = len(self._items)
        self._items += [
            Item(title, link=f"https://journal.example/{number + at}")
            for at, title in enumerate(titles)
        ]
        self._web.on("/fil", conditional(rss(*self._items)))

    def found(self, query: str) -> list[str]:
        """Return the headlines that a search finds; none while it finds or asks nothing."""
        done = self.newsroom.here("search", query, "--format", "jsonl")
        return sorted(json.loads(line)["title"] for line in done.stdout.splitlines())

    def status(self) -> str:
        return self.newsroom.here("status").stdout


@pytest.fixture
def desk(tmp_path: Path, opensearch: Nodes) -> Iterator[Desk]:
    with Web() as web:
        yield Desk(tmp_path, web, opensearch.address())


def test_a_newsroom_keeps_its_archive_in_the_cluster(desk: Desk) -> None:
    checked = desk.newsroom.here("check")
    assert "OpenSearch 2.19.1 at http://127.0.0.1:" in checked.stdout, checked.stderr
    assert desk.newsroom.once().returncode == 0
    assert desk.found("port") == ["Un port belge"]
    assert not (desk.newsroom.data / "index").exists()
    desk.publish("Un quai et un port")
    assert desk.newsroom.once("--now").returncode == 0
    assert desk.found("port") == ["Un port belge", "Un quai et un port"]
