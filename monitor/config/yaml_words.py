"""What a YAML parser complains of, in the words of somebody who edits a file."""

from __future__ import annotations

import re
from typing import Any

WORDS = (
    # (part of the parser's problem, what is wrong and what to write)
    ("character '\\t'", "a tab; YAML is indented with spaces"),
    ("that cannot start any token", "a value that starts with `{char}` must be in quotes"),
    ("mapping values are not allowed", "a value that holds `: ` must be in quotes"),
    ("could not find expected ':'", "this line is neither `key: value` nor `- item`"),
    ("sequence entries are not allowed", "a list (`- `) starts on a line of its own"),
    ("mapping keys are not allowed", "a value that starts with `? ` must be in quotes"),
    ("unexpected end of stream", "this quote is never closed"),
    ("unexpected document separator", "this quote is never closed"),
    ("unknown escape character", "unknown `\\` in double quotes; use single quotes"),
    ("escape sequence", "unknown `\\` in double quotes; use single quotes"),
    ("a comment or a line break", "text after `|` or `>` starts on the next line"),
    ("chomping or indentation", "text after `|` or `>` starts on the next line"),
    ("found '<scalar>'", "text after a closing quote; put the whole value in single quotes"),
    ("but found ']'", "a `]` that no `[` opened; put the value in quotes if it is text"),
    ("but found '}'", "a `}` that no `{` opened; put the value in quotes if it is text"),
    ("found '<block sequence start>'", "this `-` does not line up with the ones above"),
    ("but found '-'", "this `-` does not line up with the ones above"),
    ("but found '?'", "this key does not line up with the lines above"),
    ("but found '<block mapping start>'", "this key does not line up with the lines above"),
    ("but found ','", "a value that starts with `,` must be in quotes"),
    ("expected <block end>", "a value goes on after its end; put the whole of it in single quotes"),
    ("expected '<document start>'", "this does not line up with what is above it"),
    ("the node content", "a value is missing here"),
    ("but found '<document end>'", "a value that starts with `...` must be in quotes"),
)  # fmt: skip

OPENED = (
    "unexpected end of stream",
    "unexpected document separator",
    "could not find expected ':'",
)
"""Problems that are where something began."""

KEY = re.compile(r"\s*(?:- )?([\w-]+)")

QUOTED_STARTS = {
    "while scanning an alias": "*",
    "while scanning an anchor": "&",
    "while parsing an tag": "!",
    "while scanning an tag": "!",
    "while parsing a node": "!",
    "while scanning a directive": "%",
}


def in_words(text: str, error: Any) -> tuple[int, str]:
    """Return where a marked YAML error is, as an index into the text, and what it is.

    A bracket or quote that is never closed is told where it was opened.
    """
    problem = getattr(error, "problem", "") or str(error)
    context = getattr(error, "context", "") or ""
    index = error.problem_mark.index if getattr(error, "problem_mark", None) else 0
    opened = error.context_mark.index if getattr(error, "context_mark", None) else index
    if "mapping values" in problem and (
        key := KEY.fullmatch(text, text.rfind("\n", 0, index) + 1, index)
    ):
        return key.start(1), "this key does not line up, or the line above it is not finished"
    if context in QUOTED_STARTS:
        return opened, f"a value that starts with `{QUOTED_STARTS[context]}` must be in quotes"
    if "parsing a flow" in context and "expected ','" in problem:
        return _unclosed(text, opened, index, problem)
    for part, words in WORDS:
        if part in problem:
            return _place(text, part, opened, index), words.replace(
                "{char}", text[index : index + 1]
            )
    return index, f"this is not YAML: {problem}"


def _place(text: str, part: str, opened: int, index: int) -> int:
    """Return where to point: what was opened and not closed, or where the parser stopped."""
    if part in OPENED:
        return opened
    return text.rfind("\\", opened, index + 1) if "escape" in part else index


def _unclosed(text: str, opened: int, index: int, problem: str) -> tuple[int, str]:
    """Tell a bracket left open from text behind a closing quote inside brackets."""
    bracket = text[opened]
    closing = {"[": "]", "{": "}"}[bracket]
    after_quote = text[:index].rstrip().endswith(("'", '"')) and "\n" not in text[opened:index]
    if "<scalar>" in problem and after_quote:
        return index, "text after a closing quote; put the whole value in single quotes"
    return (
        opened,
        f"this `{bracket}` is not closed; a `{closing}` is missing, or quotes around a value",
    )
