"""Tests that the product stays within the budgets of pyproject.toml."""

from support.budgets import BUDGETS, measure, sources

EXAMPLE = '''"""A module."""

import os


def function() -> None:
    """Say what it does."""
    import sys

    # a comment
    print(os, sys)
'''


def test_no_budget_is_exceeded() -> None:
    figures = measure(sources())
    assert set(figures) == set(BUDGETS)
    excess = {name: now for name, now in figures.items() if now > BUDGETS[name]}
    assert not excess, "make it lighter, or raise the budget in a commit that says why"


def test_what_counts() -> None:
    figures = measure({"monitor/cli/status.py": EXAMPLE, "monitor/__init__.py": ""})
    assert figures["lines"] == EXAMPLE.count("\n")
    assert figures["code"] == 2
    assert figures["files"] == 2
    assert figures["names-in-monitor"] == 1
    assert figures["imports-in-functions"] == 1
    assert figures["longest-function"] == 6
