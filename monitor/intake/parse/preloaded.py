"""The imports that each worker needs; the process of which workers are forks imports them once."""

import feedparser  # noqa: F401
import lxml.html  # noqa: F401

import monitor.base.text_cleaning
import monitor.intake.parse.workers  # noqa: F401
from index.analysis import language

language.load()
