"""Templates of notices: those that come with the system, and those that a community keeps."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.core.database import db
from app.core.events import record_event
from app.core.i18n import language
from app.core.once import remember, replayed
from app.core.transaction import Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.notices.content import MOST, TYPED
from app.notices.models import NoticeWording
from app.people.actor import Actor

FILE = Path(__file__).with_name("wordings.toml")
MOST_KEPT = 60
FIELDS = ("title", "basis", "text", "scope", "conclusion", "objecting")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Wording:
    """A template: its key, its name, and its words by field."""

    key: str
    name: str
    words: Mapping[str, str]
    ours: bool = False  # kept by the community, which may change it


@lru_cache(maxsize=1)
def _file() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads(FILE.read_text(encoding="utf-8"))["wordings"])


def shipped(lang: str) -> list[Wording]:
    """The templates that come with the system, in a language."""
    found = []
    for entry in _file():
        words = {key: str(value) for key, value in entry[lang].items() if key in FIELDS}
        found.append(Wording(str(entry["key"]), str(entry[lang]["name"]), words))
    return found


def kept(community_id: int) -> list[Wording]:
    """The templates that a community keeps, newest first."""
    query = select(NoticeWording).where(NoticeWording.community_id == community_id, NoticeWording.gone_at.is_(None))
    rows = db.session.scalars(query.order_by(NoticeWording.id.desc()))
    return [Wording(row.public_id, row.name, row.words, ours=True) for row in rows]


def offered(community_id: int) -> list[Wording]:
    """All templates a facilitator may begin with: the community's own first."""
    return [*kept(community_id), *shipped(language())]


def find(community_id: int, key: str) -> Wording | None:
    """The template with this key, as this community and this reader's language have it."""
    if not _KEY.fullmatch(key):
        return None
    return next((item for item in offered(community_id) if item.key == key), None)


def _checked(name: str, words: Mapping[str, str]) -> dict[str, str]:
    missing = phrase("Please fill this in.")
    wrong = {
        key: missing
        for key, value in {"name": name, **words}.items()
        if key in ("name", "title", "text") and not value.strip()
    }
    if wrong:
        raise Invalid(phrase("Something is missing."), wrong)
    return {
        key: words.get(key, "").strip()[: MOST[key]] for key in TYPED if key in FIELDS and words.get(key, "").strip()
    }


def keep(actor: Actor, community_id: int, name: str, words: Mapping[str, str], *, once: str = "") -> str:
    """Keep a template for the community; its public id."""
    person_id = actor.require_facilitator(community_id)
    checked = _checked(name, words)
    with transaction() as tx:
        scope, sent = f"wording:{person_id}", [community_id, name, checked]
        if once and (known := replayed(tx, scope, once, sent)):
            return known
        if len(kept(community_id)) >= MOST_KEPT:
            raise Conflict(phrase("There are %(most)s templates already. Remove one first.", most=MOST_KEPT))
        row = NoticeWording(community_id=community_id, name=name.strip(), words=checked, by_name=actor.name, at=tx.now)
        tx.session.add(row)
        tx.session.flush()
        _record(tx, actor, row, "notice.wording_kept")
        if once:
            remember(tx, scope, once, sent, row.public_id)
        return row.public_id


def change(actor: Actor, community_id: int, public_id: str, name: str, words: Mapping[str, str]) -> None:
    """Change a template; notices that were begun from it stay as they are."""
    actor.require_facilitator(community_id)
    checked = _checked(name, words)
    with transaction() as tx:
        row = _row(community_id, public_id)
        row.name, row.words, row.by_name, row.at = name.strip(), checked, actor.name, tx.now
        _record(tx, actor, row, "notice.wording_changed")


def remove(actor: Actor, community_id: int, public_id: str) -> None:
    """Offer a template no longer."""
    actor.require_facilitator(community_id)
    with transaction() as tx:
        row = _row(community_id, public_id)
        row.gone_at = tx.now
        _record(tx, actor, row, "notice.wording_removed")


def _row(community_id: int, public_id: str) -> NoticeWording:
    query = select(NoticeWording).where(
        NoticeWording.community_id == community_id,
        NoticeWording.public_id == public_id,
        NoticeWording.gone_at.is_(None),
    )
    row = db.session.scalar(query.with_for_update())
    if row is None:
        raise NotFound
    return row


def _record(tx: Tx, actor: Actor, row: NoticeWording, kind: str) -> None:
    record_event(
        tx,
        kind,
        community_id=row.community_id,
        person_id=actor.person(),
        data={"wording": row.public_id, "name": row.name},
    )


def as_template(words: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """A notice's words as a template: what the system knows goes back into braces. ``known`` are names and values."""
    found = {key: words.get(key, "") for key in FIELDS}
    for name, value in sorted(known.items(), key=lambda item: -len(item[1])):
        if len(value) > 1:
            found = {key: text.replace(value, f"{{{name}}}") for key, text in found.items()}
    return found
