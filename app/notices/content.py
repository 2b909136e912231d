"""What a notice says: its fields in their order, what its fingerprint covers, and the places to fill in its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from app.core.i18n import local_date
from app.core.seals import hashes_of, seal
from app.engine.canonical import canon, tagged, text_hash
from app.notices.models import Notice

TYPED = ("title", "basis", "text", "scope", "conclusion", "objecting", "contact", "signatory")
MOST = {"title": 120, "basis": 300, "text": 6000, "scope": 300, "conclusion": 2000, "objecting": 1000}
MOST |= {"contact": 300, "signatory": 120}
# What stands in braces is filled by the system where it knows the name, in the language the name is in; the rest people
# fill.
NAMES = {
    "project": ("项目", "project"),
    "place": ("地点", "place"),
    "community": ("小区", "community"),
    "desk": ("联系方式", "desk"),
    "from": ("公示开始", "from"),
    "to": ("公示结束", "to"),
    "days": ("天数", "days"),
}
AT_POSTING = frozenset({"from", "to", "days"})
_BY_NAME = {
    name: (key, lang) for key, names in NAMES.items() for name, lang in zip(names, ("zh_Hans", "en"), strict=True)
}
_PLACE = re.compile(r"\{([^{}\n]{1,40})\}")


def fill(words: str, values: Mapping[str, Mapping[str, str]]) -> str:
    """Words with the places filled that ``values`` knows, by language and name; the others stay as they are."""

    def one(found: re.Match[str]) -> str:
        key, lang = _BY_NAME.get(found[1].strip().casefold(), ("", ""))
        return values.get(lang, {}).get(key, found[0])

    return _PLACE.sub(one, words)


def places_left(words: str) -> list[str]:
    """The places in braces that are still to be filled by somebody: the system doesn't know what goes there."""
    return [found for found in _PLACE.findall(words) if found.strip().casefold() not in _BY_NAME]


SEALED = (*TYPED, "by_name")


def words_of(notice: Notice) -> dict[str, str]:
    """The words of a notice of which its fingerprint covers salted commitments."""
    return {key: getattr(notice, key) for key in SEALED}


def frozen(notice: Notice) -> dict[str, Any]:
    """All that a posted notice says, as its fingerprint covers it: of people's words the salted commitments."""
    return {
        "notice": notice.public_id,
        **dict.fromkeys(SEALED, ""),
        **hashes_of(notice.commitments),
        "figures": notice.figures,
        "posted_at": notice.posted_at,
        "until_at": notice.posted_until,
        "count": notice.count,
        "days": notice.days,
        "provisional": notice.provisional,
    }


def freeze(notice: Notice) -> None:
    """Fix what a notice says, when it is posted: its commitments and its fingerprint."""
    notice.hash_form, notice.commitments = 2, seal(words_of(notice))
    notice.text_hash = fingerprint(notice)


def fingerprint(notice: Notice) -> str:
    """The fingerprint of a posted notice, by the form that its row names; of the first form it is that of the text."""
    if notice.hash_form == 1:
        return hashes_of(notice.commitments).get("text") or text_hash(notice.text)
    return tagged("qiding/notice/v2", canon(frozen(notice))).hex()


def last_of(until_at: int) -> date:
    """The last day of a period that ends at this midnight."""
    return local_date(until_at - 1)
