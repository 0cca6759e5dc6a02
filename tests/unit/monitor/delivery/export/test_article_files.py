"""Tests of articles as files: names are safe, and only changed files are written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from ruamel.yaml import YAML

from monitor.base.article import Article
from monitor.base.text_cleaning import clean, line
from monitor.delivery.export.article_files import (
    ExportCount,
    as_json,
    escaped,
    export,
    file_name,
    markdown,
    slug,
)
from monitor.intake.article_import import parse_article
from monitor.model.alert import Alert, AlertState, Verdict
from monitor.model.article import ArticleDetails
from monitor.model.watchlist import Match, Severity

NOW = 1_696_835_340.0  # 2023-10-09T07:09:00Z


def reading(
    id: int = 12, title: str = "Grève au port", feed: str = "Les Échos", **fields: object
) -> ArticleDetails:
    values = {"url": f"https://ex.org/{id}", "summary": "Les dockers", "lang": "fr"} | fields
    article = Article(id=id, feeds=(1,), title=title, seen=NOW, published=NOW - 60, **values)  # type: ignore[arg-type]
    alert = Alert(
        id=1, watchlist="Port: d’Anvers", article=id, severity=Severity.HIGH, state=AlertState.NEW,
        verdict=Verdict.NONE, starred=False, backfill=False, raised_at=NOW, title=title, url="",
        feed=feed, lang="fr", published=None,
        matches=(Match(field="title", start=9, end=13, text="port", term="port"),),
    )  # fmt: skip
    return ArticleDetails(article=article, feed=feed, alerts=(alert,), versions=2)


def export_counts(folder: Path, *readings: ArticleDetails, style: str = "md") -> tuple[int, int]:
    count = export(readings, folder, style, lambda _: None)
    return count.written, count.unchanged


def test_a_file_each_and_only_what_changed(tmp_path: Path) -> None:
    folder = tmp_path / "out" / "md"
    assert export_counts(folder, reading(1), reading(2)) == (2, 0)
    assert export_counts(folder, reading(1), reading(2), reading(3)) == (1, 2)
    changed_reading = reading(2, summary="Les dockers reprennent le travail")
    assert export_counts(folder, reading(1), changed_reading) == (1, 1)
    assert {path.name for path in folder.iterdir()} == {
        f"2023-10-09_les-échos_grève-au-port_{id}.md" for id in (1, 2, 3)
    }


def test_a_new_title_takes_the_place_of_the_old_file(tmp_path: Path) -> None:
    export_counts(tmp_path, reading(1), reading(11))
    export_counts(tmp_path, reading(1), style="json")
    assert export_counts(tmp_path, reading(1, "Fin de la grève")) == (1, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "2023-10-09_les-échos_fin-de-la-grève_1.md",
        "2023-10-09_les-échos_grève-au-port_1.json",
        "2023-10-09_les-échos_grève-au-port_11.md",
    ]


def test_what_is_interrupted_leaves_no_half_file_and_goes_on(tmp_path: Path) -> None:
    def interrupt(count: ExportCount) -> None:
        if count.written == 2:
            raise KeyboardInterrupt

    readings = [reading(id) for id in range(1, 6)]
    with pytest.raises(KeyboardInterrupt):
        export(readings, tmp_path, "json", interrupt)
    for path in tmp_path.iterdir():
        json.loads(path.read_text(encoding="utf-8"))
    assert export_counts(tmp_path, *readings, style="json") == (3, 2)


def test_a_file_that_was_broken_is_written_again(tmp_path: Path) -> None:
    export_counts(tmp_path, reading(1))
    (path,) = tmp_path.iterdir()
    path.write_text("", encoding="utf-8")
    assert export_counts(tmp_path, reading(1)) == (1, 0)


@given(st.text(), st.text())
def test_names_are_safe_whatever_a_feed_says(title: str, feed: str) -> None:
    name = file_name(reading(title=title, feed=feed), "md")
    assert re.fullmatch(r"2023-10-09(_[^\W_]+(-[^\W_]+)*){0,2}_12\.md", name), name
    assert len(name.encode()) < 200


@pytest.mark.parametrize(
    ("text", "max_bytes", "expected"),
    [
        ("../../etc/passwd", 99, "etc-passwd"),
        ("L’Écho : « la grève »", 99, "l-écho-la-grève"),
        ("阿里巴巴集团", 7, "阿里"),
        ("con.txt\x00\x1b[31m", 99, "con-txt-31m"),
        ("—", 99, ""),
    ],
)
def test_slugs(text: str, max_bytes: int, expected: str) -> None:
    assert slug(text, max_bytes) == expected


def test_markdown_has_everything_in_front() -> None:
    _, front_text, text = markdown(reading(body="Un.\n\n# Deux\n- trois\n4. <b>")).split("---\n", 2)
    front_matter = YAML(typ="safe").load(front_text)
    assert front_matter["title"] == "Grève au port"
    assert front_matter["published"] == "2023-10-09T07:08:00Z"
    assert front_matter["alerts"][0]["watchlist"] == "Port: d’Anvers"
    assert front_matter["alerts"][0]["matches"][0]["text"] == "port"
    assert text.split("\n") == [
        "", "# Grève au port", "", "Les dockers", "", "Un.", "", "\\# Deux", "", "\\- trois", "",
        "4\\. \\<b\\>", "",
    ]  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_markup_survives(text: str) -> None:
    escaped_text = escaped(text)
    assert re.sub(r"\\([^\w\s])", "", escaped_text).strip("\\").count("[") == 0
    assert not re.match(r"(#|>|[-+=*]|\d+[.)])", escaped_text)


@given(st.text(), st.text(), st.text())
def test_json_is_read_again_as_it_was(title: str, summary: str, body: str) -> None:
    details = reading(
        title=line(title)[:900] or "Titre",
        summary=clean(summary, keep_newlines=True),
        body=clean(body, keep_newlines=True),
    )
    parsed = parse_article(json.loads(as_json(details)), NOW + 10)
    article, entry = details.article, parsed.entry
    assert (entry.title, entry.summary, entry.body) == (
        article.title, article.summary, article.body,
    )  # fmt: skip
    assert (entry.published, parsed.seen, parsed.feed, parsed.lang) == (
        NOW - 60,
        NOW,
        "Les Échos",
        "fr",
    )
