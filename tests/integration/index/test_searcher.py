"""Searching the archive of a folder while another process writes it."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from index.archive import open_archive, open_archive_writer
from index.query.parser import parse_query
from index.search import DocumentFilter
from monitor.base.article import Article

SORTS = ("date", "score")


def article(id: int, title: str = "Un port", **changes: object) -> Article:
    values = {"feeds": (1,), "url": "", "summary": "", "seen": 1e9 + id, "title": title, **changes}
    return Article(id=id, **values)  # type: ignore[arg-type]


def _arrive(folder: Path, first: int, rounds: int) -> None:
    writer = open_archive_writer(folder)
    for id in range(first, first + rounds):
        writer.add([article(id, f"Le port numéro {id}", published=1e9 + id % 97)])


@pytest.mark.costly
def test_pages_while_another_process_commits_and_merges(tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add(article(id, "Un port" * (1 + id % 5)) for id in range(1, 301))
    archive = open_archive(tmp_path)
    hits = {sort: archive.search(parse_query("port~"), sort=sort, limit=0).hits for sort in SORTS}
    process = multiprocessing.get_context("spawn").Process(target=_arrive, args=(tmp_path, 301, 60))
    process.start()
    sizes = set()
    rounds = 0
    first = DocumentFilter(max_id=300)
    while process.is_alive() or not rounds:
        for sort in SORTS:
            ids: list[int] = []
            after, stats = None, None
            while True:
                page = archive.search(
                    parse_query("port~"), first, sort=sort, limit=40, after=after, stats=stats
                )
                if not page.hits:
                    break
                ids += (hit.id for hit in page.hits)
                after, stats = page.hits[-1], page.stats
                sizes.add(archive.article_count)
            assert len(ids) == len(set(ids)) == 300
            if sort == "date":
                assert ids == [hit.id for hit in hits[sort]]
        rounds += 1
    process.join()
    assert process.exitcode == 0
    assert archive.article_count == 360
    assert len(sizes) > 5  # it searched during the writes
