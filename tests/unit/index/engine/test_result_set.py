"""Page after page of one result, while articles arrive and segments are merged."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.properties import examples

from index import open_archive, open_archive_writer
from index.archive import Archive, ArchiveHit, ArchivePage, DocumentFilter
from index.article import Article
from index.query.parser import parse_query

SORTS = ("date", "score")


def article(id: int, title: str = "Un port", **more: object) -> Article:
    values = {"feeds": (1,), "url": "", "summary": "", "seen": 1e9 + id, "title": title, **more}
    return Article(id=id, **values)  # type: ignore[arg-type]


def pages(
    archive: Archive,
    text: str,
    sort: str,
    limit: int,
    meanwhile: Callable[[], object],
    scope: DocumentFilter = DocumentFilter(),
) -> list[ArchivePage]:
    """Return every page, something happening between any two."""
    query = parse_query(text)
    found = [archive.search(query, scope, sort=sort, limit=limit)]
    first = found[0]
    as_of_first = replace(scope, max_id=scope.max_id or first.last_id)
    while found[-1].hits:
        meanwhile()
        after = found[-1].hits[-1]
        found.append(
            archive.search(
                query, as_of_first, sort=sort, limit=limit, after=after, stats=first.stats
            )
        )
    return found[:-1]


def hits(found: list[ArchivePage]) -> list[ArchiveHit]:
    return [hit for page in found for hit in page.hits]


TEXT = st.lists(st.sampled_from(["le", "port", "belge", "quai", "du", "port", "canal"]), max_size=6)
WRITTEN = st.tuples(TEXT, st.integers(900, 1100), st.integers(0, 200))
"""Words, the day it was published, and how much later it was seen."""
QUERIES = (
    "port",
    "port OR canal",
    "por* -quai",
    '"port belge" OR quai~',
    "le NEAR/3 belge",
    "port",
)


def written(id: int, what: tuple[list[str], int, int]) -> Article:
    words, published, later = what
    return article(
        id, " ".join(words), published=float(published), seen=float(published + later)
    )  # some are older than what is there


@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    there=st.lists(st.lists(WRITTEN, min_size=1, max_size=3), min_size=8, max_size=14),
    coming=st.lists(st.lists(WRITTEN, min_size=1, max_size=3), min_size=3, max_size=12),
    text=st.sampled_from(QUERIES),
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 4),  # there are pages left when ten segments become one
    since=st.none() | st.integers(900, 1100),
)
def test_pages_are_those_of_the_first_moment(
    there: list[list[tuple[list[str], int, int]]],
    coming: list[list[tuple[list[str], int, int]]],
    text: str,
    sort: str,
    limit: int,
    since: int | None,
) -> None:
    with TemporaryDirectory() as name:
        writer, last = open_archive_writer(Path(name)), 0

        def add(batch: list[tuple[list[str], int, int]]) -> None:
            nonlocal last
            writer.add(written(last + at, what) for at, what in enumerate(batch, 1))
            last += len(batch)

        for batch in there:
            add(batch)
        archive, rest = open_archive(Path(name)), iter(coming)
        scope = DocumentFilter(since=since)
        whole = archive.search(parse_query(text), scope, sort=sort, limit=0)
        found = pages(archive, text, sort, limit, lambda: add(next(rest, [])), scope)
        assert hits(found) == list(whole.hits)
        assert {page.total for page in found} <= {whole.total}
        assert all(len(page.hits) <= limit for page in found)


@pytest.mark.parametrize("sort", SORTS)
def test_pages_of_an_archive_at_rest_are_its_result(tmp_path: Path, sort: str) -> None:
    writer = open_archive_writer(tmp_path)
    for first in range(1, 101, 20):  # five to a date, some dates out of order
        writer.add(article(id, seen=1000.0 + (id * 7 % 20)) for id in range(first, first + 20))
    archive = open_archive(tmp_path)
    found = pages(archive, "port", sort, 7, lambda: None)
    assert [len(page.hits) for page in found] == [7] * 14 + [2]
    assert hits(found) == list(archive.search(parse_query("port"), sort=sort, limit=0).hits)


def _arrive(folder: Path, first: int, rounds: int) -> None:
    writer = open_archive_writer(folder)
    for id in range(first, first + rounds):
        writer.add([article(id, f"Le port numéro {id}", published=1e9 + id % 97)])


def test_pages_while_another_process_commits_and_merges(tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add(article(id, "Un port" * (1 + id % 5)) for id in range(1, 301))
    archive = open_archive(tmp_path)
    whole = {sort: archive.search(parse_query("port~"), sort=sort, limit=0).hits for sort in SORTS}
    process = multiprocessing.get_context("spawn").Process(
        target=_arrive, args=(tmp_path, 301, 150)
    )
    process.start()
    sizes = set()
    rounds = 0
    first = DocumentFilter(max_id=300)
    while process.is_alive() or not rounds:
        for sort in SORTS:
            found = pages(
                archive, "port~", sort, 40, lambda: sizes.add(archive.article_count), first
            )
            ids = [hit.id for hit in hits(found)]
            assert len(ids) == len(set(ids)) == 300
            if sort == "date":
                assert ids == [hit.id for hit in whole[sort]]
        rounds += 1
    process.join()
    assert process.exitcode == 0
    assert archive.article_count == 450
    assert len(sizes) > 5  # it did look while it was written
