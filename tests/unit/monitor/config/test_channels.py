"""Tests of the channels in feeds.yaml; messages about mistakes name no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.base.errors import ConfigError
from monitor.cli.check import describe_problems
from monitor.config.description import as_text, changes
from monitor.config.loading import understand
from monitor.model.config import ChannelKind, Config

HEAD = "feeds: [https://a.example/rss]\nwatchlists: [{terms: x1}]\nchannels:\n"
PATH = Path("/newsroom/feeds.yaml")


def config_of(channels: str, path: Path = PATH) -> Config:
    return understand((HEAD + channels).encode(), path)


def test_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK", "ntfy://ntfy.example.org/canary")
    monkeypatch.setenv("KEY", "canary key")
    (tmp_path / "token").write_text("canary token\n")
    config = config_of(
        "  - {name: desk, url: 'env:DESK'}\n"
        "  - name: soc\n    webhook: https://me:canary@soc.example.org/canary\n"
        "    secret: env:KEY\n    headers: {X-Token: file:token}\n"
        "  - {name: script, command: [/bin/on-alert, --key=canary]}\n"
        "  - {name: log, file: out/alerts.jsonl}\n"
        "  - {name: readers, atom: /srv/feeds}\n",
        tmp_path / "feeds.yaml",
    )
    desk, webhook, script, log, readers = config.channels
    assert (desk.kind, desk.target) == (ChannelKind.APPRISE, ("ntfy://ntfy.example.org/canary",))
    assert desk.words == "ntfy, from env:DESK"
    assert (webhook.secret, webhook.words) == ("canary key", "https://soc.example.org")
    assert [(name, value.text) for name, value in webhook.headers] == [("X-Token", "canary token")]
    assert script.target == ("/bin/on-alert", "--key=canary")
    assert log.target == (str(tmp_path / "out/alerts.jsonl"),)
    assert readers.target == ("/srv/feeds",)
    for shown in (repr(config), "\n".join(as_text(config))):
        assert "canary" not in shown


@pytest.mark.parametrize(
    ("channels", "problem"),
    [
        ("  - {name: a}", "4:5: a channel needs one of url, webhook, command, desktop, file, atom"),
        ("  - {file: a.jsonl}", "4:5: this channel has no `name`"),
        ("  - {name: a, fiel: b}", "4:15: unknown key `fiel`; did you mean `file`?"),
        (
            "  - {name: a, file: b, atom: c}",
            "4:24: `atom` beside `file`; one is enough",
        ),
        ("  - {name: a, file: b, secret: canary}", "4:24: `secret` is for a `webhook`"),
        ("  - {name: a, file: b}\n  - {name: A, file: c}", "5:12: a channel is called `A` already"),
        ("  - {name: a, webhook: ftp://canary}", "4:24: a: this webhook is not an address"),
        (
            "  - {name: a, url: slack://canary}",
            "4:20: a: Apprise knows no such address",
        ),
        ("  - {name: a, url: zzz://canary}", "4:20: a: Apprise knows no such address"),
        ("  - {name: a, url: canary}", "4:20: a: Apprise knows no such address"),
        ("  - {name: a, url: [canary]}", "4:20: `url` must be text"),
        (
            "  - {name: a, secret: {k: canary}, webhook: https://x.org}",
            "4:23: `secret` must be text",
        ),
        (
            "  - {name: a, webhook: https://x.org, secret: env:NOT_THERE}",
            "4:47: a: there is no environment variable NOT_THERE",
        ),
        ("  - {name: a, url: 'file:nowhere'}", "4:20: a: nowhere cannot be read"),
        ("  - canary", "must be a mapping"),
    ],
)
def test_mistakes_are_told_where_they_are_and_no_secret_is(channels: str, problem: str) -> None:
    with pytest.raises(ConfigError) as error:
        config_of(channels)
    (found_problem,) = error.value.problems
    assert problem in f"{found_problem.line}:{found_problem.column}: {found_problem.message}"
    assert "canary" not in found_problem.message


@pytest.mark.parametrize(
    "channels",
    [
        "  - {name: a, url: 'slack://canary', bad: 1}",
        "  - {name: a, bad: 1, command: [canary, --canary]}",
        "  - name: a\n    url: slack://canary/canary",
        "  - name: a\n    bad: 1\n    webhook: ftp://canary",
        "  - name: a\n    command:\n      - [canary]\n",
        "  - name: a\n    command:\n      -\n        k: canary\n",
        "  - name: a\n    headers: {X: canary, Y: [canary]}\n    webhook: https://x.org\n",
        "  - name: a\n    webhook: https://x.org\n    secret: [canary]\n",
        '  - {"name": "a", "url": "slack://canary"}',
        "  - canary",
    ],
)
def test_a_line_with_a_mistake_is_shown_without_its_secrets(channels: str, tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    for content in (HEAD + channels, HEAD.rstrip("\n") + " [{name: b, bad: 1, url: canary}]\n"):
        path.write_text(content)
        with pytest.raises(ConfigError) as error:
            understand(content.encode(), path)
        message = "\n".join(describe_problems(path, error.value.problems))
        assert "feeds.yaml" in message
        assert "canary" not in message


def test_what_names_no_channel_is_told_with_the_nearest_one() -> None:
    head = HEAD.replace("{terms: x1}", "{terms: x1, notify: [dsk, log]}")
    with pytest.raises(ConfigError) as error:
        understand((head + "  - {name: desk, file: a}\n  - {name: log, file: b}\n").encode(), PATH)
    (problem,) = error.value.problems
    assert "`dsk`; did you mean `desk`?" in problem.message


@pytest.mark.parametrize(
    ("notify_key", "expected"), [("", None), (", notify: []", ()), (", notify: a", ("a",))]
)
def test_nobody_named_is_not_the_same_as_nothing_said(
    notify_key: str, expected: tuple[str, ...] | None
) -> None:
    content = HEAD.replace("{terms: x1}", f"{{terms: x1{notify_key}}}") + "  - {name: a, file: b}\n"
    (watchlist,) = understand(content.encode(), PATH).watchlists
    assert watchlist.notify == expected


DESK = "  - {name: desk, file: out.jsonl}\n"


@pytest.mark.parametrize(
    ("url", "pages"),
    [
        ("https://news.example.org", "https://news.example.org"),
        ("https://News.example.org:8443/", "https://news.example.org:8443"),
        ("http://127.0.0.1:8735", "http://127.0.0.1:8735"),
        ("http://localhost:8735/", "http://localhost:8735"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]"),
    ],
)
def test_messages_link_to_the_address_of_the_pages(url: str, pages: str) -> None:
    config = config_of(DESK + f"api: {{url: '{url}'}}\n")
    assert (config.pages, config.channels[0].pages) == (pages, pages)


@pytest.mark.parametrize(
    "url",
    [
        "news.example.org", "https://", "https://news.example.org/tocsin", "ftp://news.example.org",
        "https://me:secret@news.example.org", "https://news.example.org?x", "javascript:alert(1)",
        "http://news.example.org", "https://news.example.org:99999", "https://a b.example",
        "https://é.example",
    ],
)  # fmt: skip
def test_what_is_no_address_of_pages_is_told(url: str) -> None:
    with pytest.raises(ConfigError) as error:
        config_of(DESK + f"api: {{url: '{url}'}}\n")
    (problem,) = error.value.problems
    assert "https://" in problem.message


def test_an_edit_of_the_address_is_told_once() -> None:
    before, after = config_of(DESK), config_of(DESK + "api: {url: 'https://n.example'}\n")
    assert changes(before, after) == ["api.url: – → https://n.example"]
