"""How much code there is, beside the budgets of pyproject.toml; `make budgets` prints it.

    python -m support.budgets [REVISION]

Compares with a revision, by default with `origin/main`, or with the commit before where that is
the same. A budget is raised in a commit of its own, which says why.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping

from support import ROOT

PACKAGES = ("index", "monitor", "tui")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
BUDGETS: Mapping[str, int] = PROJECT["tool"]["tocsin"]["budgets"]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources() -> dict[str, str]:
    """Return the files of the product in this checkout, by path."""
    paths = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def sources_at(revision: str) -> dict[str, str]:
    """Return the files of the product at a revision; empty if git does not know it."""
    done = subprocess.run(
        ["git", "archive", revision, *PACKAGES], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        return {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = [member for member in archive if member.name.endswith(".py")]
        return {
            member.name: content.read().decode()
            for member in files
            if (content := archive.extractfile(member))
        }


def measure(files: Mapping[str, str]) -> dict[str, int]:
    """Return the figures that have budgets.

    `code` counts lines without imports, docstrings, comments and blank lines.
    """
    trees = [ast.parse(text) for text in files.values()]
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, Function)]
    return {
        "lines": sum(text.count("\n") for text in files.values()),
        "code": sum(map(code_lines, files.values(), trees)),
        "files": len(files),
        "names-in-monitor": len(set(names_in("monitor", files))),
        "imports-in-functions": sum(imports_in_functions(trees)),
        "longest-function": max((node.end_lineno or 0) - node.lineno + 1 for node in functions),
        "layers": max(
            len(contract["layers"])
            for contract in PROJECT["tool"]["importlinter"]["contracts"]
            if contract["type"] == "layers"
        ),
    }


def code_lines(text: str, tree: ast.Module) -> int:
    """Return the number of lines without imports, docstrings, comments and blank lines."""
    ignored: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) or is_docstring(node):
            ignored.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return sum(
        number not in ignored and bool(line.strip()) and not line.lstrip().startswith("#")
        for number, line in enumerate(text.splitlines(), 1)
    )


def is_docstring(node: ast.AST) -> bool:
    """Tell whether a node is a text that stands alone: of a function, or behind an attribute."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def names_in(folder: str, files: Iterable[str]) -> Iterator[str]:
    """Yield the modules and packages directly in a folder, without `__init__` and `__main__`."""
    for path in files:
        first, _, remainder = path.partition("/")
        if first == folder and not remainder.startswith("__"):
            yield remainder.partition("/")[0]


def imports_in_functions(trees: Iterable[ast.Module]) -> Iterator[int]:
    """Yield how many imports are inside functions, for each file."""
    for tree in trees:
        imports = {
            node
            for function in ast.walk(tree)
            if isinstance(function, Function)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        yield len(imports)


def earlier() -> str:
    """Return the revision to compare with."""
    same = subprocess.run(
        ["git", "diff", "--quiet", "origin/main", "HEAD"], cwd=ROOT, check=False, stderr=-3
    ).returncode
    return "origin/main" if same == 1 else "HEAD~1"


def main() -> int:
    """Print each figure, its budget, and what changed; return 1 if a budget is exceeded."""
    revision = sys.argv[1] if len(sys.argv) > 1 else earlier()
    now, before = measure(sources()), sources_at(revision)
    previous = measure(before) if before else now
    print(f"{'':24}{'now':>8}{'budget':>8}  since {revision}")
    for name, figure in now.items():
        print(f"{name:24}{figure:>8,}{BUDGETS[name]:>8,}  {figure - previous[name]:+,}")
    return int(any(figure > BUDGETS[name] for name, figure in now.items()))


if __name__ == "__main__":
    sys.exit(main())
