"""What leaves the house: deliveries by e-mail and to the robots of groups, each enqueued once, in its cause's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Instant, Key, PublicId, anchor
from app.core.transaction import Tx

STATES = ("queued", "sending", "sent", "failed", "uncertain")


class GroupHook(Base):
    """The robot of a neighbours' group: what becomes public in a community is said there. Removed, it is told nothing."""

    __tablename__ = "group_hook"
    __table_args__ = (anchor(),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(60))
    url: Mapped[str] = mapped_column(String(500))  # emptied when it is removed: whoever has it can write to the group
    language: Mapped[str] = mapped_column(String(10))
    added_by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    at: Mapped[Instant]
    ended_at: Mapped[int | None]


class Delivery(Base):
    """One e-mail to a person, or one line to a group. ``key`` names its cause: each is enqueued exactly once.

    Whoever sends marks it *sending* and commits, sends, and marks what came of it. What a crash leaves *sending* is
    *uncertain* when the lease is over, and isn't repeated by itself. The address itself is looked up when it is
    sent; what stands here is enough to recognise it.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("state in ('queued','sending','sent','failed','uncertain')", name="state"),
        CheckConstraint("(state = 'sending') = (lease_until is not null)", name="lease"),
        CheckConstraint("(channel = 'email') = (person_id is not null)", name="person"),
        CheckConstraint("(channel = 'group') = (hook_id is not null)", name="hook"),
        Index(None, "state", "next_at"),
        Index(None, "community_id", "state"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    key: Mapped[str] = mapped_column(String(160))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("community.id"))
    channel: Mapped[str] = mapped_column(String(10))  # email | group
    purpose: Mapped[str] = mapped_column(String(10))  # news | confirm
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    hook_id: Mapped[int | None] = mapped_column(ForeignKey("group_hook.id"), index=True)
    shown: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(60), default="")  # of what a group is told, as of a message
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
    href: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(10), default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[Instant]
    lease_until: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(20), default="")
    code: Mapped[int | None]  # what the other side answered
    created_at: Mapped[Instant]
    ended_at: Mapped[int | None]


def tell_groups(tx: Tx, community_id: int, kind: str, *, data: Mapping[str, Any], href: str, dedupe: str) -> int:
    """Enqueue one line to each group of a community about what is public; ``data`` names no person. Returns how many."""
    query = select(GroupHook).where(GroupHook.community_id == community_id, GroupHook.ended_at.is_(None))
    hooks = {
        f"group:{hook.public_id}:{dedupe}"[:160]: hook for hook in tx.session.scalars(query.order_by(GroupHook.id))
    }
    if not hooks:
        return 0
    known = set(tx.session.scalars(select(Delivery.key).where(Delivery.key.in_(list(hooks)))))
    fresh = {key: hook for key, hook in hooks.items() if key not in known}
    tx.session.add_all(
        Delivery(
            key=key,
            community_id=community_id,
            channel="group",
            purpose="news",
            hook_id=hook.id,
            shown=hook.name,
            kind=kind,
            data=dict(data),
            href=href,
            next_at=tx.now,
            created_at=tx.now,
        )
        for key, hook in fresh.items()
    )
    return len(fresh)
