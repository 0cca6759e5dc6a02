"""Tests that every error that a public function raises is in its docstring."""

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("index", "monitor", "tui")
ROOTS = {"MonitorError", "ArchiveError"}


@cache
def trees() -> dict[Path, ast.Module]:
    """Return each file of the packages that raises or defines an error, parsed."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(paths)}
    return {
        path: ast.parse(source)
        for path, source in sources.items()
        if "raise " in source or "Error" in source
    }


@cache
def bases() -> dict[str, set[str]]:
    """Return the names of the classes that each class inherits from."""
    return {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees().values()
        for node in tree.body
        if isinstance(node, ast.ClassDef)
    }


def lineage(name: str) -> set[str]:
    """Return the names of a class and of the classes that it inherits from."""
    return {name}.union(*(lineage(base) for base in bases().get(name, ())))


def is_command(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Tell whether the docstring of a function is the help of a command."""
    calls = [decorator.func for decorator in node.decorator_list if isinstance(decorator, ast.Call)]
    return any(isinstance(call, ast.Attribute) and call.attr == "command" for call in calls)


def public_functions(body: Iterable[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield public functions, and public methods of public classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_") and not is_command(node):
                yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)


def raised_errors(node: ast.AST) -> Iterator[str]:
    """Yield the names of errors that leave a function; nested functions do not count."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        if isinstance(node.exc.func, ast.Name):
            yield node.exc.func.id
        return
    for child in ast.iter_child_nodes(node):
        is_caught = isinstance(node, ast.Try) and node.handlers and child in node.body
        if not is_caught and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from raised_errors(child)


def undocumented_errors(tree: ast.Module) -> Iterator[str]:
    """Yield `function: Error` for each error that a docstring does not name."""
    for function in public_functions(tree.body):
        docstring = ast.get_docstring(function) or ""
        for name in raised_errors(function):
            classes = lineage(name)
            if classes & ROOTS and not any(class_name in docstring for class_name in classes):
                yield f"{function.name}: {name}"


def test_raised_errors_are_documented() -> None:
    missing_errors = [
        f"{path.relative_to(ROOT)}: {error}"
        for path, tree in trees().items()
        for error in undocumented_errors(tree)
    ]
    assert missing_errors == []


def test_an_undocumented_error_is_found() -> None:
    source = 'def f():\n    """Do it."""\n    raise ConfigError("x", [])\n'
    assert list(undocumented_errors(ast.parse(source))) == ["f: ConfigError"]
    documented = source.replace("Do it.", "Do it. Raises ConfigError.")
    assert list(undocumented_errors(ast.parse(documented))) == []
