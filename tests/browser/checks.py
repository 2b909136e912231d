"""What every page of the site must keep, whatever it shows: structure, accessible names, room on a narrow screen."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

UNLABELLED = frozenset(("hidden", "submit", "button", "image", "reset"))


class _Outline(HTMLParser):
    """Counts what the checks ask for, in one walk over the source."""

    def __init__(self) -> None:
        super().__init__()
        self.h1 = 0
        self.ids: Counter[str] = Counter()
        self.refs: list[str] = []
        self.fields: list[dict[str, str | None]] = []
        self.inside_label: list[dict[str, str | None]] = []
        self.labels: set[str] = set()
        self.buttons = 0
        self.lang = ""
        self.titles = 0
        self.images_without_size: list[str] = []
        self._label_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if found.get("id"):
            self.ids[str(found["id"])] += 1
        if tag == "html":
            self.lang = found.get("lang") or ""
        if tag == "title" and self.titles == 0:
            self.titles = 1
        self.h1 += tag == "h1"
        for name in ("aria-labelledby", "aria-describedby"):
            self.refs += (found.get(name) or "").split()
        if tag == "label":
            self._label_depth += 1
            self.labels.add(found.get("for") or "")
        if tag in ("input", "select", "textarea") and found.get("type") not in UNLABELLED:
            (self.inside_label if self._label_depth else self.fields).append(found)
        if tag == "button" or found.get("type") == "submit":
            self.buttons += "main" in (found.get("class") or "").split()
        if tag == "a" and {"btn", "main"} <= set((found.get("class") or "").split()):
            self.buttons += 1
        if tag == "img" and not (found.get("width") and found.get("height") and "alt" in found):
            self.images_without_size.append(found.get("src") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._label_depth -= 1


def faults_of(html: str) -> list[str]:
    """What is wrong with a page's source, one sentence each."""
    page = _Outline()
    page.feed(html)
    faults = [] if page.h1 == 1 else [f"{page.h1} first headings"]
    faults += [f"the id {name} stands {n} times" for name, n in page.ids.items() if n > 1]
    faults += [f"{name} is referred to and isn't there" for name in page.refs if name not in page.ids]
    faults += [
        f"the field {field.get('name')} has no label"
        for field in page.fields
        if field.get("id") not in page.labels and not field.get("aria-label")
    ]
    faults += [f"a picture without alt, width and height: {src}" for src in page.images_without_size]
    if page.lang not in ("zh-Hans", "en"):
        faults.append(f"the language is {page.lang!r}")
    if page.buttons > 1:
        faults.append(f"{page.buttons} filled buttons: only one thing is next")
    return faults


def axe_faults(page: Page) -> list[str]:
    """Serious and critical findings of axe."""
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]})
    return [
        f"axe {item['impact']}: {item['id']}: {node['html'][:120]}"
        for item in found.response["violations"]
        if item["impact"] in ("serious", "critical")
        for node in item["nodes"][:3]
    ]


def sideways(page: Page) -> list[str]:
    """Whether a reader has to scroll sideways."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide <= 0:
        return []
    who = page.evaluate(
        """() => [...document.querySelectorAll('main *, header *, footer *')]
        .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .slice(0, 3).map(e => e.outerHTML.slice(0, 100))"""
    )
    return [f"{wide} px too wide: {who}"]
