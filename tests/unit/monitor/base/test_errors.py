"""Tests of stored errors, which have no frames, and of the hint to install an extra."""

from __future__ import annotations

import shlex
import sys

from support import ROOT

from monitor.base.errors import FetchError, install_command


def with_traceback(error: BaseException) -> BaseException:
    """Return an error with a traceback."""
    try:
        raise error
    except BaseException as raised_error:
        return raised_error


def test_no_error_of_a_chain_keeps_its_traceback() -> None:
    error, cause, context = FetchError("https://a.test/", "cut"), OSError(), ValueError()
    error.__cause__, cause.__context__ = with_traceback(cause), with_traceback(context)
    assert with_traceback(error) is error.bare()
    assert [link.__traceback__ for link in (error, cause, context)] == [None] * 3


def test_a_chain_that_comes_round_to_itself_ends() -> None:
    error, reset = FetchError("https://a.test/", "cut"), ConnectionResetError()
    error.__cause__, reset.__context__ = with_traceback(reset), OSError()
    reset.__context__.__context__ = reset  # a stream raises one error for all who wait for it
    assert with_traceback(error) is error.bare()
    assert reset.__traceback__ is None


def test_an_extra_of_a_checkout_is_installed_from_it() -> None:
    command = [sys.executable, "-m", "pip", "install", "-e", f"{ROOT}[share]"]
    assert install_command("share") == shlex.join(command)
