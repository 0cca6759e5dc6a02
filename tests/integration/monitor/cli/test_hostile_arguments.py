"""What is typed or pasted is echoed by many messages: no byte of it acts on the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from support.newsroom import Newsroom

from monitor.cli import main_group
from monitor.cli.lazy_group import LazyGroup
from monitor.model.config import StoreAddress
from monitor.storage.store.sql.store import Store

ARGUMENT = "a\x1b[31m\x1b]0;title\x07b\x9b2J\u202ec\u200b\x08\r"
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]")
DRAWN = {"file"}
"""Kinds of option values that take seconds: the file of a picture."""
THAT_RUN = {"dashboard", "serve", "api", "run", "demo"}
"""Commands that do not end; only their errors are tried."""


def commands() -> Iterator[tuple[str, ...]]:
    """Yield each command with the argument, and one option for each kind of value."""
    tried_types: set[str] = set()

    def below(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        context = click.Context(command)
        if isinstance(command, LazyGroup):
            yield (*path, ARGUMENT)
            for name in command.list_commands(context):
                subcommand = command.get_command(context, name)
                assert subcommand is not None
                yield from below(subcommand, (*path, name))
            return
        yield (*path, f"--{ARGUMENT}")
        if path[0] in THAT_RUN:
            yield (*path, ARGUMENT)
            return
        arguments = [p for p in command.params if isinstance(p, click.Argument)]
        filled = (ARGUMENT,) * len(arguments)
        yield (*path, *(filled or (ARGUMENT,)))
        for option in command.params:
            if isinstance(option, click.Option) and option.type.name not in DRAWN | tried_types:
                tried_types.add(option.type.name)
                yield (*path, *filled, option.opts[0], ARGUMENT)

    yield from below(main_group, ())


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    empty = Newsroom(tmp_path_factory.mktemp("hostile"))
    empty.watch([{"url": "http://127.0.0.1:9/", "every": "1h"}], ["Alibaba"])
    Store(StoreAddress(empty.data)).close()
    return empty


def test_no_argument_reaches_the_terminal_as_it_is(room: Newsroom) -> None:
    echoed = {}
    for command in commands():
        done = room.here(*command)
        for output in (done.stdout, done.stderr):
            assert "Traceback" not in output
            if match := ACTS.search(output):
                echoed[command] = (match[0], output)
    assert not echoed


def test_neither_does_the_name_of_a_file(room: Newsroom, tmp_path: Path) -> None:
    for option in ("-c", "--data"):
        done = room.here(option, str(tmp_path / ARGUMENT), "status")
        assert done.returncode and not ACTS.search(done.stderr)


NUMBERS = ("9" * 20, "9" * 400, "9" * 5_000, "-" + "9" * 20, "9" * 400 + "d")
NUMBERED = (
    "alerts --limit", "alerts --since", "show", "alerts ack", "alerts history",
    "deliveries --limit", "deliveries retry", "search port --limit", "search port --since",
    "search port --story", "similar", "trend port --since", "trend port --by", "brief --limit",
    "watch silence Alibaba --for", "verify --from",
    "verify --head", "watch test Alibaba --since", "run --metrics", "serve --port",
)  # fmt: skip
IN_QUERIES = ("since:{}", "until:{}", "story:{}", "a^{}", "a NEAR/{} b", '"a b"~{}', "{} OF (a, b)")


def test_no_number_is_too_long_for_a_message(room: Newsroom) -> None:
    failures = {}
    for number in NUMBERS:
        commands = [(*command.split(), number) for command in NUMBERED]
        commands += [("search", query.format(number)) for query in IN_QUERIES]
        for command in commands:
            done = room.here(*command)
            if "Traceback" in done.stderr or done.returncode not in (0, 1, 2):
                failures[" ".join(command)[:40]] = done.stderr[-200:]
    assert not failures
