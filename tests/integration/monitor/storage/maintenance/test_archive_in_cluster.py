"""A newsroom whose archive is in OpenSearch: at work, ill, and well again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.article_archive import article, fill
from support.newsroom import Item, Newsroom, rss, until
from support.opensearch_nodes import Nodes
from support.scripted_server import Reply, Web

from index.errors import ArchiveError
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster, Json
from index.opensearch.documents import MAPPINGS, SETTINGS
from monitor.model.config import StoreAddress
from monitor.runtime.viewing import open_service
from monitor.storage.maintenance.indexer_process import IndexerProcess

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


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"_meta": {"version": 0}, "properties": {"title": {"type": "text"}}}, "another version"),
        (MAPPINGS | {"dynamic": "true"}, "somebody changed its mapping"),
    ],
)
def test_an_archive_of_another_mapping_is_built_again(
    desk: Desk, mapping: Json, words: str
) -> None:
    assert desk.newsroom.once().returncode == 0
    desk.cluster.call("DELETE", f"{desk.index}-*")
    desk.cluster.call("DELETE", f"_index_template/{desk.index}")
    old = f"{desk.index}-4-start"
    body = {"aliases": {desk.index: {}}, "mappings": mapping, "settings": SETTINGS}
    desk.cluster.call("PUT", old, body)
    desk.cluster.call("PUT", f"{old}/_doc/1", {"title": "Un port belge"}, refresh="true")
    assert words in desk.newsroom.here("search", "port").stderr
    desk.publish("Un quai et un port")
    done = desk.newsroom.once("--now")
    assert done.returncode == 0
    assert words in done.stderr
    assert desk.found("port") == ["Un port belge", "Un quai et un port"]
    assert not desk.cluster.exists(old)


def test_an_indexer_whose_cluster_refuses_is_not_hurried(tmp_path: Path) -> None:
    fill(tmp_path, [article(1, "Un port belge", date=1e9)])
    with Web() as web:
        web.on("*", Reply(503))
        cluster = ClusterAddress(urls=(web.url().rstrip("/"),))
        indexer = IndexerProcess(StoreAddress(tmp_path, cluster=cluster), time.time)
        indexer.start()
        try:
            until(lambda: indexer.indexed() or indexer.failures)
            for _new_article in range(30):
                indexer.wake()
                time.sleep(0.1)
                indexer.indexed()
            assert indexer.failures <= 2
        finally:
            indexer.stop()


def test_a_backup_restores_the_archive_in_the_cluster(desk: Desk, tmp_path: Path) -> None:
    assert desk.newsroom.once().returncode == 0
    assert desk.newsroom.here("backup", "copy.zip").returncode == 0
    desk.publish("Un quai et un port")
    assert desk.newsroom.once("--now").returncode == 0
    refused = desk.newsroom.here("restore", "copy.zip", "elsewhere")
    assert f"({desk.index}): it has articles already" in refused.stderr
    assert not (tmp_path / "elsewhere").exists()
    assert len(desk.found("port")) == 2
    restored = desk.newsroom.here("restore", "copy.zip", "elsewhere", "--force")
    assert "1 indexed" in restored.stderr
    assert "the old newsroom" not in restored.stderr
    assert not (tmp_path / "elsewhere" / "var" / "index").exists()
    assert desk.cluster.call("GET", f"{desk.index}/_count")["count"] == 1


def test_a_lost_store_beside_a_cluster_is_no_new_newsroom(desk: Desk) -> None:
    assert desk.newsroom.once().returncode == 0
    for file in desk.newsroom.data.glob("newsroom.db*"):
        file.unlink()
    refused = desk.newsroom.here("backup", "copy.zip")
    assert "newsroom.db: it is missing or empty" in refused.stderr


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
        alike = "both archives have the same articles, and answer alike"
        assert (moved.returncode, moved.stderr) == (0, f"1 article indexed\n{alike}\n")
        desk.newsroom.config.write_bytes(target.read_bytes())
        assert desk.found("port") == ["Un port belge"]
    refused = desk.newsroom.here("reindex", "--to", str(cluster))
    assert "names the archive that is in use" in refused.stderr
