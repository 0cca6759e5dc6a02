"""Benchmarks; `README.md` has what they measured."""

import os

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as for users: no start compiles what is compiled
