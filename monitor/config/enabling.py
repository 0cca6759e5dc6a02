"""`enabled:` of a feed in the text of a `feeds.yaml`, and nothing else in it."""

from __future__ import annotations

import json

from monitor.config import fields
from monitor.config.cutting import LayoutError, checked, root_of
from monitor.config.marks import Items, Node, Scalar, Table
from monitor.config.written import scalar

KEY = "enabled"


def enabled(text: str, url: str, *, on: bool) -> str:
    """Return the text with a feed polled or not, comments kept; raises LayoutError."""
    root = root_of(text)
    pair = root.get("feeds")
    listed = pair.value if pair else None
    for number, node in enumerate(listed.nodes if isinstance(listed, Items) else ()):
        address = _address(node)
        if not isinstance(address, Scalar) or fields.without_login(address.text) != url:
            continue
        wanted = root.plain()
        if isinstance(node, Table):
            wanted["feeds"][number][KEY] = on
        elif on:
            return text
        else:
            wanted["feeds"][number] = {"url": address.text, KEY: on}
        in_brackets = isinstance(listed, Items) and text.startswith("[", listed.start)
        return checked(_with(text, node, address, on, in_brackets=in_brackets), wanted)
    raise LayoutError(f"no feed of the file has the address {url}; it comes from elsewhere")


def _address(node: Node) -> Node | None:
    if isinstance(node, Table):
        pair = node.get("url")
        return pair.value if pair else None
    return node


def _with(text: str, node: Node, address: Scalar, on: bool, *, in_brackets: bool) -> str:
    said = "true" if on else "false"
    if not isinstance(node, Table):
        return _instead_of_an_address(text, address, said, in_brackets=in_brackets)
    there = node.get(KEY)
    if there is not None:
        return f"{text[: there.value.start]}{said}{text[there.value.end :]}"
    if text.startswith("{", node.start):
        last = node.pairs[-1].value.end
        key = f'"{KEY}"' if text[node.pairs[0].key.start] == '"' else KEY
        return f"{text[:last]}, {key}: {said}{text[last:]}"
    return _below(text, address.end, node.pairs[0].key.start, said)


def _instead_of_an_address(text: str, node: Scalar, said: str, *, in_brackets: bool) -> str:
    """Let a bare address be a mapping: on the same line, and `enabled` on the next."""
    if in_brackets:
        mapping = f'{{"url": {json.dumps(node.text, ensure_ascii=False)}, "{KEY}": {said}}}'
        return text[: node.start] + mapping + text[node.end :]
    written = f"url: {scalar(node.text)}"
    after = text[: node.start] + written + text[node.end :]
    return _below(after, node.start + len(written), node.start, said)


def _below(text: str, place: int, key: int, said: str) -> str:
    """Add the key on a line of its own, as far in as another key is."""
    ending = "\r\n" if "\r\n" in text else "\n"
    margin = " " * (key - text.rfind("\n", 0, key) - 1)
    line_end = text.find("\n", place) + 1
    if not line_end:
        text, line_end = text + ending, len(text + ending)
    return f"{text[:line_end]}{margin}{KEY}: {said}{ending}{text[line_end:]}"
