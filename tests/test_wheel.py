"""What users install: the wheel alone, in an empty environment, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.timeout(300)


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    hidden = ("TOCSIN_", "PYTHON", "COVERAGE", "VIRTUAL_ENV")
    environ = {key: value for key, value in os.environ.items() if not key.startswith(hidden)}
    return subprocess.run(
        command,
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree."""
    folder = tmp_path_factory.mktemp("dist")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = run(*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    if built.returncode and re.search(r"No matching distribution.* hatchling", built.stderr):
        pytest.skip("the build backend cannot be downloaded here")
    assert built.returncode == 0, built.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"index", "monitor", "tui"}
    listed = run("git", "ls-files", "index", "monitor", "tui", cwd=ROOT)
    assert set(listed.stdout.split()) <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_works_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    """Also the proof that every library it needs is declared."""
    made = run(sys.executable, "-m", "venv", "env", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    python = tmp_path / "env" / "bin" / "python"
    installed = run(python, "-m", "pip", "install", "--quiet", "--no-compile", wheel, cwd=tmp_path)
    assert installed.returncode == 0, installed.stderr
    folder = tmp_path / "newsroom"
    folder.mkdir()

    def tocsin(*args: str) -> str:
        done = run(python.with_name("tocsin"), *args, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    assert "Wrote feeds.yaml" in tocsin("init")
    assert tocsin("check")
    assert re.search(r"[1-9]\d* alerts", tocsin("demo", "--headless", "--for", "8s"))
    assert "Cainiao" in tocsin("search", "cainiao")
    assert "dashboard" in tocsin("dashboard", "--help")
