"""How tocsin is installed on this machine, and how an extra is added to it.

No command here names `tocsin` as a package of an index: tocsin is in none, and whoever registers
the name would be run.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from urllib.parse import unquote, urlsplit


def install_command(extra: str) -> str:
    """The command that adds an extra to this installation."""
    from importlib.metadata import distribution  # slow to import: it reads metadata as e-mail

    tocsin = distribution("tocsin")
    origin = json.loads(tocsin.read_text("direct_url.json") or "{}")
    editable = origin.get("dir_info", {}).get("editable", False)
    checkout = unquote(urlsplit(origin["url"]).path) if editable else ""
    installer = [sys.executable, "-m", "pip", "install"]
    if find_spec("pip") is None:  # as in the environments of uv
        installer = ["uv", "pip", "install", "--python", sys.executable]
    return shlex.join([*installer, *_requirements(extra, checkout, tocsin.requires or ())])


def _requirements(extra: str, checkout: str, required: Sequence[str]) -> list[str]:
    """Name the checkout with the extra; without a checkout, the libraries of the extra.

    Args:
        extra: An extra of pyproject.toml.
        checkout: The folder of an editable installation; empty for any other.
        required: The requirements of tocsin, as its metadata has them.
    """
    if checkout:
        return ["-e", f"{checkout}[{extra}]"]
    of_extra = re.compile(rf"""\bextra == ['"]{extra}['"]""")
    return [line.partition(";")[0].strip() for line in required if of_extra.search(line)]
