"""What WCAG 2.2 AA asks of a page and can be computed: by axe-core, and what axe leaves out."""

from __future__ import annotations

import json
from importlib.resources import files

from support.headless_browser import Page

_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice")
_AXE = """
axe.run(document, {runOnly: %s}).then(found => found.violations.flatMap(
  rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 80)}`)))
"""
REFLOW = """
(() => document.documentElement.scrollWidth > document.documentElement.clientWidth
  ? [`${document.documentElement.scrollWidth} wide`] : [])()
"""
TARGETS = """
(() => [...document.querySelectorAll('button, select, input:not([type=hidden])')]
  .filter(one => one.checkVisibility() && !one.hidden)
  .filter(one => one.getBoundingClientRect().height < 24 || one.getBoundingClientRect().width < 24)
  .map(one => `small: ${one.outerHTML.slice(0, 60)}`))()
"""


async def violations(page: Page) -> list[str]:
    """Return the violations of WCAG on the page that a browser shows."""
    await page.value(files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    checks = (_AXE % json.dumps(_RULES), REFLOW, TARGETS)
    return [violation for check in checks for violation in await page.list_of(check)]
