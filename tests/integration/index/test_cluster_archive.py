"""An archive in OpenSearch passes the tests of every archive, and what only a cluster can do."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import count
from pathlib import Path
from threading import Event, Timer

import certifi
import pytest
from msgspec.structs import replace
from support.fetch_client import certificate  # noqa: F401 (a fixture)
from support.newsroom import until
from support.opensearch_nodes import Nodes, forwarded, nodes
from support.scripted_server import Reply, Request, Web
from unit.index import test_archive
from unit.index.test_archive import *  # noqa: F403 (its tests)
from unit.index.test_archive import article

from index.archive import archive_engine, open_archive
from index.errors import ArchiveDamaged, ArchiveError, Interrupted
from index.interruption import interruptible
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster
from index.query.parser import parse_query
from monitor.base.article import Article

pytestmark = [pytest.mark.costly, pytest.mark.timeout(900)]


@pytest.fixture
def kind(opensearch: Nodes, monkeypatch: pytest.MonkeyPatch) -> str:
    @contextmanager
    def nobody_has() -> Iterator[ClusterAddress]:
        address = opensearch.address()
        yield address
        Cluster(address).call("DELETE", f"{address.index}-*")

    monkeypatch.setitem(test_archive.PLACES, "cluster", nobody_has)
    return "cluster"


@pytest.fixture
def place(opensearch: Nodes) -> ClusterAddress:
    return opensearch.address()


def daily(*days: int) -> list[Article]:
    return [article(day, seen=1.7e9 + day * 86_400) for day in days]


def test_an_archive_is_indices_by_month_and_an_empty_one_goes(place: ClusterAddress) -> None:
    writer, cluster = archive_engine(place).open_writer(), Cluster(place)
    writer.add(daily(1, 40, 70))
    assert set(cluster.call("GET", f"{place.index}-*")) == {
        f"{place.index}-1-{part}" for part in ("start", "2023-11", "2023-12", "2024-01")
    }
    writer.remove([40])
    assert f"{place.index}-1-2023-12" not in cluster.call("GET", f"{place.index}-*")
    assert open_archive(place).ids(parse_query("port")) == [1, 70]


def test_an_interrupted_rebuild_goes_on_unless_the_archive_changed(place: ClusterAddress) -> None:
    engine = archive_engine(place)
    engine.open_writer().add(daily(1, 2, 3))
    for already_there, more in ((0, [1]), (1, [2])):
        with pytest.raises(KeyboardInterrupt), engine.rebuild() as writer:
            assert writer.article_count == already_there
            writer.add(daily(*more))
            raise KeyboardInterrupt
    old = engine.open_writer()
    old.add(daily(4))
    with engine.rebuild() as writer:
        assert writer.article_count == 0
        writer.add(daily(9))
    assert open_archive(place).ids(parse_query("port")) == [9]
    with pytest.raises(ArchiveDamaged, match="built anew"):
        old.add(daily(5))


def test_a_first_rebuild_that_broke_off_is_in_nobodys_way(place: ClusterAddress) -> None:
    engine = archive_engine(place)
    with pytest.raises(KeyboardInterrupt), engine.rebuild() as writer:
        writer.add(daily(1, 40))
        raise KeyboardInterrupt
    assert engine.open_writer().article_count == 0
    engine.open_writer().add(daily(2))
    assert open_archive(place).ids(parse_query("port")) == [2]


def test_an_archive_is_made_and_rebuilt_where_deletions_must_name_indices(
    place: ClusterAddress,
) -> None:
    engine, cluster = archive_engine(place), Cluster(place)
    setting = "action.destructive_requires_name"
    cluster.call("PUT", "_cluster/settings", {"transient": {setting: True}})
    try:
        for _turn in range(2):  # the first begins an archive, the second is beside one
            with pytest.raises(KeyboardInterrupt), engine.rebuild() as writer:
                raise KeyboardInterrupt
            engine.open_writer().add(daily(1, 40))
        with engine.rebuild() as writer:
            writer.add(daily(2))
    finally:
        cluster.call("PUT", "_cluster/settings", {"transient": {setting: None}})
    assert open_archive(place).ids(parse_query("port")) == [2]


def test_a_rebuilt_archive_is_all_that_is_searched(place: ClusterAddress) -> None:
    engine, cluster = archive_engine(place), Cluster(place)
    old = engine.open_writer()
    old.add(daily(1))
    with engine.rebuild() as writer:
        writer.add(daily(1, 2))
        old.add(daily(40))  # a month that nobody knew when it began
    assert open_archive(place).ids(parse_query("port")) == [1, 2]
    late = f"{place.index}-1-2023-12"
    cluster.call("PUT", late, {"aliases": {place.index: {}}})  # a writer was about to make it
    engine.open_writer()
    assert not cluster.exists(late)
    assert open_archive(place).ids(parse_query("port")) == [1, 2]


def test_an_interruption_at_any_request_of_a_rebuild_leaves_one_archive(
    place: ClusterAddress,
) -> None:
    engine = archive_engine(place)
    engine.open_writer().add(daily(1, 40, 70))
    for requests in range(100):
        is_unwanted = partial(lambda sent, most: next(sent) >= most, count(), requests)
        try:
            with interruptible(is_unwanted), engine.rebuild() as writer:
                writer.add(daily(1, 40, 70))
        except Interrupted:
            assert open_archive(place).ids(parse_query("port")) == [1, 40, 70]
        else:
            break
    assert 5 < requests < 99
    assert open_archive(place).ids(parse_query("port")) == [1, 40, 70]


def test_a_search_during_a_rebuild_sees_all_of_one_archive(place: ClusterAddress) -> None:
    engine, done, seen = archive_engine(place), Event(), set[tuple[int, ...]]()
    engine.open_writer().add(daily(1, 40, 70))

    def watch() -> None:
        while not done.is_set():
            with suppress(ArchiveError):
                seen.add(tuple(open_archive(place).ids(parse_query("port"))))

    with ThreadPoolExecutor() as threads:
        watcher = threads.submit(watch)
        for _turn in range(5):
            with engine.rebuild() as writer:
                writer.add(daily(1, 40, 70))
        done.set()
        watcher.result()
    assert seen == {(1, 40, 70)}


def test_a_changed_mapping_is_an_error_in_words(place: ClusterAddress) -> None:
    engine, cluster = archive_engine(place), Cluster(place)
    writer = engine.open_writer()
    writer.add(daily(1))
    cluster.call("PUT", f"{place.index}-1-start/_mapping", {"properties": {"x": {"type": "text"}}})
    assert writer.changed_elsewhere()
    with pytest.raises(ArchiveDamaged, match="somebody changed its mapping"):
        engine.open_writer()


def test_an_archive_without_its_first_index_is_damaged(place: ClusterAddress) -> None:
    engine = archive_engine(place)
    engine.open_writer().add(daily(1))
    Cluster(place).call("DELETE", f"{place.index}-1-start")
    with pytest.raises(ArchiveDamaged, match="there is no archive"):
        engine.open_writer()
    engine.replace().add(daily(1))  # its writers begin to be numbered anew
    assert open_archive(place).ids(parse_query("port")) == [1]


def test_a_month_that_somebody_deletes_is_noticed(place: ClusterAddress) -> None:
    engine, cluster = archive_engine(place), Cluster(place)
    writer = engine.open_writer()
    writer.add(daily(1, 40))
    cluster.call("DELETE", f"{place.index}-1-2023-12")
    assert writer.changed_elsewhere()
    writer.add(daily(41))  # the cluster makes the index, which nobody searches yet
    assert writer.changed_elsewhere()
    assert not engine.open_writer().changed_elsewhere()
    assert open_archive(place).ids(parse_query("port")) == [1, 41]


def test_a_phrase_is_found_beside_itself(place: ClusterAddress) -> None:
    archive_engine(place).open_writer().add([article(1, "阿里 阿里"), article(2, "阿里 port")])
    archive = open_archive(place)
    assert archive.ids(parse_query("阿里 NEAR/4 阿里")) == [1]
    assert archive.ids(parse_query('"阿里 阿里"')) == [1]


def test_a_search_waits_for_a_month_that_was_just_made(place: ClusterAddress) -> None:
    archive_engine(place).open_writer().add(daily(1))
    month = f"{place.index}-1-2099-01"
    cluster, held = Cluster(place), {"index.routing.allocation.enable": "none"}
    made = {"settings": held, "aliases": {place.index: {}}}
    cluster.call("PUT", month, made, wait_for_active_shards="0")
    archive = open_archive(place)
    with pytest.raises(ArchiveError, match="do not answer"):
        archive.count(parse_query("port"))
    allowed = {"index.routing.allocation.enable": "all"}
    ready = Timer(0.1, lambda: cluster.call("PUT", f"{month}/_settings", allowed))
    ready.start()
    assert archive.count(parse_query("port")) == 1
    ready.join()


@pytest.mark.timeout(600)
def test_nodes_go_and_come_back() -> None:
    with nodes(3, "700m") as running:
        address = running.address()
        engine, query = archive_engine(address), parse_query("port")
        writer, archive = engine.open_writer(), open_archive(address)
        writer.add(daily(*range(60)))
        until(lambda: not engine.survey()[1])  # each index has its copies
        running.command("stop", 0)
        until(lambda: not _fails(lambda: writer.add(daily(60))))  # once the others notice
        assert archive.count(query) == 61
        running.command("stop", 1)
        with pytest.raises(ArchiveError, match=r"do not answer|too few of its nodes"):
            archive.count(query)
        with pytest.raises(ArchiveError):
            writer.add(daily(61))
        for node in (0, 1):  # some month may have had its only complete copy on the second
            running.command("start", node)
        until(lambda: not _fails(lambda: writer.add(daily(61))))
        assert archive.ids(query) == list(range(62))


def _fails(action: Callable[[], object]) -> bool:
    try:
        action()
    except ArchiveError:
        return True
    return False


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, "Unauthorized", "user and password are not accepted"),
        (403, '{"error": {"type": "security_exception", "reason": "no permissions for [x]"}}',
         "a right is missing: no permissions for [x]"),
        (429, '{"error": {"type": "rejected", "reason": "queue is full"}}', "it is overloaded"),
        (503, '{"error": {"reason": "no cluster manager"}}', "too few of its nodes run (no"),
    ],
)  # fmt: skip
def test_what_a_cluster_refuses_is_said_in_words(status: int, body: str, words: str) -> None:
    with Web() as web:
        headers = (("Content-Type", "application/json"),)
        web.on("/", Reply(status=status, headers=headers, body=body.encode()))
        address = ClusterAddress(urls=(web.url("/").rstrip("/"),))
        assert words in archive_engine(address).survey()[1][0]


@pytest.mark.parametrize("refusal", ["too large", "overloaded", "some overloaded"])
def test_a_batch_that_is_refused_is_halved_and_grows_again(opensearch: Nodes, refusal: str) -> None:
    most, sizes = 3, list[int]()

    def limited(request: Request) -> Reply:
        lines = request.body.splitlines(keepends=True)
        if not request.path.startswith("/_bulk") or len(lines) <= 2 * most:
            if lines and request.path.startswith("/_bulk"):
                sizes.append(len(lines) // 2)
            return forwarded(opensearch, request)
        if refusal != "some overloaded":
            return Reply(413 if refusal == "too large" else 429)
        reply = forwarded(opensearch, request, b"".join(lines[: 2 * most]))
        refused = {"index": {"status": 429, "error": {"type": "rejected", "reason": "full"}}}
        items = json.loads(reply.body)["items"] + [refused] * (len(lines) // 2 - most)
        return replace(reply, body=json.dumps({"errors": True, "items": items}).encode())

    with Web() as web:
        web.on("*", limited)
        address = replace(opensearch.address(), urls=(web.url().rstrip("/"),))
        writer = archive_engine(address).open_writer()
        writer.add(daily(*range(20)))
        assert max(sizes) <= most
        assert open_archive(address).ids(parse_query("port")) == list(range(20))
        most = 100
        for start in (20, 40, 60):
            writer.add(daily(*range(start, start + 20)))
        assert sizes[-1] == 20
        most = 0
        with pytest.raises(ValueError if refusal == "too large" else ArchiveError):
            writer.add(daily(99))
        assert open_archive(address).ids(parse_query("port")) == list(range(80))


def test_a_writer_that_was_held_up_overwrites_nothing(opensearch: Nodes) -> None:
    """Another monitor takes over while a request of the first is on its way."""
    is_held, goes_on = Event(), Event()

    def hold(request: Request) -> Reply:
        if request.path.startswith("/_bulk"):
            is_held.set()
            goes_on.wait(30)
        return forwarded(opensearch, request)

    place = opensearch.address()
    archive_engine(place).open_writer().add([article(id, "port", seen=1.7e9) for id in (1, 2, 3)])
    with Web() as web, ThreadPoolExecutor() as pool:
        web.on("*", hold)
        first = archive_engine(replace(place, urls=(web.url().rstrip("/"),))).open_writer()
        late = pool.submit(first.add, [article(id, "quay", seen=1.7e9) for id in (1, 2, 3)])
        assert is_held.wait(30)
        second = archive_engine(place).open_writer()
        second.add([article(1, "bridge", seen=1.7e9)])
        second.remove([2])
        goes_on.set()
        with pytest.raises(ArchiveError, match="another monitor"):
            late.result(30)
    archive_engine(place).open_writer().add([article(4, "port", seen=1.7e9)])
    archive = open_archive(place)
    found = {word: archive.ids(parse_query(word)) for word in ("port", "bridge", "quay")}
    assert found == {"port": [4], "bridge": [1], "quay": [3]}  # of which the second knew nothing


def test_a_rebuild_asks_nothing_of_what_it_replaces(opensearch: Nodes) -> None:
    """After a node has gone, writes to an index may hang."""
    place = opensearch.address()
    archive_engine(place).open_writer().add(daily(1))

    def hung(request: Request) -> Reply:
        is_hung = f"/{place.index}-1-" in request.path or request.path.startswith("/_refresh")
        return Reply(503) if is_hung else forwarded(opensearch, request)

    with Web() as web:
        web.on("*", hung)
        engine = archive_engine(replace(place, urls=(web.url().rstrip("/"),)))
        with engine.rebuild() as writer:
            writer.add(daily(1, 40))
    assert open_archive(place).ids(parse_query("port")) == [1, 40]


def test_a_limit_before_the_cluster_is_met_rarely(
    opensearch: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.opensearch.cluster.BULK_BYTES", 50_000)
    statuses = list[int]()

    def limited(request: Request) -> Reply:
        is_too_large = len(request.body) > 10_000
        if request.path.startswith("/_bulk"):
            statuses.append(413 if is_too_large else 200)
        return Reply(413) if is_too_large else forwarded(opensearch, request)

    with Web() as web:
        web.on("*", limited)
        address = replace(opensearch.address(), urls=(web.url().rstrip("/"),))
        archive_engine(address).open_writer().add(daily(*range(1_500)))
        assert open_archive(address).article_count == 1_500
    assert statuses.count(200) > 20
    assert statuses.count(413) < len(statuses) / 5


def test_a_certificate_says_what_is_wrong_with_it(
    opensearch: Nodes,
    certificate: tuple[ssl.SSLContext, Path],  # noqa: F811
) -> None:
    context, file = certificate
    stranger = Path(certifi.where())
    with Web(tls=context) as web:
        web.on("*", partial(forwarded, opensearch))

        def problems(host: str, **files: str) -> str:
            address = ClusterAddress(urls=(web.url("", host),), **files)
            return "\n".join(archive_engine(address).survey()[1])

        assert problems("localhost", authority=str(file)) == ""
        for authority in ("", str(stranger)):
            assert "name that of its authority with `authority`" in problems(
                "localhost", authority=authority
            )
        other_name = problems("127.0.0.1", authority=str(file))
        assert "https://127.0.0.1" in other_name
        assert "its certificate is for another name" in other_name
        for files in ({"authority": "/nowhere.pem"}, {"certificate": str(file)}):
            assert "look at the files" in problems("localhost", **{"authority": str(file), **files})


def test_a_page_in_place_of_a_cluster_is_said_in_words() -> None:
    with Web() as web:
        web.on("*", Reply(headers=(("Content-Type", "text/html"),), body=b"<p>Sign in"))
        (problem,) = archive_engine(ClusterAddress(urls=(web.url(""),))).survey()[1]
        assert "it is no OpenSearch" in problem


def test_a_cluster_that_is_not_there_is_said_in_words() -> None:
    engine = archive_engine(ClusterAddress(urls=("http://127.0.0.1:9",)))
    assert "cannot be reached" in engine.survey()[1][0]
    assert not engine.holds_articles()
