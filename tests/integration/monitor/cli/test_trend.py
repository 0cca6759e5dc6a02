"""`tocsin trend` and `tocsin facets`, as people and programs see them."""

from __future__ import annotations

import csv
import io
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from rich.cells import cell_len
from support.article_archive import article, blind, fill
from support.newsroom import Newsroom

from index.query.parser import parse_query
from monitor.base import signs
from monitor.cli import main
from monitor.model.watchlist import Watchlist

pytestmark = pytest.mark.costly

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = 3_600.0, 86_400.0
START = datetime(2026, 3, 2, tzinfo=PARIS).timestamp()


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """Return ten days of an article an hour, around the night in which summer time begins."""
    folder = tmp_path_factory.mktemp("newsroom")
    start = datetime(2026, 3, 25, tzinfo=PARIS).timestamp()
    texts = ("Grève au port, dit la CGT", "Liège : un port sans grève, dit la CGT", "Marché calme")
    fill(
        folder / "var",
        [
            article(n + 1, texts[n % 3], date=start + n * HOUR, lang="fr" if n % 2 else "en")
            for n in range(240)
        ],
        [Watchlist(name="Grève", query=parse_query("grève"))],
    )
    blind(folder / "var", 1, start + 2 * DAY, start + 2 * DAY + 8 * HOUR)
    return Newsroom(folder, {"TZ": "Europe/Paris", "COLUMNS": "80"})


def test_rows_for_programs(newsroom: Newsroom) -> None:
    until = ("--until", "2026-03-31", "--format", "json")
    rows = newsroom.json("trend", "grève", "--by", "day", *until)
    answer = newsroom.json("search", "grève", "--limit", "1", *until)
    assert sum(row["count"] for row in rows) == answer["total"]
    by_day = {row["bucket"]: row for row in rows}
    assert by_day["2026-03-28"]["start"] == "2026-03-27T23:00:00Z"
    assert by_day["2026-03-29"]["end"] == "2026-03-29T22:00:00Z"
    assert by_day["2026-03-29"]["count"] in (15, 16)  # of 23 hours
    assert by_day["2026-03-27"]["covered"] == pytest.approx(2 / 3, abs=0.001)
    assert by_day["2026-03-27"]["corrected"] == pytest.approx(16, abs=1.5)
    assert by_day["2026-03-26"]["corrected"] is None
    assert all(row["whole"] for row in rows)


def test_bars_for_people(newsroom: Newsroom) -> None:
    done = newsroom.tocsin("trend", "grève", "port", "--until", "2026-04-02", "--by", "day")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0] == "grève: 144"
    assert any(signs.UNSURE in line for line in lines)
    assert any(line.startswith("port: ") for line in lines)
    assert max(map(cell_len, lines)) <= 80


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run the command line in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["tocsin", *arguments])
    with pytest.raises(SystemExit) as error:
        main()
    return int(error.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["trend", "zythum"], 1, "nothing found"),
        (["trend", "(grève"], 2, "never closed"),
        (["trend", "grève", "port", "--split", "lang"], 2, "needs exactly one query"),
        (["trend", "grève", "--by", "hour", "--since", "1970"], 1, "count by longer stretches"),
        (["trend", "--nonsense"], 2, "--nonsense"),
        (["facets", "zythum"], 1, "nothing found"),
        (["facets", "(grève"], 2, "never closed"),
        (["facets", "--nonsense"], 2, "--nonsense"),
    ],
)
def test_what_goes_wrong_is_said(
    newsroom: Newsroom,
    arguments: list[str],
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run("--data", str(newsroom.data), *arguments, monkeypatch=monkeypatch) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err


def test_tables_and_csv_hold_the_same(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--data", str(newsroom.data), "trend", "grève", "--split", "lang", "--by", "week")
    assert run(*arguments, "--format", "csv", monkeypatch=monkeypatch) == 0
    rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out)))
    assert run(*arguments, "--format", "table", monkeypatch=monkeypatch) == 0
    head, *lines = capfd.readouterr().out.splitlines()
    assert head.split() == ["week", "en", "fr"]
    assert {row["series"] for row in rows} == {"en", "fr"}
    assert sum(int(row["count"]) for row in rows) == 160
    assert lines[0].split()[0] == rows[0]["bucket"] == "2026-W13"
    assert lines[0].split()[1] == rows[0]["count"]
    assert "┄" in lines[0]


def test_a_folder_without_articles_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for command in ("trend", "facets"):
        assert run("--data", str(tmp_path), command, "grève", monkeypatch=monkeypatch) == 1
        assert "no archive here yet" in capfd.readouterr().err
    fill(tmp_path, [])
    for command in ("trend", "facets"):
        assert run("--data", str(tmp_path), command, "grève", monkeypatch=monkeypatch) == 1
        assert capfd.readouterr() == ("", "nothing found\n")


def test_watch_list_has_today_beside_what_is_usual(newsroom: Newsroom) -> None:
    (row,) = newsroom.json("watch", "list", "--format", "json")
    assert {"today": 0, "surprise": False}.items() <= row.items()
    assert "today" in newsroom.tocsin("watch", "list").stdout.splitlines()[0]
