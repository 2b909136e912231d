"""A piece of one of our own pages as blocks to print, so that the sheet says what the page says.

A run is ``[text, look]``, its look one of ``""``, ``b`` (bold), ``s`` (small), ``h`` (a fingerprint). What the reader of
blocks doesn't know is printed as plain text: nothing on the page gets lost.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

Run = list[str]
Block = dict[str, Any]
HEADINGS = {"h1": "h2", "h2": "h2", "h3": "h3", "h4": "h3"}
LOOKS = {"b": "b", "strong": "b", "small": "s"}
ALONE = {"br", "img", "input", "hr", "wbr", "meta", "link"}
LEFT_OUT = {"svg", "script", "style", "button", "form", "select", "nav"}
ENDING = {*HEADINGS, "p", "li", "dt", "dd", "td", "th", "div", "section", "article", "blockquote", "aside"}
PARTS = {"noprint", "redhead", "redline", "sign", "verify", "acts", "kick"}  # what a form has a place of its own for
KINDS = ("flash", "hash", "in")


def from_html(page: str, within: str = "") -> list[Block]:
    """The blocks of a piece of HTML that our templates wrote: of all of it, or of its first element of a class."""
    reader = _Reader(within)
    reader.feed(page)
    reader.close()
    return reader.finish()


class _Reader(HTMLParser):
    def __init__(self, within: str) -> None:
        super().__init__(convert_charrefs=True)
        self.within = within  # the class that is still looked for; nothing is read before it
        self.until = -1  # how many elements are open around the one that is read; reading ends with it
        self.blocks: list[Block] = []
        self.open: list[str] = []  # the names of the elements that are open
        self.looks: list[str] = []
        self.block: Block | None = None  # the one that takes text
        self.item: Block | None = None  # the item of a list, the row of a tally or a table that is open
        self.skips = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        if tag in ALONE:
            if tag == "br":
                self._add("\n")
            return
        if self.within:
            if self.within not in classes:
                return
            self.within, self.until = "", len(self.open)
        if (
            self.skips
            or tag in LEFT_OUT
            or "hidden" in given
            or (self.until >= 0 and tag == "h1")
            or PARTS & {*classes}
        ):
            self.skips += 1
        elif tag in HEADINGS:
            self._begin({"b": HEADINGS[tag], "runs": []})
        elif tag == "p":
            self._begin({"b": next((kind for kind in KINDS if kind in classes), "p"), "runs": []})
        elif tag in ("ul", "ol", "dl", "table"):
            self._begin(None)
            name = (
                ("tally" if "tally" in classes else "facts") if tag == "dl" else "table" if tag == "table" else "list"
            )
            self.blocks.append({"b": name, "items": [], **({"numbered": True} if tag == "ol" else {})})
        elif tag in ("li", "tr") and self._list() is not None:
            self._begin(None)
            self.item = {"parts": []}
            self.blocks[-1]["items"].append(self.item)
        elif tag in ("dt", "th", "td", "dd") and self._list() is not None:
            if tag == "dt" or self.item is None:
                self.item = {"parts": []}
                self.blocks[-1]["items"].append(self.item)
            self._begin({"b": tag, "runs": [], **({"r": True} if "r" in classes else {})})
        elif tag in ("div", "section", "article", "blockquote", "aside"):
            self._begin(None)
        elif "bx" in classes and self.item is not None:
            self._begin({"b": "mark", "runs": []})
        look = "h" if tag == "span" and "hash" in classes else LOOKS.get(tag, "")
        self.open.append(tag)
        self.looks.append(look)

    def handle_endtag(self, tag: str) -> None:
        if self.within or tag in ALONE or tag not in self.open:
            return
        while self.open:
            closed = self.open.pop()
            self.looks.pop()
            if self.skips:
                self.skips -= 1
            elif closed in ENDING or (closed == "span" and self._in_mark()):
                self._begin(None)
            if closed in ("ul", "ol", "dl", "table") and not self.skips:
                self.item = None
                self.blocks.append({"b": "end"})
            if closed in ("li", "tr"):
                self.item = None
            if len(self.open) == self.until:
                self.within = "\n"  # the end: no class is called so
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        self._add(re.sub(r"\s+", " ", data))

    def _in_mark(self) -> bool:
        return self.block is not None and self.block["b"] == "mark"

    def _list(self) -> Block | None:
        return self.blocks[-1] if self.blocks and "items" in self.blocks[-1] else None

    def _begin(self, block: Block | None) -> None:
        self.block = block
        if block is not None:
            (self.blocks if self.item is None else self.item["parts"]).append(block)

    def _add(self, text: str) -> None:
        if self.skips or self.within:
            return
        if self.block is None:
            if not text.strip():
                return
            self._begin({"b": "p", "runs": []})
        assert self.block is not None
        look = next((look for look in reversed(self.looks) if look), "")
        runs: list[Run] = self.block["runs"]
        if runs and runs[-1][0].endswith((" ", "\n")):
            text = text.lstrip(" ")
        if not runs:
            text = text.lstrip(" \n")
        if text and runs and runs[-1][1] == look:
            runs[-1][0] += text
        elif text:
            runs.append([text, look])

    def finish(self) -> list[Block]:
        """The blocks, without those that hold nothing."""
        return _kept(self.blocks)


def _kept(blocks: list[Block]) -> list[Block]:
    kept = []
    for block in blocks:
        if block["b"] == "end":
            continue
        if "items" in block:
            items = [_kept(item["parts"]) for item in block["items"]]
            block["items"] = [item for item in items if item]
        else:
            while block["runs"] and not block["runs"][-1][0].rstrip():
                block["runs"].pop()
            if block["runs"]:
                block["runs"][-1][0] = block["runs"][-1][0].rstrip()
        # An empty cell holds the place of its column.
        if block.get("items") or block.get("runs") or block["b"] in ("td", "th"):
            kept.append(block)
    return kept
