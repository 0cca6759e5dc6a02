"""A newsroom whose archive is in OpenSearch: at work, ill, and well again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.article_archive import article, fill
from support.newsroom import Item, Newsroom, rss, until
from support.opensearch_nodes import Nodes
from support.scripted_server import Reply, Web

from index.errors import ArchiveError
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster
from monitor.model.config import StoreAddress
from monitor.runtime.viewing import open_service

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
        self._web.on("/fil", Reply(body=rss(*self._items)))

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
    assert "OpenSearch 2.19.1 at http://127.0.0.1:" in checked.stdout
    assert checked.stderr == ""
    report = json.loads(desk.newsroom.here("check", "--format", "json").stdout)
    assert report["archive"] == {"version": "2.19.1", "nodes": 1, "health": "green"}
    assert desk.newsroom.once().returncode == 0
    assert desk.found("port") == ["Un port belge"]
    assert not (desk.newsroom.data / "index").exists()
    assert "1 of them searchable" in desk.status()


def test_indexing_waits_while_the_disks_are_full_and_alerts_do_not(desk: Desk) -> None:
    assert desk.newsroom.once().returncode == 0
    block = "index.blocks.read_only_allow_delete"
    with desk.newsroom.running("run"):
        desk.cluster.call("PUT", f"{desk.index}-*/_settings", {block: True})
        desk.publish("Un quai et un port")
        until(lambda: desk.newsroom.counts() == (2, 2, 1))
        until(lambda: "its disks are full" in desk.status())
        assert desk.found("port") == ["Un port belge"]
        desk.cluster.call("PUT", f"{desk.index}-*/_settings", {block: None})
        until(lambda: desk.newsroom.counts() == (2, 2, 0))
    assert desk.found("port") == ["Un port belge", "Un quai et un port"]


def test_a_lost_index_is_made_again_by_itself(desk: Desk) -> None:
    assert desk.newsroom.once().returncode == 0
    desk.cluster.call("DELETE", f"{desk.index}-*")
    assert "there is no archive" in desk.newsroom.here("search", "port").stderr
    assert desk.newsroom.once("--now").returncode == 0
    assert desk.found("port") == ["Un port belge"]


def test_each_viewer_asks_the_archive_of_its_address(tmp_path: Path) -> None:
    fill(tmp_path, [article(1, "Un port belge", date=1e9)])
    nowhere = ClusterAddress(urls=("http://127.0.0.1:9",))
    there = open_service(tmp_path, store=StoreAddress(tmp_path, cluster=nowhere))
    here = open_service(tmp_path)
    assert len(here.archive.search("port").hits) == 1
    with pytest.raises(ArchiveError, match="cannot be reached"):
        there.archive.search("port")


def test_an_archive_moves_there_and_back(desk: Desk) -> None:
    assert desk.newsroom.once().returncode == 0
    settings = json.loads(desk.newsroom.config.read_text(encoding="utf-8"))
    cluster = desk.newsroom.folder / "cluster.yaml"
    cluster.write_text(json.dumps(settings), encoding="utf-8")
    del settings["archive"]["opensearch"], settings["archive"]["index"]
    folder = desk.newsroom.folder / "folder.yaml"
    folder.write_text(json.dumps(settings), encoding="utf-8")
    for target in (folder, cluster):
        moved = desk.newsroom.here("reindex", "--to", str(target))
        assert (moved.returncode, moved.stderr) == (0, "1 article indexed\n")
        desk.newsroom.config.write_bytes(target.read_bytes())
        assert desk.found("port") == ["Un port belge"]
    refused = desk.newsroom.here("reindex", "--to", str(cluster))
    assert "names the archive that is in use" in refused.stderr
