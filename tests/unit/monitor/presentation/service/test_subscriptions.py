"""Tests that only `enabled:` changes in the text of a feeds.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.base.errors import ConfigError
from monitor.config.loading import load
from monitor.config.yaml_edit import LayoutError, set_enabled
from monitor.presentation.service.subscriptions import pause_or_resume

URL = "https://one.test/rss"
OTHER = "- https://two.test/rss   # the other\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"- {URL}   # mine\n",
            f"- url: {URL}   # mine\n  enabled: false\n",
        ),
        (
            f"- url: {URL}   # mine\n  # below\n  tags: [a]\n",
            f"- url: {URL}   # mine\n  # below\n  tags: [a]\n  enabled: false\n",
        ),
        (
            f"- name: One\n  url: {URL}\n  enabled: true   # for now\n",
            f"- name: One\n  url: {URL}\n  enabled: false   # for now\n",
        ),
        (
            f'- {{url: "{URL}", name: One}}  # short\n',
            f'- {{url: "{URL}", name: One, enabled: false}}  # short\n',
        ),
        (
            f'- {{"url": "{URL}"}}\n',
            f'- {{"url": "{URL}", "enabled": false}}\n',
        ),
        (
            "- url: https://me:secret@one.test/rss\n",
            "- url: https://me:secret@one.test/rss\n  enabled: false\n",
        ),
    ],
)
def test_a_feed_is_let_rest_in_the_words_it_is_written_in(before: str, after: str) -> None:
    text = f"# ours\nfeeds:\n{before}{OTHER}watchlists: [a]\n"
    assert set_enabled(text, URL, on=False) == f"# ours\nfeeds:\n{after}{OTHER}watchlists: [a]\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_end_as_the_others_do(line_end: str) -> None:
    text = f"feeds:\n  - {URL}\nwatchlists: []\n".replace("\n", line_end)
    edited = set_enabled(text, URL, on=False)
    assert edited.count("\n") == 4
    assert edited.count(line_end) == 4


def test_a_list_in_brackets_and_a_last_line_without_end() -> None:
    edited = set_enabled(f"feeds: [https://two.test/rss, {URL}]\nwatchlists: []\n", URL, on=False)
    assert f"https://two.test/rss, {{url: {URL}, enabled: false}}]" in edited
    assert (
        set_enabled(f"feeds:\n- {URL}", URL, on=False)
        == f"feeds:\n- url: {URL}\n  enabled: false\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"- url: {URL}\n  enabled: false\n  tags: [a]\n", f"- url: {URL}\n  tags: [a]\n"),
        (f"- url: {URL}\n  enabled: false", f"- url: {URL}\n"),
        (f'- {{url: "{URL}", enabled: false, name: A}}\n', f'- {{url: "{URL}", name: A}}\n'),
        (f'- {{"url": "{URL}", "enabled": false}}\n', f'- {{"url": "{URL}"}}\n'),
        (
            f"- enabled: false\n  url: {URL}\n",
            f"- enabled: true\n  url: {URL}\n",
        ),
        (
            f"- url: {URL}\n  enabled: false # tired\n",
            f"- url: {URL}\n  enabled: true # tired\n",
        ),
    ],
)
def test_a_feed_that_is_polled_again_needs_no_key(before: str, after: str) -> None:
    assert set_enabled(f"feeds:\n{before}", URL, on=True) == f"feeds:\n{after}"


def test_each_press_pauses_or_resumes_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    text = f"feeds:\n- url: {URL}\n{OTHER}watchlists: []\n"
    path.write_text(text, encoding="utf-8")
    assert pause_or_resume(path, None, URL)
    assert "enabled: false" in path.read_text(encoding="utf-8")
    assert not pause_or_resume(path, None, URL)
    assert path.read_text(encoding="utf-8") == text


def test_a_feed_that_is_polled_is_left_as_it_is() -> None:
    assert (
        set_enabled(OTHER.join(["feeds:\n", ""]), "https://two.test/rss", on=True).count("url") == 0
    )


def test_what_is_not_there_or_not_well_is_said_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(f"feeds:\n- {URL}\nwatchlists: []\n")
    with pytest.raises(LayoutError, match=r"none\.test"):
        pause_or_resume(path, None, "https://none.test/rss")
    pause_or_resume(path, None, URL)
    assert [feed.enabled for feed in load(path).feeds] == [False]
    broken = path.read_text() + "watchlist: []\n"
    path.write_text(broken)
    with pytest.raises(ConfigError):
        pause_or_resume(path, None, URL)
    assert path.read_text() == broken
