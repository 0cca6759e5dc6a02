"""The connection to an OpenSearch cluster: requests, and its errors in words."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from opensearchpy import OpenSearch, TransportError, exceptions

from index.errors import ArchiveDamaged, ArchiveError
from index.interruption import check
from index.opensearch.address import ClusterAddress
from monitor.base.translation import gettext as _

Json = dict[str, Any]

SECONDS = 30.0
"""Seconds after which a request that is not answered fails."""
PAGE = 10_000
"""Most hits of one answer: OpenSearch allows no more."""
CHUNK = 1_000
"""Most filters that are counted in one request."""
BULK_BYTES = 5_000_000
"""Most bytes of one request that writes, roughly: half of one that fails, then slowly more."""
TOO_MUCH = {413, 429}
"""Statuses of a request, or an item, for which the cluster has no room."""


class Cluster:
    """A cluster, asked on behalf of one archive; for any thread.

    Every method raises ArchiveError, with what is wrong in words, where the cluster does not
    answer as it should; ArchiveDamaged where the archive is gone.
    """

    def __init__(self, address: ClusterAddress) -> None:
        self.address = address
        self._bulk_bytes = BULK_BYTES

    @cached_property
    def _client(self) -> OpenSearch:
        for library in ("opensearch", "urllib3"):  # errors are raised, in words
            logging.getLogger(library).setLevel(logging.CRITICAL)
        login = (self.address.user, self.address.password) if self.address.user else None
        return OpenSearch(
            list(self.address.urls),
            http_auth=login,
            ca_certs=self.address.authority or None,
            client_cert=self.address.certificate or None,
            verify_certs=True,
            timeout=SECONDS,
            max_retries=len(self.address.urls),  # another node is asked
            retry_on_status=(502,),
        )

    def call(self, method: str, path: str, body: object = None, **params: object) -> Any:
        """Send a request; return the answer. Checks for an interruption; raises ArchiveError."""
        check()
        try:
            return self._client.transport.perform_request(method, f"/{path}", params, body)
        except TransportError as error:
            raise self._in_words(error, f"{method} /{path}") from error
        except exceptions.SerializationError as error:
            raise ArchiveError(
                _("{address}: it is no OpenSearch; look at what answers there ({reason})",
                  address=self.address, reason=error)
            ) from error  # fmt: skip

    def exists(self, path: str) -> bool:
        """Tell whether there is an index or alias."""
        return bool(self.call("HEAD", path))

    def search(self, *bodies: Json, of: str = "") -> list[Json]:
        """Answer searches; an answer without some of the indices is an error.

        Args:
            bodies: What to search for.
            of: The indices; empty for the archive.

        Raises:
            ArchiveError: Not every index answers.
        """
        lines = "".join(json.dumps(line) + "\n" for body in bodies for line in ({}, body))
        indices = of or self.address.index
        search = partial(self.call, "POST", f"{indices}/_msearch", lines)
        answers: list[Json] = search()["responses"]
        if any(map(_is_partial, answers)):  # an index was just made, or deleted by a rebuild
            ready = f"_cluster/health/{indices}?wait_for_status=yellow&timeout=1s"
            self.call("GET", ready, ignore=408)
            answers = search()["responses"]
        for answer in answers:
            if "error" in answer:
                raise self._in_words(TransportError(answer["status"], "", answer))
            if _is_partial(answer) or answer["timed_out"]:
                failure: Json = next(iter(answer["_shards"].get("failures", ())), {})
                late = _("their time is up") if answer["timed_out"] else _("one is gone: try again")
                reason = _reason(TransportError(0, "", failure)) or late
                raise ArchiveError(
                    _("{address}: parts of the archive do not answer ({reason})",
                      address=self.address, reason=reason)
                )  # fmt: skip
        return answers

    def hits(self, query: Json, of: str = "", **body: object) -> Iterator[Json]:
        """Yield all hits of a query by ascending id, page by page."""
        page: Json = {"query": query, "sort": [{"id": "asc"}], "size": PAGE, "_source": False}
        page |= {"track_total_hits": False, **body}
        while hits := self.search(page, of=of)[0]["hits"]["hits"]:
            yield from hits
            page["search_after"] = hits[-1]["sort"]

    def counts(self, queries: Iterable[Json]) -> list[int]:
        """Count the articles of each query."""
        remaining, numbers = list(queries), list[int]()
        while remaining:
            chunk, remaining = remaining[:CHUNK], remaining[CHUNK:]
            count = {"filters": {"filters": chunk}}
            (answer,) = self.search({"size": 0, "aggs": {"n": count}})
            numbers += [bucket["doc_count"] for bucket in answer["aggregations"]["n"]["buckets"]]
        return numbers

    def write(self, actions: Iterable[tuple[Json, Json | None]]) -> Json:
        """Write items in bulk, durably; return the first error that is the fault of an item.

        Args:
            actions: The action of each item, and its document.
        """
        items, size = list[str](), 0
        for lines in actions:
            items.append(
                "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines if line)
            )
            size += len(items[-1])
            if size > self._bulk_bytes:
                if error := self._bulk(items):
                    return error
                items, size = [], 0
        return self._bulk(items) if items else {}

    def _bulk(self, items: list[str]) -> Json:
        """Write items; those that are too many for the cluster are written again in halves."""
        try:
            results = self.call("POST", "_bulk", "".join(items))["items"]
        except ArchiveError as error:
            if (status := getattr(error.__cause__, "status_code", 0)) not in TOO_MUCH:
                self._bulk_bytes = max(self._bulk_bytes // 2, 1)
                raise
            refusal = {"type": status, "reason": _("it is too large for the cluster")}
            results = [{"index": {"status": status, "error": refusal}}] * len(items)
        faults, refused = list[Json](), list[str]()
        for item, result in zip(items, results, strict=True):
            ((action, outcome),) = result.items()
            status = outcome["status"]
            if "error" not in outcome or (action == "delete" and status == 404):
                continue
            if status in TOO_MUCH and len(items) > 1:
                refused.append(item)
            elif status in {400, 413}:
                faults.append(outcome["error"])
            elif status == 409:
                text = _("{address}: another monitor writes there", address=self.address)
                raise ArchiveError(text)
            else:
                raise self._in_words(TransportError(status, "", outcome))
        more = min(self._bulk_bytes + BULK_BYTES // 1_000, BULK_BYTES)
        self._bulk_bytes = max(sum(map(len, items)) // 2, 1) if refused else more
        halves = filter(None, (refused[::2], refused[1::2]))
        faults += filter(None, map(self._bulk, halves))
        return faults[0] if faults else {}

    def _in_words(self, error: TransportError, request: str = "") -> ArchiveError:
        """Return an error that says what is wrong and what helps."""
        address, reason = self.address, _reason(error) or request
        match error:
            case exceptions.SSLError() if "not valid for" in reason:  # not a message
                text = _("{address}: its certificate is for another name ({reason}); write in"
                         " `opensearch` a name that it has",
                         address=address, reason=reason)  # fmt: skip
            case exceptions.SSLError() if "VERIFY_FAILED" not in reason:
                text = _("{address}: no TLS ({reason}); look at the files `authority` and"
                         " `certificate`, and whether it speaks HTTPS",
                         address=address, reason=reason)  # fmt: skip
            case exceptions.SSLError():
                text = _("{address}: its certificate cannot be trusted ({reason}); name that of its"
                         " authority with `authority`", address=address, reason=reason)  # fmt: skip
            case exceptions.ConnectionTimeout():
                text = _("{address}: no answer in {seconds} s", address=address,
                         seconds=f"{SECONDS:g}")  # fmt: skip
            case exceptions.ConnectionError():
                text = _("{address}: cannot be reached ({reason})", address=address, reason=reason)
            case exceptions.AuthenticationException():
                text = _("{address}: user and password are not accepted", address=address)
            case _ if error.status_code == 404:
                return ArchiveDamaged(_("{address}: there is no archive", address=address))
            case _ if "block" in reason and "read-only" in reason:
                text = _("{address}: it takes no articles, since its disks are full or somebody"
                         " made it read-only; free disk space there", address=address)  # fmt: skip
            case _ if error.status_code == 403:
                text = _("{address}: a right is missing: {reason}", address=address, reason=reason)
            case _ if error.status_code == 429:
                text = _("{address}: it is overloaded", address=address)
            case _ if error.status_code == 503:
                text = _("{address}: too few of its nodes run ({reason})", address=address,
                         reason=reason)  # fmt: skip
            case _:
                text = f"{address}: {error.status_code} {reason}"
        return ArchiveError(text)


def _reason(error: TransportError) -> str:
    """Return what the cluster says of an error, on one line."""
    info = error.info
    while isinstance(info, Mapping):
        cause = next(iter(info.get("root_cause") or ()), None)
        info = cause or info.get("error") or info.get("reason") or info.get("type") or ""
    return " ".join(str(info or error.error).split())[:200]


def _is_partial(answer: Json) -> bool:
    """Tell whether an index had no part: one that was just deleted is not even told as failed."""
    shards: Json = answer.get("_shards", {"successful": 0, "total": 0})
    return bool(shards["successful"] < shards["total"])
