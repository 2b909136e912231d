"""Commands on what leaves a community: the robots of its groups, and sending once more."""

from __future__ import annotations

from sqlalchemy import select, update

from app.core.delivery import Delivery, GroupHook
from app.core.events import record_event
from app.core.transaction import Tx, transaction
from app.engine.errors import Closed, Conflict, Forbidden, Invalid, NotFound
from app.engine.phrase import phrase
from app.notifications import hooks
from app.people.actor import Actor

MOST = 10


def require_office(actor: Actor, community_id: int | None) -> int:
    """The person's id, if facilitator here or administrator of the town."""
    if actor.is_admin:
        return actor.person()
    if community_id is None:
        raise NotFound
    return actor.require_facilitator(community_id)


def add(actor: Actor, community_id: int, kind: str, name: str, url: str, language: str) -> str:
    """Let a group's robot be told what becomes public here; its first line says so. Returns its public id."""
    person_id = actor.require_facilitator(community_id)
    if not hooks.ready():
        raise Closed(phrase("This site is not set up to write to groups."))
    if kind not in hooks.KINDS:
        wrong = phrase("Choose one of these.")
        raise Invalid(wrong, {"kind": wrong})
    if not name.strip():
        missing = phrase("Please fill this in.")
        raise Invalid(missing, {"name": missing})
    tidied = hooks.check_url(url)
    with transaction() as tx:
        known = list(
            tx.session.scalars(
                select(GroupHook).where(GroupHook.community_id == community_id, GroupHook.ended_at.is_(None))
            )
        )
        if any(hook.url == tidied for hook in known):
            there = phrase("This robot is in the list already.")
            raise Invalid(there, {"url": there})
        if len(known) >= MOST:
            raise Conflict(phrase("At most %(n)s groups. Remove one first.", n=MOST))
        hook = GroupHook(
            community_id=community_id,
            kind=kind,
            name=name.strip()[:60],
            url=tidied,
            language=language,
            added_by_id=person_id,
            at=tx.now,
        )
        tx.session.add(hook)
        tx.session.flush()
        _greet(tx, hook)
        record_event(
            tx,
            "group.added",
            community_id=community_id,
            person_id=person_id,
            data={"group": hook.public_id, "name": hook.name},  # not its address: who has it can write to the group
        )
        return hook.public_id


def _greet(tx: Tx, hook: GroupHook) -> None:
    tx.session.add(
        Delivery(
            key=f"group:{hook.public_id}:hello",
            community_id=hook.community_id,
            channel="group",
            purpose="confirm",
            hook_id=hook.id,
            shown=hook.name,
            next_at=tx.now,
            created_at=tx.now,
        )
    )


def remove(actor: Actor, community_id: int, public_id: str) -> None:
    """Tell a group nothing more; its robot's address is forgotten."""
    person_id = actor.require_facilitator(community_id)
    with transaction() as tx:
        query = select(GroupHook).where(GroupHook.public_id == public_id, GroupHook.community_id == community_id)
        hook = tx.session.scalar(query.with_for_update())
        if hook is None or hook.ended_at is not None:
            raise NotFound
        hook.ended_at, hook.url = tx.now, ""
        tx.session.execute(
            update(Delivery)
            .where(Delivery.hook_id == hook.id, Delivery.state == "queued")
            .values(state="failed", error="stopped", ended_at=tx.now)
        )
        record_event(
            tx, "group.removed", community_id=community_id, person_id=person_id, data={"group": hook.public_id}
        )


def send_again(actor: Actor, community_id: int, public_id: str) -> None:
    """Send once more what failed or is uncertain, knowing that it may come twice. Pressed twice, it is asked once."""
    person_id = require_office(actor, community_id)
    with transaction() as tx:
        query = select(Delivery).where(Delivery.public_id == public_id, Delivery.community_id == community_id)
        row = tx.session.scalar(query.with_for_update())
        if row is None:
            raise NotFound
        if row.state in ("queued", "sending"):
            return
        if row.state == "sent" or row.error == "stopped":
            raise Forbidden(phrase("Only what failed or is uncertain is sent again."))
        record_event(
            tx,
            "delivery.again",
            community_id=community_id,
            person_id=person_id,
            data={"delivery": row.public_id, "was": row.state, "why": row.error},
        )
        row.state, row.next_at, row.ended_at = "queued", tx.now, None
