"""Words beside their commitments: each gives its own, or a removal that the log tells names it and its mark stands there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.audit.finding import Wrong
from app.audit.log import REDACTED, Log
from app.core.removals import GROUNDS, stored_mark
from app.core.seals import fits


class Removed:
    """What the log says was removed, with the mark that stands there; and which of it was found to be gone from rows."""

    def __init__(self, log: Log) -> None:
        self.named: dict[str, str] = {}
        self.gone: set[str] = set()
        for told in log.kept.get(REDACTED, ()):
            ground, hashes = told.body.get("ground"), told.body.get("hashes")
            if ground in GROUNDS and isinstance(hashes, list):
                self.named |= dict.fromkeys(hashes, stored_mark(ground, told.event.at))

    def overwritten(self, hashes: Iterable[str]) -> None:
        """Note commitments whose words no row holds any longer: others were put in their place."""
        self.gone |= self.named.keys() & set(hashes)

    def check(self, table: str, row: str, words: Mapping[str, Any], seals: Any) -> None:
        """Raise at the first words that don't give their commitment, and for which no removal stands either."""
        if not isinstance(seals, dict) or set(seals) != {name for name, text in words.items() if text}:
            raise Wrong(table, row, "commitments", "expected one for each of its words, and no others")
        for name, one in seals.items():
            try:
                hashed, salt, fit = one["hash"], one["salt"], fits(one, words[name])
            except (AttributeError, KeyError, TypeError, ValueError):
                raise Wrong(table, row, "commitments", f"expected hash and salt for {name}") from None
            field = "commitments" if "text" in one else name
            if not salt and words[name] == self.named.get(hashed):
                self.gone.add(hashed)
            elif hashed in self.named:
                raise Wrong(table, row, field, "expected nothing: the log says that it was removed")
            elif not fit:
                raise Wrong(
                    table, row, field, "expected the words that give their commitment, or an entry that removes them"
                )
