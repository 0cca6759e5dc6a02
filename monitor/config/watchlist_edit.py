"""One watchlist of a `feeds.yaml` as a form shows it: its fields, their problems, and the edit.

An edit changes only the keys whose fields differ; comments and all other lines stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from index.query.suggestions import Count
from monitor.base.errors import ConfigError
from monitor.base.text_cleaning import line as on_one_line
from monitor.base.translation import gettext as _
from monitor.config import file_edit, yaml_edit
from monitor.config.checks import rule_warnings, understand_and_test
from monitor.config.keys import NOTHING
from monitor.config.loading import understand
from monitor.config.yaml_edit import EditedFile, Item, LayoutError
from monitor.config.yaml_nodes import MappingNode, Node, ScalarNode, SequenceNode
from monitor.model.config import Config
from monitor.model.watchlist import Severity, Watchlist

Value = str | list[str]

KEYS = {"excluded": "not"}
"""Keys in the file of fields with another name."""
_ANY_TERM = "tocsin"
"""Placeholder for a missing term, so that the other fields can be checked."""


class WatchlistFields(Struct, frozen=True, kw_only=True):
    """The fields of a watchlist in a form, as the file writes them."""

    name: str = ""
    """Name of the watchlist; empty if its only term is its name."""
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
        """Return the keys of the file with their values, without defaults."""
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
    """Message of `tocsin check`; that of an item of a list begins with its line."""


class CheckedFields(Struct, frozen=True):
    """The configuration with the watchlist of a form."""

    problems: tuple[FieldProblem, ...]
    config: Config | None = None
    watchlist: Watchlist | None = None
    """The watchlist, if neither it nor the rest of the file has a problem."""
    warnings: tuple[str, ...] = ()


# --- reading ------------------------------------------------------------------------


def read_fields(text: str, name: str) -> WatchlistFields:
    """Return the fields of the watchlist of a name.

    Raises:
        LayoutError: The file has no such watchlist, or one that a form cannot show.
    """
    return _fields(EditedFile(text), name)


def _fields(file: EditedFile, name: str) -> WatchlistFields:
    values = _values(file.items("watchlists")[_number(file, name)])
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


def _number(file: EditedFile, name: str) -> int:
    """Return the number of a watchlist in the file; raises LayoutError."""
    for number, node in enumerate(file.items("watchlists")):
        if _title(_values(node)) == name:
            return number
    raise LayoutError(_("feeds.yaml has no watchlist called {name} any more", name=name))


def _title(values: dict[str, list[str]]) -> str:
    terms = values.get("terms", [])
    names = values.get("name") or (terms if len(terms) == 1 else [])
    return on_one_line(names[0]) if names else ""


def _values(node: Node) -> dict[str, list[str]]:
    """Return the texts of each key of a watchlist; a bare term is its only term."""
    plain: Any = node.plain()
    table = plain if isinstance(plain, dict) else {"terms": plain}
    return {key: value if isinstance(value, list) else [value] for key, value in table.items()}


# --- checking -----------------------------------------------------------------------


def check_fields(
    content: bytes, path: Path, before: WatchlistFields | None, after: WatchlistFields, count: Count
) -> CheckedFields:
    """Return the problems of the watchlist of a form, in the words of `tocsin check`.

    Args:
        content: The file as it is.
        path: Its path.
        before: The fields when the form was opened; None for a new watchlist.
        after: The fields now.
        count: Counts articles for the warnings.
    """
    if not after.terms and not after.query:
        checked = check_fields(content, path, before, replace(after, terms=(_ANY_TERM,)), count)
        return CheckedFields((FieldProblem("terms", _(NOTHING)), *checked.problems))
    file = EditedFile(content.decode("utf-8-sig", "replace"))
    try:
        file = EditedFile(with_watchlist(file.text, before, after))
        number = len(file.items("watchlists")) - 1 if before is None else _number(file, after.title)
    except LayoutError as error:
        return CheckedFields((FieldProblem("", str(error)),))
    try:
        config = understand_and_test(file.text.encode(), path)
    except ConfigError as error:
        try:
            understand(content, path)
        except ConfigError as defect:
            text = _("{file} has a mistake: {problem}", file=path.name, problem=defect.problems[0])
            return CheckedFields((FieldProblem("", text),))
        node = file.items("watchlists")[number]
        return CheckedFields(
            tuple(
                _field_problem(node, file.index(problem.line, problem.column), problem.message)
                for problem in error.problems
            )
        )
    warnings = rule_warnings(config.watchlists[number], config.feeds, count)
    return CheckedFields((), config, config.watchlists[number], tuple(warnings))


def _field_problem(node: Node, place: int, message: str) -> FieldProblem:
    """Return a problem of the file at its field.

    A problem elsewhere is due to the name: two watchlists have it, or a route names one that no
    longer exists.
    """
    for pair in node.pairs if isinstance(node, MappingNode) else ():
        key, value = pair
        if key.start < place <= max(key.end, value.end) or value.start == place:
            items = value.nodes if isinstance(value, SequenceNode) else ()
            item_number = next((n for n, i in enumerate(items, 1) if i.start <= place <= i.end), 0)
            text = message
            if item_number and len(items) > 1:
                text = _("line {line}: {problem}", line=item_number, problem=message)
            field = _field(key.text, node)
            is_own = field == key.text or KEYS.get(field) == key.text
            if not is_own:
                text = _("`{key}`: {problem}", key=key.text, problem=text)
            return FieldProblem(field, text)
    inside = node.start <= place <= node.end and isinstance(node, ScalarNode)
    return FieldProblem("terms" if inside else "name", message)


def _field(key: str, node: Node) -> str:
    """Return the field of a key; for a sentence that fails, that of the rule."""
    field = next((field for field, name in KEYS.items() if name == key), key)
    if field in WatchlistFields.__struct_fields__:
        return field
    return "query" if "query" in _values(node) else "terms"


# --- writing ------------------------------------------------------------------------


def save_watchlist(path: Path, before: WatchlistFields | None, after: WatchlistFields) -> Config:
    """Write the watchlist of a form into a file; raises ConfigError and MonitorError."""
    return file_edit.edit(path, lambda text: with_watchlist(text, before, after))


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
    if before is None:
        values = after.values()
        is_bare = values.keys() == {"terms"} and len(after.terms) == 1
        item: Item = after.terms[0] if is_bare else values
        return yaml_edit.with_item(text, "watchlists", [item])
    file = EditedFile(text)
    number = _number(file, before.title)
    written: Any = file.items("watchlists")[number].plain()
    changes = _changes(written, before, after)
    _refuse_to_overwrite(_fields(file, before.title), before, changes)
    if not changes:
        return text
    changed = written if isinstance(written, dict) else {"terms": [written]}
    changed = {**{key: None for key in changes if key == "name"}, **changed, **changes}
    changed = {key: value for key, value in changed.items() if value is not None}
    terms = changed.get("terms", ())
    is_bare = isinstance(written, str) and changed.keys() == {"terms"} and len(terms) == 1
    return yaml_edit.with_changed(text, "watchlists", number, terms[0] if is_bare else changed)


def _refuse_to_overwrite(
    now: WatchlistFields, before: WatchlistFields, keys: Iterable[str]
) -> None:
    """Raise LayoutError if one of the keys has changed in the file."""
    current, original = now.values(), before.values()
    changed = [key for key in keys if key != "name" and current.get(key) != original.get(key)]
    if changed:
        text = _(
            "not saved: `{keys}` of this watchlist was changed in feeds.yaml meanwhile;"
            " close the form without saving, and open it again",
            keys="`, `".join(changed),
        )
        raise LayoutError(text)


def _changes(
    written: object, before: WatchlistFields, after: WatchlistFields
) -> dict[str, Value | None]:
    """Return the keys that differ with their new values, None for one to be removed."""
    old, new = before.values(), after.values()
    has_name = isinstance(written, dict) and "name" in written
    for values, form in ((old, before), (new, after)):
        if has_name and form.name:
            values["name"] = form.name
    if not has_name:
        old.pop("name", None)
    return {key: new.get(key) for key in {**new, **old} if old.get(key) != new.get(key)}
