"""Commands on the town and its communities, and on owners."""

from __future__ import annotations

import re

from sqlalchemy import select

from app.core.database import db
from app.core.events import LogHead, record_event
from app.core.transaction import Tx, transaction
from app.engine.errors import Conflict, Invalid, NotFound
from app.engine.phrase import phrase
from app.people.actor import Actor
from app.people.places import Community, Owner, Ownership, Town, Unit

FIELDS = (
    "name",
    "name_en",
    "address",
    "about",
    "desk_place",
    "desk_hours",
    "desk_phone",
    "has_owners_committee",
    "plan",
)


def create_town(name: str, name_en: str = "", **desk: str) -> None:
    """Name the town; once."""
    with transaction() as tx:
        if tx.session.scalar(select(Town)) is not None:
            raise Conflict(phrase("The town is there already."))
        tx.session.add(Town(name=name.strip(), name_en=name_en.strip(), **desk))


def create_community(actor: Actor | None, slug: str, **values: object) -> int:
    """Make a community with the head of its log, and return its id. ``actor`` is None only when the town is set up."""
    if actor is not None:
        actor.require_admin()
    _check(slug, values)
    with transaction() as tx:
        if tx.session.scalar(select(Community.id).where(Community.slug == slug)) is not None:
            taken = phrase("This short name is taken.")
            raise Invalid(taken, {"slug": taken})
        community = Community(slug=slug, created_at=tx.now, **_known(values))
        tx.session.add(community)
        tx.session.flush()
        tx.session.add(LogHead(community_id=community.id))
        tx.session.flush()
        record_event(
            tx,
            "community.created",
            community_id=community.id,
            person_id=actor.person_id if actor else None,
            data={"slug": slug, "name": community.name},
        )
        return community.id


def edit_community(actor: Actor, slug: str, **values: object) -> None:
    """Change a community's names, address and desk: its facilitators, or the town's administrator."""
    with transaction() as tx:
        community = tx.session.scalar(select(Community).where(Community.slug == slug))
        if community is None:
            raise NotFound
        if not actor.is_admin:
            actor.require_facilitator(community.id)
        _check(slug, values)
        before = {key: getattr(community, key) for key in _known(values)}
        for key, value in _known(values).items():
            setattr(community, key, value)
        record_event(
            tx, "community.edited", community_id=community.id, person_id=actor.person_id, data={"before": before}
        )


def _known(values: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if key in FIELDS}


def _check(slug: str, values: dict[str, object]) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,38}[a-z0-9]", slug):
        wrong = phrase("Use 3 to 40 small letters, digits and hyphens, starting with a letter.")
        raise Invalid(wrong, {"slug": wrong})
    if not str(values.get("name", "")).strip():
        missing = phrase("Please fill this in.")
        raise Invalid(missing, {"name": missing})


def owners_of(community_id: int) -> list[tuple[Owner, list[tuple[Ownership, Unit]]]]:
    """The owners of a community with their units; merged ones are left out."""
    owners = list(
        db.session.scalars(
            select(Owner).where(Owner.community_id == community_id, Owner.merged_into_id.is_(None)).order_by(Owner.id)
        )
    )
    units: dict[int, list[tuple[Ownership, Unit]]] = {owner.id: [] for owner in owners}
    query = (
        select(Ownership, Unit)
        .join(Unit, Unit.id == Ownership.unit_id)
        .where(Ownership.community_id == community_id)
        .order_by(Ownership.id)
    )
    for share, unit in db.session.execute(query):
        if share.owner_id in units:
            units[share.owner_id].append((share, unit))
    return [(owner, units[owner.id]) for owner in owners]


def add_owner(actor: Actor, community_id: int, name: str, unit_public_ids: list[str], source: str = "") -> str:
    """Enter an owner with the units held; a co-owner is entered for the same unit, and the shares are set equal."""
    person_id = actor.require_facilitator(community_id)
    if not name.strip():
        raise Invalid(phrase("The name is missing."), {"name": phrase("Please fill this in.")})
    with transaction() as tx:
        units = list(
            tx.session.scalars(
                select(Unit).where(Unit.public_id.in_(unit_public_ids), Unit.community_id == community_id)
            )
        )
        if not units or len(units) != len(set(unit_public_ids)):
            raise Invalid(phrase("Choose the units."), {"units": phrase("Some of these units are not here.")})
        owner = Owner(community_id=community_id, name=name.strip())
        tx.session.add(owner)
        tx.session.flush()
        for unit in units:
            tx.session.add(
                Ownership(
                    community_id=community_id,
                    owner_id=owner.id,
                    unit_id=unit.id,
                    source=source,
                    entered_by_id=person_id,
                    at=tx.now,
                )
            )
            tx.session.flush()
            _share_equally(tx, unit.id)
        record_event(
            tx, "owner.entered", community_id=community_id, person_id=person_id, data={"owner": owner.public_id}
        )
        return owner.public_id


def _share_equally(tx: Tx, unit_id: int) -> None:
    shares = list(tx.session.scalars(select(Ownership).where(Ownership.unit_id == unit_id)))
    for share in shares:
        share.share_num, share.share_den = 1, len(shares)


def merge_owners(actor: Actor, keep_public_id: str, other_public_id: str, reason: str) -> None:
    """Decide that two entries are one owner: one head, with the areas added. Needs a reason; equal names are none."""
    if len(reason.strip()) < 10:
        short = phrase("Say on which paper this rests, in at least 10 characters.")
        raise Invalid(short, {"reason": short})
    with transaction() as tx:
        found = {
            row.public_id: row
            for row in tx.session.scalars(
                select(Owner).where(
                    Owner.public_id.in_([keep_public_id, other_public_id]), Owner.merged_into_id.is_(None)
                )
            )
        }
        keep, other = found.get(keep_public_id), found.get(other_public_id)
        if keep is None or other is None or keep is other or keep.community_id != other.community_id:
            raise NotFound
        person_id = actor.require_facilitator(keep.community_id)
        held = set(tx.session.scalars(select(Ownership.unit_id).where(Ownership.owner_id == keep.id)))
        for share in tx.session.scalars(select(Ownership).where(Ownership.owner_id == other.id)).all():
            if share.unit_id in held:
                unit_id = share.unit_id
                tx.session.delete(share)
                tx.session.flush()
                _share_equally(tx, unit_id)
            else:
                share.owner_id = keep.id
        other.merged_into_id, other.merged_by_id = keep.id, person_id
        other.merged_reason, other.merged_at = reason.strip(), tx.now
        record_event(
            tx,
            "owners.merged",
            community_id=keep.community_id,
            person_id=person_id,
            data={"keep": keep.public_id, "other": other.public_id, "reason": reason.strip()},
        )
