"""A form sent twice counts once: its hidden key is bound to the sender and to what was sent."""

from __future__ import annotations

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key
from app.core.transaction import Tx
from app.engine.canonical import canon, sha256_hex
from app.engine.errors import Conflict, Invalid
from app.engine.phrase import phrase

NO_KEY = phrase("This page is out of date. Open it again and send once more; your words are kept below.")

OTHER_WORDS = phrase("This form was already sent with other words. Open the page again to write something new.")


def is_key(key: str) -> bool:
    """Whether this can be the key of a form."""
    return 0 < len(key) <= 40 and key.isprintable()


class OnceKey(Base):
    """A form's key that was used: by whom, for what, with which content, and what came of it."""

    __tablename__ = "once_key"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    id: Mapped[Key]
    scope: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(40))
    content: Mapped[str] = mapped_column(String(64))
    result: Mapped[str] = mapped_column(String(40))
    at: Mapped[Instant]


def replayed(tx: Tx, scope: str, key: str, content: object) -> str | None:
    """The result of the same form sent before, or None. The same key with other content is refused."""
    if not is_key(key):
        raise Invalid(NO_KEY)
    known = tx.session.scalar(select(OnceKey).where(OnceKey.scope == scope, OnceKey.key == key))
    if known is None:
        return None
    if known.content != sha256_hex(canon(content)):
        raise Conflict(OTHER_WORDS)
    return known.result


def remember(tx: Tx, scope: str, key: str, content: object, result: str) -> None:
    """Bind a form's key to what came of it, in the same transaction."""
    tx.session.add(OnceKey(scope=scope, key=key, content=sha256_hex(canon(content)), result=result, at=tx.now))
