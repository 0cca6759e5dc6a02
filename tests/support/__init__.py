"""What the tests share: servers, processes, worlds in simulated time, and documents to read."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The repository."""
