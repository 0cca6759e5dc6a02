"""How a command writes what it adds to a `feeds.yaml`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.config.marks import WORDS, BrokenError, Items, Scalar, Source, tree

Item = str | Mapping[str, Any]
"""A bare text, or a mapping of texts and lists of texts."""

_LIKE_A_WORD = re.compile(r"[^\W\d_][^\n]*")
_NOT_TEXT = {*WORDS, "yes", "no", "on", "off", "y", "n"}
"""What YAML, in one of its versions, does not read as text."""


def block(items: Sequence[Item], margin: str, ending: str) -> str:
    """Return items as lines, each item behind a dash."""
    return "".join(
        f"{margin}{'- ' if first else '  '}{line}{ending}"
        for item in items
        for first, line in _lines(item)
    )


def flow(items: Sequence[Item], between: str = ", ") -> str:
    """Return items as they stand inside brackets: as JSON."""
    return between.join(json.dumps(item, ensure_ascii=False) for item in items)


def scalar(text: str) -> str:
    """Return a text as YAML, in quotes only where it needs them, also inside brackets."""
    plain = _LIKE_A_WORD.fullmatch(text) and text.lower() not in _NOT_TEXT and _is_read(text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _lines(item: Item) -> list[tuple[bool, str]]:
    if isinstance(item, str):
        return [(True, scalar(item))]
    written = [f"{key}: {_value(value)}" for key, value in item.items()]
    return [(number == 0, line) for number, line in enumerate(written)]


def _value(value: str | Sequence[str]) -> str:
    return scalar(value) if isinstance(value, str) else f"[{', '.join(map(scalar, value))}]"


def _is_read(text: str) -> bool:
    """Tell whether a plain text is read as itself, alone and inside brackets."""
    try:
        root, _ = tree(Source(f"- {text}\n- [{text}]\n"))
    except BrokenError:
        return False
    if not isinstance(root, Items) or len(root.nodes) != 2:
        return False
    alone, inside = root.nodes
    listed = inside.nodes if isinstance(inside, Items) else ()
    return all(isinstance(n, Scalar) and n.text == text for n in (alone, *listed)) and bool(listed)
