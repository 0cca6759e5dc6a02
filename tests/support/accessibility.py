"""What WCAG 2.2 AA asks of a page and can be computed: contrast, names, landmarks, reflow.

Each script returns what is wrong, as texts.
"""

from __future__ import annotations

CONTRAST = """
(() => {
  const channel = c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
      if (colour[3] > 0) return [NaN, NaN, NaN];
    }
    return [255, 255, 255];
  };
  const wrong = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement, style = getComputedStyle(element);
    if (!text.data.trim() || !element.checkVisibility() || element.closest('.unseen')) continue;
    const [one, other] = [light(parse(style.color)), light(ground(element))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize), bold = style.fontWeight >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const ratio = (one + 0.05) / (other + 0.05);
    if (!(ratio >= needed)) wrong.push(`${ratio.toFixed(2)}: ${text.data.trim().slice(0, 40)}`);
  }
  return wrong;
})()
"""
NAMES = """
(() => {
  const wrong = [];
  const named = element => (element.textContent || element.getAttribute('aria-label') || '').trim();
  for (const field of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!field.hidden && !(field.labels && field.labels.length && named(field.labels[0])))
      wrong.push(`no label: ${field.name}`);
  for (const element of document.querySelectorAll('a, button'))
    if (!named(element)) wrong.push(`no name: ${element.outerHTML.slice(0, 60)}`);
  for (const element of document.querySelectorAll('nav, [role=img]'))
    if (!element.getAttribute('aria-label')) wrong.push(`no label: ${element.outerHTML}`);
  for (const name of ['aria-describedby', 'for'])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (!document.getElementById(element.getAttribute(name))) wrong.push(`${name} of nothing`);
  const ids = [...document.querySelectorAll('[id]')].map(one => one.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) wrong.push(`twice: ${id}`);
  return wrong;
})()
"""
LANDMARKS = """
(() => {
  const wrong = [];
  const count = (path, expected) => {
    const found = document.querySelectorAll(path).length;
    if (found !== expected) wrong.push(`${path}: ${found}`);
  };
  count('main', 1); count('header', 1); count('h1', 1);
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title.trim()) wrong.push('no title');
  let level = 0;
  for (const heading of document.querySelectorAll('h1, h2, h3, h4')) {
    const now = Number(heading.tagName[1]);
    if (now > level + 1) wrong.push(`h${level} is followed by h${now}: ${heading.textContent}`);
    level = now;
  }
  return wrong;
})()
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
CHECKS = {
    "contrast": CONTRAST, "names": NAMES, "landmarks": LANDMARKS, "reflow": REFLOW,
    "targets": TARGETS,
}  # fmt: skip
