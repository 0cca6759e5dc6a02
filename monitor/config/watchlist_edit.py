"""One watchlist of a `feeds.yaml` as a form shows it: its fields, their problems, and the edit.

An edit changes only the keys whose fields differ; comments and all other lines stay.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from monitor.base.errors import ConfigError
from monitor.base.text_cleaning import line as on_one_line
from monitor.base.translation import gettext as _
from monitor.config import yaml_edit
from monitor.config.keys import NOTHING
from monitor.config.loading import understand
from monitor.config.watchlist_tests import understand_and_test
from monitor.config.yaml_edit import EditedFile, Item, LayoutError, parsed_again
from monitor.config.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode
from monitor.model.config import Config, Watchlist
from monitor.model.severity import Severity

Value = str | list[str]

KEYS = {"excluded": "not"}
"""Keys in the file of the fields that are called otherwise."""
_ANY_TERM = "tocsin"
"""Stands for a term while there is none, so that the other fields can be checked."""


class WatchlistFields(Struct, frozen=True, kw_only=True):
    """What a form shows of a watchlist, as it is written."""

    name: str = ""
    """Empty: its only term is its name."""
    terms: tuple[str, ...] = ()
    query: str = ""
    severity: str = str(Severity.MEDIUM)
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    cooldown: str = ""

    @property
    def title(self) -> str:
        """The name, or the only term."""
        return self.name or (on_one_line(self.terms[0]) if len(self.terms) == 1 else "")

    def values(self) -> dict[str, Value]:
        """Return the keys of the file with their values, without those that say nothing."""
        values: dict[str, Value] = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value and not (name == "severity" and value == str(Severity.MEDIUM)):
                values[KEYS.get(name, name)] = value if isinstance(value, str) else list(value)
        if self.terms == (self.name,):
            del values["name"]
        return values


class FieldProblem(Struct, frozen=True):
    """A mistake in a field."""

    field: str
    """Name of the field; empty if the mistake is in none."""
    message: str
    """As `tocsin check` says it; that of an item of a list begins with its line."""


class CheckedFields(Struct, frozen=True):
    """What the file would say with the watchlist of a form."""

    problems: tuple[FieldProblem, ...]
    config: Config | None = None
    watchlist: Watchlist | None = None
    """The watchlist, if neither it nor the rest of the file has a problem."""


# --- reading ------------------------------------------------------------------------


def read_fields(text: str, name: str) -> WatchlistFields:
    """Return the fields of the watchlist of a name.

    Raises:
        LayoutError: The file has no such watchlist, or one that a form cannot show.
    """
    return _fields(EditedFile(text), name)


def _fields(file: EditedFile, name: str) -> WatchlistFields:
    values = _values(_nodes(file)[_number(file, name)])
    if "score" in values:
        raise LayoutError(
            _("{watchlist} has a `score`, which no form shows; edit it in the file", watchlist=name)
        )
    return WatchlistFields(
        name=name,
        terms=tuple(values.get("terms", ())),
        query=" ".join(" ".join(values.get("query", ())).split()),
        severity=" ".join(values.get("severity", ())).lower() or str(Severity.MEDIUM),
        lang=tuple(values.get("lang", ())),
        feeds=tuple(values.get("feeds", ())),
        excluded=tuple(values.get("not", ())),
        cooldown=" ".join(values.get("cooldown", ())),
    )


def _nodes(file: EditedFile) -> list[Node]:
    pair = file.root.get("watchlists")
    return pair.value.nodes if pair and isinstance(pair.value, SequenceNode) else []


def _number(file: EditedFile, name: str) -> int:
    """Return the number of a watchlist in the file; raises LayoutError."""
    for number, node in enumerate(_nodes(file)):
        if _title(_values(node)) == name:
            return number
    raise LayoutError(_("feeds.yaml has no watchlist called {name} any more", name=name))


def _title(values: dict[str, list[str]]) -> str:
    terms = values.get("terms", [])
    names = values.get("name") or (terms if len(terms) == 1 else [])
    return on_one_line(names[0]) if names else ""


def _values(node: Node) -> dict[str, list[str]]:
    """Return the texts of each key of a watchlist; a bare term is its only term."""
    if isinstance(node, ScalarNode):
        return {"terms": [node.text]}
    pairs = node.pairs if isinstance(node, MappingNode) else ()
    return {pair.key.text: _texts(pair.value) for pair in pairs}


def _texts(node: Node) -> list[str]:
    if isinstance(node, ScalarNode):
        return [node.text]
    nodes = node.nodes if isinstance(node, SequenceNode) else ()
    return [item.text for item in nodes if isinstance(item, ScalarNode)]


# --- checking -----------------------------------------------------------------------


def check_fields(
    content: bytes, path: Path, before: WatchlistFields | None, after: WatchlistFields
) -> CheckedFields:
    """Return what is wrong with the watchlist of a form, as `tocsin check` would say it.

    Args:
        content: The file as it is.
        path: Where it is.
        before: The fields when the form was opened; None for a new watchlist.
        after: The fields now.
    """
    if not after.terms and not after.query:
        others = check_fields(content, path, before, replace(after, terms=(_ANY_TERM,)))
        return CheckedFields((FieldProblem("terms", _(NOTHING)), *others.problems))
    file = EditedFile(content.decode("utf-8-sig", "replace"))
    try:
        file = _with_watchlist(file, before, after)
        number = len(_nodes(file)) - 1 if before is None else _number(file, after.title)
    except LayoutError as error:
        return CheckedFields((FieldProblem("", str(error)),))
    try:
        config = understand_and_test(file.text.encode(), path)
    except ConfigError as error:
        try:
            understand(content, path)
        except ConfigError as broken:
            words = _("{file} has a mistake: {problem}", file=path.name, problem=broken.problems[0])
            return CheckedFields((FieldProblem("", words),))
        node = _nodes(file)[number]
        return CheckedFields(
            tuple(
                _field_problem(node, file.index(each.line, each.column), each.message)
                for each in error.problems
            )
        )
    return CheckedFields((), config, config.watchlists[number])


def _field_problem(node: Node, place: int, message: str) -> FieldProblem:
    """Return a problem of the file at the field that is meant.

    What is wrong elsewhere is there because of the name: two watchlists have it, or a route names
    one that is not there any more.
    """
    for pair in node.pairs if isinstance(node, MappingNode) else ():
        key, value = pair
        if key.start < place <= max(key.end, value.end) or value.start == place:
            items = value.nodes if isinstance(value, SequenceNode) else ()
            at = next((n for n, i in enumerate(items, 1) if i.start <= place <= i.end), 0)
            words = message
            if at and len(items) > 1:
                words = _("line {line}: {problem}", line=at, problem=message)
            field = _field(key.text, node)
            is_own = field == key.text or KEYS.get(field) == key.text
            if not is_own:
                words = _("`{key}`: {problem}", key=key.text, problem=words)
            return FieldProblem(field, words)
    inside = node.start <= place <= node.end and isinstance(node, ScalarNode)
    return FieldProblem("terms" if inside else "name", message)


def _field(key: str, node: Node) -> str:
    """Return the field of a key; for a sentence that fails, what says what to look for."""
    field = next((field for field, name in KEYS.items() if name == key), key)
    if field in WatchlistFields.__struct_fields__:
        return field
    return "query" if "query" in _values(node) else "terms"


# --- writing ------------------------------------------------------------------------


def save_watchlist(path: Path, before: WatchlistFields | None, after: WatchlistFields) -> Config:
    """Write the watchlist of a form into a file; raises ConfigError and MonitorError."""
    return yaml_edit.edit(path, lambda text: with_watchlist(text, before, after))


def with_watchlist(text: str, before: WatchlistFields | None, after: WatchlistFields) -> str:
    """Return the text of a file with the watchlist of a form.

    Args:
        text: The file.
        before: The fields when the form was opened; None for a new watchlist.
        after: The fields now.

    Raises:
        LayoutError: The layout of the file cannot be edited, or a field has been changed in the
            file since the form was opened and in the form too.
    """
    return _with_watchlist(EditedFile(text), before, after).text


def _with_watchlist(
    file: EditedFile, before: WatchlistFields | None, after: WatchlistFields
) -> EditedFile:
    if before is None:
        values = after.values()
        alone = values.keys() == {"terms"} and len(after.terms) == 1
        item: Item = after.terms[0] if alone else values
        return EditedFile(yaml_edit.with_item(file.text, "watchlists", [item]))
    number = _number(file, before.title)
    changes = _changes(_nodes(file)[number], before, after)
    _refuse_to_overwrite(_fields(file, before.title), before, [key for key, _value in changes])
    for key, value in changes:
        file = _with_value(file, number, key, value)
    return file


def _refuse_to_overwrite(
    now: WatchlistFields, before: WatchlistFields, keys: Sequence[str]
) -> None:
    """Raise LayoutError if one of the keys is not any more as it was."""
    there, was = now.values(), before.values()
    changed = [key for key in keys if key != "name" and there.get(key) != was.get(key)]
    if changed:
        text = _(
            "not saved: `{keys}` of this watchlist was changed in feeds.yaml meanwhile;"
            " close the form without saving, and open it again",
            keys="`, `".join(changed),
        )
        raise LayoutError(text)


def _changes(
    node: Node, before: WatchlistFields, after: WatchlistFields
) -> list[tuple[str, Value | None]]:
    """Return the keys that differ with their new values, None for one to be removed."""
    old, new = before.values(), after.values()
    has_name = isinstance(node, MappingNode) and node.get("name") is not None
    for values, form in ((old, before), (new, after)):
        if has_name and form.name:
            values["name"] = form.name
    if not has_name:
        old.pop("name", None)
    keys = [key for key in {**new, **old} if old.get(key) != new.get(key)]
    changes: list[tuple[str, Value | None]] = [(key, new.get(key)) for key in keys]
    return sorted(changes, key=lambda change: change[1] is None)  # no watchlist without a key


def _with_value(file: EditedFile, number: int, key: str, value: Value | None) -> EditedFile:
    """Return the file with another value of a key of a watchlist; None removes the key."""
    text, expected, node = file.text, file.root.plain(), _nodes(file)[number]
    if isinstance(node, ScalarNode):
        if key == "terms" and isinstance(value, list) and len(value) == 1:
            expected["watchlists"][number] = value[0]
            after = _replaced(text, node, _written(text, value[0]))
            return parsed_again(after, expected)
        return _with_value(_as_mapping(file, number, node), number, key, value)
    if not isinstance(node, MappingNode):
        raise LayoutError(_("this watchlist is neither a term nor a mapping"))
    pair = node.get(key)
    listed: Any = expected["watchlists"][number]
    if value is None:
        listed.pop(key, None)
        return parsed_again(_without_key(text, node, key), expected) if pair else file
    listed[key] = value
    if pair is None:
        after = _with_key(text, node, key, value)
    elif isinstance(pair.value, SequenceNode) and isinstance(value, list) and pair.value.nodes:
        after = _with_list(text, pair.value, value)
    else:
        after = _replaced(text, pair.value, _written(text, value))
    return parsed_again(after, expected)


def _as_mapping(file: EditedFile, number: int, node: ScalarNode) -> EditedFile:
    """Return the file with a bare term as the `terms` of a mapping."""
    text, expected = file.text, file.root.plain()
    expected["watchlists"][number] = {"terms": [node.text]}
    written = f"{_key(text, 'terms')}: [{text[node.start : node.end].rstrip()}]"
    line_start = text.rfind("\n", 0, node.start) + 1
    if text[line_start : node.start].strip() != "-":
        written = f"{{{written}}}"
    return parsed_again(_replaced(text, node, written), expected)


def _replaced(text: str, node: Node, written: str) -> str:
    return text[: node.start] + written + text[yaml_edit.end_of(text, node) :]


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _written(text: str, value: Value) -> str:
    """Return a value on one line, as JSON in a file that is JSON."""
    if _is_json(text):
        return json.dumps(value, ensure_ascii=False)
    return yaml_edit.value_text(value)


def _key(text: str, key: str) -> str:
    return json.dumps(key) if _is_json(text) else key


def _with_key(text: str, node: MappingNode, key: str, value: Value) -> str:
    """Add a key: a name before all others, else behind them."""
    written = f"{_key(text, key)}: {_written(text, value)}"
    first, last = node.pairs[0].key.start, yaml_edit.end_of(text, node.pairs[-1].value)
    if text.startswith("{", node.start):
        if key == "name":
            return f"{text[:first]}{written}, {text[first:]}"
        return f"{text[:last]}, {written}{text[last:]}"
    ending = yaml_edit.ending_of(text)
    margin = " " * (first - text.rfind("\n", 0, first) - 1)
    if key == "name":
        return f"{text[:first]}{written}{ending}{margin}{text[first:]}"
    text, line_end = yaml_edit.line_behind(text, last)
    return f"{text[:line_end]}{margin}{written}{ending}{text[line_end:]}"


def _without_key(text: str, node: MappingNode, key: str) -> str:
    at = next(at for at, pair in enumerate(node.pairs) if pair.key.text == key)
    pair = node.pairs[at]
    end = yaml_edit.end_of(text, pair.value)
    if at == 0:
        following = node.pairs[1].key.start
        if "#" in text[end:following]:
            raise LayoutError(_("a comment stands behind `{key}`; edit it by hand", key=key))
        return text[: pair.key.start] + text[following:]
    if text.startswith("{", node.start):
        return text[: node.pairs[at - 1].value.end] + text[end:]
    line_end = text.find("\n", end) + 1
    return text[: text.rfind("\n", 0, pair.key.start) + 1] + (text[line_end:] if line_end else "")


def _with_list(text: str, listed: SequenceNode, items: Sequence[str]) -> str:
    """Return the text with other items of a list; those that stay keep their lines."""
    before = [node.text if isinstance(node, ScalarNode) else "" for node in listed.nodes]
    steps = SequenceMatcher(None, before, items, autojunk=False).get_opcodes()
    for tag, start, end, first, last in reversed(steps):
        if tag == "equal":
            continue
        both = min(end - start, last - first)
        text = _inserted(text, listed, start + both, items[first + both : last])
        text = _removed(text, listed, range(start + both, end))
        for offset in reversed(range(both)):
            node, item = listed.nodes[start + offset], items[first + offset]
            text = _replaced(text, node, _written(text, item))
    return text


def _inserted(text: str, listed: SequenceNode, at: int, items: Sequence[str]) -> str:
    """Add items before that of a number; the nodes up to there are still where they were."""
    if not items:
        return text
    if text.startswith("[", listed.start):
        written = [_written(text, item) for item in items]
        if at:
            place = listed.nodes[at - 1].end
            return text[:place] + "".join(f", {each}" for each in written) + text[place:]
        place = listed.nodes[0].start
        return text[:place] + "".join(f"{each}, " for each in written) + text[place:]
    margin = text[text.rfind("\n", 0, listed.start) + 1 : listed.start]
    if at:
        text, place = yaml_edit.line_behind(text, yaml_edit.end_of(text, listed.nodes[at - 1]))
    else:
        place = listed.start - len(margin)
    return text[:place] + yaml_edit.block(items, margin, yaml_edit.ending_of(text)) + text[place:]


def _removed(text: str, listed: SequenceNode, numbers: range) -> str:
    in_brackets = text.startswith("[", listed.start)
    for number in reversed(numbers):
        node = listed.nodes[number]
        if not in_brackets:
            text, place = yaml_edit.line_behind(text, yaml_edit.end_of(text, node))
            text = text[: text.rfind("\n", 0, node.start) + 1] + text[place:]
        elif number:
            text = text[: listed.nodes[number - 1].end] + text[node.end :]
        else:
            text = text[: node.start] + text[node.end :].lstrip().removeprefix(",").lstrip()
    return text
