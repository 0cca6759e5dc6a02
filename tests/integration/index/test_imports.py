"""What a search from the command line does not wait for."""

import subprocess
import sys

import pytest

NEVER_USED = (
    "asyncio",
    "whoosh",
    "concurrent.futures",
    "numpy",
    "lxml",
    "httpx",
    "pydantic",
    "ruamel.yaml",
)


@pytest.mark.parametrize(
    "module", ["index.engine.searcher", "monitor.cli.search", "monitor.cli.status"]
)
def test_a_command_imports_nothing_that_it_never_uses(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(NEVER_USED) & set(said.stdout.split())
