"""The newsroom of the tests of commands: four articles, two watchlists, four alerts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import article_archive
from support.archive_with_alerts import NOW, ring

from monitor.config.loading import load

TITLES = ["Alibaba à Liège", "Grève au port", "Alibaba et la grève", "Il pleut"]


@pytest.fixture
def newsroom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings = {
        "feeds": [{"url": f.url, "name": f.name} for f in article_archive.FEEDS],
        "watchlists": ["Alibaba", {"name": "Grève", "terms": ["grève"], "severity": "high"}],
    }
    (tmp_path / "feeds.yaml").write_text(json.dumps(settings), encoding="utf-8")
    articles = [
        article_archive.article(n, title, date=NOW - n) for n, title in enumerate(TITLES, 1)
    ]
    ring(tmp_path / "var", articles, load(tmp_path / "feeds.yaml").watchlists)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path
