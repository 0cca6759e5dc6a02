"""The values of the product: none repeats the fields of another one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

import pytest
from support.budgets import sources

VALUES = ("Struct", "NamedTuple")
MOST_SHARED = 3
"""Fields that two values may share by chance."""

Fields = Mapping[str, str]
"""The types of fields, by name."""


def values_in(trees: list[ast.Module]) -> dict[str, tuple[frozenset[str], dict[str, str]]]:
    """Return the values of some modules by name: what they extend, and their own fields."""
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    values: dict[str, tuple[frozenset[str], dict[str, str]]] = {}
    for _round in range(3):  # values that extend values
        for node in classes:
            bases = frozenset(base.id for base in node.bases if isinstance(base, ast.Name))
            if bases & {*VALUES, *values}:
                fields = {
                    item.target.id: ast.unparse(item.annotation)
                    for item in node.body
                    if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
                }
                values[node.name] = bases, fields
    return values


def repeated(trees: list[ast.Module]) -> Iterator[tuple[str, str]]:
    """Yield the values all of whose fields another one declares again, with that one."""
    values = values_in(trees)
    for name, (_bases, fields) in values.items():
        for other, (_other_bases, others) in values.items():
            if name != other and len(fields) > MOST_SHARED and fields.items() <= others.items():
                yield name, other


def test_no_value_declares_the_fields_of_another_again() -> None:
    assert sorted(repeated([ast.parse(text) for text in sources().values()])) == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ("class B(Struct):\n a: int\n b: int\n c: int\n d: int\n e: int", [("A", "B")]),
        ("class B(A):\n e: int", []),
        ("class B(Struct):\n a: int\n b: int\n c: int\n d: str", []),
    ],
)
def test_a_value_that_repeats_another_is_seen(other: str, expected: list[tuple[str, str]]) -> None:
    tree = ast.parse(f"class A(Struct):\n a: int\n b: int\n c: int\n d: int\n{other}")
    assert list(repeated([tree])) == expected
