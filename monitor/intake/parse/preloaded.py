"""The imports that each worker needs at its first document; workers are forks of their importer."""

import feedparser  # noqa: F401
import lxml.html  # noqa: F401

import monitor.base.text_cleaning
import monitor.intake.parse.workers  # noqa: F401
from index.analysis import language

language.load()
