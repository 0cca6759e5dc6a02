"""A slice of `make fuzz`, the same documents every time; and the fuzzer itself."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from support import fuzz
from support.feed_mutations import mutated, originals
from support.scripted_server import Fault, Reply

SLICE = 60


def test_broken_feeds_break_no_promise(tmp_path: Path) -> None:
    replies = [mutated(originals(), 1, number) for number in range(SLICE)]
    verdict = fuzz.judge(replies)
    assert verdict.broken == ()
    assert verdict.outcomes.total() == SLICE + len(fuzz.WELL)
    assert verdict.outcomes["read"] > SLICE / 3
    assert verdict.articles > SLICE


def test_what_costs_more_than_its_budget_is_named() -> None:
    cost = fuzz.Cost(seconds=30.0, growth=80 << 20, largest=1 << 20)
    assert list(cost.above(fuzz.budget(10))) == [
        "30.0 s of the processor, of 8.5",
        "grown by 80 MB, of 65",
    ]
    assert list(cost.above(fuzz.budget(500))) == []


def test_the_cost_of_a_run_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "START", fuzz.Cost(seconds=0.0, growth=1 << 40, largest=0))
    first, last = fuzz.judge([]).costly
    assert "of the processor" in first
    assert last.startswith("a process of")


def test_a_document_is_the_same_by_seed_and_number() -> None:
    bodies = originals()
    replies = [mutated(bodies, 5, number) for number in range(40)]
    assert replies[::-1] == [mutated(bodies, 5, number) for number in reversed(range(40))]
    assert len({reply.body for reply in replies}) > 35
    assert replies != [mutated(bodies, 6, number) for number in range(40)]


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"\n\0\xff{}\n"),
        Reply(200, (("ETag", b'"\xe9"'), ("X", "\xff")), gzip.compress(b"a"), fault=Fault.SHORT),
    ],
)
def test_an_answer_is_read_as_it_was_kept(tmp_path: Path, reply: Reply) -> None:
    fuzz.kept(reply, tmp_path / "folder" / "file")
    read = fuzz.read(tmp_path / "folder" / "file")
    assert (read.status, read.body, read.fault) == (reply.status, reply.body, reply.fault)
    assert [value for _, value in read.headers] == [fuzz._text(value) for _, value in reply.headers]


def test_the_guilty_one_is_found_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = Reply(body=b"bad")

    def judge(replies: list[Reply]) -> fuzz.Verdict:
        return fuzz.Verdict(broken=("it",) if bad in replies else ())

    monkeypatch.setattr(fuzz, "judge", judge)
    replies = [Reply(body=str(number).encode()) for number in range(37)]
    assert fuzz.find_guilty([*replies[:20], bad, *replies[20:]]) == [20]
    assert fuzz.find_guilty(replies) == list(range(37))
