"""Tests that tables, sentences and help of the commands are entirely in French."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from rich.cells import cell_len
from support import article_archive
from support.message_sources import as_shown, commands
from support.pseudo_language import plain_words, pseudo_language

from monitor.base import translation
from monitor.base.language import FOLDER
from monitor.cli import main_group
from monitor.cli.translated_command import translated, use_language_of_click

SPACE = "\N{NO-BREAK SPACE}"


@pytest.fixture
def french() -> Iterator[None]:
    before = translation.choice()
    translation.use("fr", FOLDER)
    use_language_of_click()
    yield
    translation.use(*before)
    use_language_of_click()


def run(*words: str, code: int = 0, typed: str = "") -> str:
    result = CliRunner().invoke(main_group, words, input=typed)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output.replace(SPACE, " ")


@pytest.mark.usefixtures("newsroom", "french")
def test_the_state_of_the_newsroom() -> None:
    lines = run("status").splitlines()
    assert lines[0] == "veilleur    arrêté ; lancez-le avec `tocsin` ou `tocsin run`"
    assert "articles    4, dont 4 consultables" in lines
    assert "alertes     4 ; 3 nouveaux sujets" in lines
    assert len({line.index(line.split("  ")[-1].strip()) for line in lines[:3]}) == 1


@pytest.mark.usefixtures("newsroom", "french")
def test_alerts_and_what_is_done_to_them() -> None:
    output = run("alerts", "--watch", "Grève")
    assert "Grève" in output
    assert "« grève »" in output
    rows = json.loads(run("alerts", "list", "--watch", "Grève", "--json"))["alerts"]
    first_id, second_id = (row["alert_id"] for row in rows)
    assert run("alerts", "noise", first_id, second_id) == (
        "2 alertes modifiées : classer comme bruit ; 1 autre du même sujet : ajoutez --story ;"
        " `tocsin alerts undo` annule\n"
    )
    assert "1 alerte modifiée : clore ;" in run("alerts", "close", first_id)
    assert run("alerts", "close", first_id).startswith("rien à changer")
    assert "vue → close" in run("alerts", "history", first_id)
    assert run("alerts", "untag", "x", first_id).startswith("rien à changer")
    refusal = run("alerts", "star", "--watch", "Alibaba", code=2)
    assert "ajoutez --yes pour « marquer d’une étoile »" in refusal


@pytest.mark.usefixtures("newsroom", "french")
def test_json_stays_as_it_is() -> None:
    (row, *_rest) = json.loads(run("alerts", "--json"))["alerts"]
    assert (row["state"], row["severity"]) == ("new", "medium")
    assert "watchlist" in row
    assert run("alerts", "list", "--format", "csv").startswith("alert_id,article_id,kind,")


@pytest.mark.usefixtures("newsroom", "french")
def test_the_table_of_watchlists_has_its_heads_over_its_columns() -> None:
    head, first, second = run("watch").splitlines()[:3]
    assert head.split() == ["veille", "gravité", "alertes", "nouveaux", "aujourd’hui", "dernière"]
    assert first.startswith("Alibaba  moyenne")
    assert second.index("élevée") == head.index("gravité")
    assert "Alibaba" in run("watch", "list", "--terms")


@pytest.mark.usefixtures("newsroom", "french")
def test_mistakes_of_the_command_line() -> None:
    assert "--since demande --blind" in run("feeds", "--since", "hier", code=2)
    assert "il n’y a pas d’alerte a99 ; `tocsin alerts` les liste" in run("show", "a99", code=2)
    assert "1 est le numéro d’un article ; `tocsin show 1` nomme ses alertes" in run(
        "alerts", "ack", "1", code=2
    )
    assert "Il manque l’argument 'REQUÊTE...'." in run("search", code=2)
    assert "+1 sans --since" in run("search", "pleut", "--since", "2sem", code=1)


COMMANDS = [
    ["status"], ["alerts"], ["watch"], ["watch", "list", "--terms"], ["facets", "grève"],
    ["search", "grève"], ["deliveries"], ["notify"], ["search", "--saved"],
    ["trend", "grève", "--format", "table"], ["watch", "forms", "grève"], ["watch", "silence"],
    ["show", "a1"], ["show", "2"], ["show", "99"], ["alerts", "history", "a1"],
    ["alerts", "--state", "closed"],
    ["reindex"], ["watch", "test"],
    ["watch", "suggest", "Alibaba"], ["feeds", "--since", "7d"], ["stop"],
]  # fmt: skip


def test_no_english_is_left_in_what_commands_print(newsroom: Path) -> None:
    english_by_command: dict[str, Any] = {}
    allowed_words = [
        "Alibaba à Liège", "Grève au port", "Alibaba et la grève", "Il pleut", str(newsroom),
        *(feed.name for feed in article_archive.FEEDS), "Alibaba Grève",
        "https example org tocsin yaml feeds p50 p95 und fr en pid ID greve list var UTC",
    ]  # fmt: skip
    with pseudo_language():
        for words in COMMANDS:
            result = CliRunner().invoke(main_group, words)
            assert result.exit_code in (0, 1, 2), (words, result.output, result.exception)
            if english_words := plain_words(result.output, [*allowed_words, *words]):
                english_by_command[" ".join(words)] = english_words
    assert not english_by_command


@pytest.mark.usefixtures("french")
def test_help_fits_a_terminal_of_80_columns() -> None:
    overlong = []
    for path, command in commands():
        printed = translated(as_shown(command))
        context = click.Context(printed, info_name=path, terminal_width=80)
        overlong += [line for line in printed.get_help(context).splitlines() if cell_len(line) > 80]
    assert not overlong


@pytest.mark.usefixtures("french")
def test_no_help_has_two_spaces_before_a_semicolon() -> None:
    for path, command in commands():
        printed = translated(as_shown(command))
        text = printed.get_help(click.Context(printed, info_name=path))
        assert "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}" not in text, path


@pytest.mark.usefixtures("newsroom", "french")
def test_feeds_are_examined_in_french() -> None:
    (Path("feeds.yaml")).write_text(
        'feeds: [{"url": "http://127.0.0.1:9/rss", "name": "Port", "every": "10m"}]\n'
        "network: {allow: [127.0.0.1]}\nwatchlists: [grève]\n",
        encoding="utf-8",
    )
    output = run("feeds", "check", "Port", code=1)
    assert "  motif    " in output
    assert "  ensuite  relèverait de nouveau dans " in output
    assert "  réglage  every: 10 min (le flux)\n" in output
