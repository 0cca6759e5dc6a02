"""Makes, counts, writes, rebuilds and replaces the archive of a cluster.

An archive is a generation of indices behind one alias: `tocsin-3-2026-12` for each month in which
articles were first seen, and `tocsin-3-start`, which has none. A rebuild makes the next generation
beside it, and the alias moves at its end.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from index.errors import ArchiveDamaged, ArchiveError
from index.opensearch.address import ClusterAddress
from index.opensearch.cluster import Cluster, Json
from index.opensearch.documents import MAPPINGS, SETTINGS, VERSION, document, month
from index.opensearch.queries import ALL, one_of
from index.opensearch.searcher import ClusterArchive
from monitor.base.article import Article
from monitor.base.translation import gettext as _

OLDEST = (2, 19)
"""The oldest version that this was tested with."""
SHORT_WAIT = {"cluster_manager_timeout": "5s"}
"""How long a question waits for a cluster in which too few nodes run."""
START = "start"
"""The index of a generation that exists from its beginning."""


class ClusterEngine:
    """See `index.archive.ArchiveEngine`."""

    def __init__(self, address: ClusterAddress) -> None:
        self._address = address
        self._cluster = Cluster(address)

    def open(self, *, partial: bool) -> ClusterArchive:
        self._generation()
        return ClusterArchive(self._cluster)

    def open_writer(self) -> ClusterArchiveWriter:
        self._put_template()
        if not self._indices():
            self._start(1, self._address.index)
        generation = self._generation()
        self._cluster.call("GET", self._name(generation))  # its writers are numbered there
        self._move(self._replacement(generation))
        return ClusterArchiveWriter(self._cluster, generation, is_current=True)

    def exists(self) -> bool:
        return bool(self._indices())

    def count_articles(self) -> int:
        try:
            return self.open(partial=False).article_count
        except ArchiveDamaged:
            return 0

    def holds_articles(self) -> bool:
        """Tell whether there are articles; a cluster that does not answer keeps nobody waiting."""
        try:
            return ClusterArchive(self._cluster).article_count > 0
        except ArchiveError:
            return False

    def size(self) -> int:
        if not self.exists():
            return 0
        stats = self._cluster.call("GET", f"{self._address.index}/_stats/store")
        return int(stats["_all"]["total"]["store"]["size_in_bytes"])

    def survey(self) -> tuple[Json, list[str]]:
        """Return what the cluster is; try each right on an archive that is deleted again."""
        call = self._cluster.call
        try:
            about = call("GET", "")["version"]
            health = call("GET", "_cluster/health")
        except ArchiveError as error:
            return {}, [str(error)]
        version, problems = about["number"], list[str]()
        numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
        if about.get("distribution") != "opensearch" or numbers < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            problems.append(_("{address}: it is no OpenSearch of version {oldest} or newer",
                              address=self._address, oldest=oldest))  # fmt: skip
        if health["status"] != "green":
            missing = health["unassigned_shards"]
            problems.append(_("{address}: of its indices, {count} parts are on no node",
                              address=self._address, count=missing))  # fmt: skip
        try:
            self._try_rights()
        except (ArchiveError, ValueError) as error:
            problems.append(str(error))
        nodes = health["number_of_nodes"]
        return {"version": version, "nodes": nodes, "health": health["status"]}, problems

    def _try_rights(self) -> None:
        """Do all that an archive needs, as generation 0, which nobody searches."""
        indices = self._name(0, "*")
        scored: Json = {"script_score": {"query": ALL, "script": {"source": "1"}}}
        self._put_template()
        self._start(0, self._name(0, "trial"))
        writer = ClusterArchiveWriter(self._cluster, 0, is_current=False)
        writer.add([Article(id=1, feeds=(), url="", title="tocsin", summary="", seen=0.0)])
        self._cluster.search({"query": scored}, of=indices)
        for facts in ("_mapping", "_stats/store"):
            self._cluster.call("GET", f"{indices}/{facts}")
        writer.compact()
        writer.remove([1])
        self._move([{"remove_index": {"index": self._name(0)}}])

    def replace(self) -> ClusterArchiveWriter:
        with self.rebuild():
            pass
        return self.open_writer()

    @contextmanager
    def rebuild(self) -> Iterator[ClusterArchiveWriter]:
        """Yield the writer of the next generation.

        One that was not finished goes on, if nothing was written to the archive since it began.
        """
        self._put_template()
        old = self._indices()
        generation = max(map(self._number, old), default=0) + 1
        began = f"{self._name(generation)}-{self._changes()}"
        if not self._cluster.exists(f"{self._name(generation, '*')}/_alias/{began}"):
            self._start(generation, began)
        writer = ClusterArchiveWriter(self._cluster, generation, is_current=False)
        yield writer
        self._cluster.call("POST", f"{self._name(generation, '*')}/_refresh")
        self._move([
            *self._replacement(generation),
            {"remove": {"index": self._name(generation), "alias": began}},
        ])  # fmt: skip
        writer.is_current = True

    def _indices(self) -> list[str]:
        """Return the indices behind the alias."""
        try:
            return list(self._mappings())
        except ArchiveDamaged:
            return []

    def _generation(self) -> int:
        """Return the number of the current generation.

        Raises:
            ArchiveDamaged: There is none of this version.
        """
        indices = self._mappings()
        for name, index in indices.items():
            if index["mappings"].get("_meta") != MAPPINGS["_meta"]:
                raise ArchiveDamaged(_("{index}: it is of another version", index=name))
            if index["mappings"] != MAPPINGS:
                raise ArchiveDamaged(_("{index}: somebody changed its mapping", index=name))
        return max(map(self._number, indices))

    def _mappings(self) -> Json:
        """Return the mapping of each index behind the alias."""
        answer: Json = self._cluster.call("GET", f"{self._address.index}/_mapping", **SHORT_WAIT)
        return answer

    def _number(self, index: str) -> int:
        number = index.removeprefix(f"{self._address.index}-").partition("-")[0]
        return int(number) if number.isdigit() else 0

    def _name(self, generation: int, part: str = START) -> str:
        return f"{self._address.index}-{generation}-{part}"

    def _replacement(self, generation: int) -> list[Json]:
        """Return what puts one generation behind the alias, and drops what else is there."""
        others = [name for name in self._indices() if self._number(name) != generation]
        drops: list[Json] = [{"remove_index": {"index": name}} for name in others]
        new = {"index": self._name(generation, "*"), "alias": self._address.index}
        return [{"add": new}, *drops]

    def _move(self, actions: Sequence[Json]) -> None:
        """Change at once which indices are behind the alias."""
        self._cluster.call("POST", "_aliases", {"actions": actions})

    def _put_template(self) -> None:
        index = self._address.index
        template = {
            "index_patterns": [f"{index}-*"],
            "version": VERSION,
            "template": {"settings": SETTINGS, "mappings": MAPPINGS},
        }
        self._cluster.call("PUT", f"_index_template/{index}", template)

    def _start(self, generation: int, alias: str) -> None:
        if left := self._cluster.call("GET", f"{self._name(generation, '*')}/_alias"):
            self._cluster.call("DELETE", ",".join(left))  # of a rebuild that broke off
        self._cluster.call("PUT", self._name(generation), {"aliases": {alias: {}}})

    def _changes(self) -> int:
        """Return a number that grows with each writer, and with each change of an article."""
        if not self.exists():
            return 0
        stats = self._cluster.call("GET", f"{self._address.index}/_stats/docs", level="shards")
        shards = (index["shards"].values() for index in stats["indices"].values())
        copies = (shard[0] for index in shards for shard in index)
        return sum(copy["seq_no"]["max_seq_no"] + 1 for copy in copies)


class ClusterArchiveWriter:
    """See `index.archive.ArchiveWriter`. The cluster merges by itself.

    Each change has a version: the number of its writer, then its own. So what arrives late, from
    a writer that another one replaced meanwhile, overwrites nothing newer.
    """

    def __init__(self, cluster: Cluster, generation: int, *, is_current: bool) -> None:
        self._cluster = cluster
        self._prefix = f"{cluster.address.index}-{generation}-"
        self._indices = set(cluster.call("GET", f"{self._prefix}*/_alias"))
        # deleting nothing takes the next number of the index, durably
        deletion = cluster.call("DELETE", f"{self._prefix}{START}/_doc/writer", ignore=404)
        self._versions = count(deletion.get("_seq_no", 0) << 32)
        self.is_current = is_current
        """Whether the alias has this generation, which then is there until the next is."""
        self.background_merges = False

    @property
    def article_count(self) -> int:
        return int(self._cluster.call("GET", f"{self._prefix}*/_count")["count"])

    @property
    def last_id(self) -> int:
        newest = {"size": 1, "sort": [{"id": "desc"}], "_source": False}
        answer = self._cluster.call("POST", f"{self._prefix}*/_search", newest)
        return max((hit["sort"][0] for hit in answer["hits"]["hits"]), default=0)

    def all_ids(self) -> array[int]:
        return array("Q", (hit["sort"][0] for hit in self._hits(ALL)))

    def add(self, articles: Iterable[Article]) -> int:
        """Add articles, replacing those of the same id; return how many were given.

        Raises:
            ArchiveDamaged: There is a newer generation.
            ValueError: The cluster refuses an article, and the next try would fail too.
        """
        added = 0

        def actions() -> Iterator[tuple[Json, Json | None]]:
            nonlocal added
            for article in articles:
                index = self._prefix + month(article)
                if index not in self._indices:
                    self._create(index)
                added += 1
                yield {"index": self._change(index, str(article.id))}, document(article)

        if not self._cluster.exists(self._prefix + START):
            raise ArchiveDamaged(
                _("{address}: it was built anew meanwhile", address=self._cluster.address)
            )
        error = self._cluster.write(actions())
        self._refresh()
        if error:
            raise ValueError(f"{error['type']}: {error['reason']}")  # an article is at fault
        return added

    def remove(self, ids: Collection[int]) -> None:
        """Remove articles; an index of which nothing is left goes as a whole."""
        hits = list(self._hits(one_of("id", ids))) if ids else []
        for index in {hit["_index"] for hit in hits}:
            here = [hit["_id"] for hit in hits if hit["_index"] == index]
            if len(here) == self._cluster.call("GET", f"{index}/_count")["count"]:
                self._cluster.call("DELETE", index)
                self._indices.discard(index)
            else:
                self._cluster.write(({"delete": self._change(index, id)}, None) for id in here)
        self._refresh()

    def _leave_to_cluster(self) -> None:
        """Do nothing: the cluster merges and checks, and an index comes back with its nodes."""

    run_merges = wait_for_merges = verify = close = _leave_to_cluster

    def verify_steps(self) -> Iterator[None]:
        return iter(())

    def drop_damaged(self, *, every_byte: bool = True) -> list[str]:
        return []

    def compact(self, progress: Callable[[int], None] = lambda _: None) -> None:
        """Let the cluster drop what was replaced or deleted."""
        self._cluster.call("POST", f"{self._prefix}*/_forcemerge", only_expunge_deletes="true")

    def changed_elsewhere(self) -> bool:
        indices = self._cluster.call("GET", f"{self._prefix}*", **SHORT_WAIT)
        return set(indices) != self._indices or any(
            index["mappings"] != MAPPINGS
            or (self._cluster.address.index in index["aliases"]) != self.is_current
            for index in indices.values()
        )

    def _change(self, index: str, id: str) -> Json:
        version = {"version": next(self._versions), "version_type": "external_gte"}
        return {"_index": index, "_id": id, **version}

    def _create(self, index: str) -> None:
        aliases: Json = {self._cluster.address.index: {}} if self.is_current else {}
        self._cluster.call("PUT", index, {"aliases": aliases})
        self._indices.add(index)

    def _refresh(self) -> None:
        self._cluster.call("POST", f"{self._prefix}*/_refresh")

    def _hits(self, query: Json) -> Iterator[Json]:
        return self._cluster.hits(query, of=f"{self._prefix}*")
