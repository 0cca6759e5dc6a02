"""An extra is added to the installation there is, never from an index that has no tocsin."""

import shlex
import sys

from support import ROOT

from monitor.base.installation import install_command


def test_an_extra_of_a_checkout_is_installed_from_it() -> None:
    command = [sys.executable, "-m", "pip", "install", "-e", f"{ROOT}[plots]"]
    assert install_command("plots") == shlex.join(command)
