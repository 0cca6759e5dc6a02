"""Benchmarks; `README.md` has what they measured."""

import os

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # Python keeps bytecode for users too
