"""Who belongs to the rings that a meeting invites."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from app.people.actor import RESIDENTS_RING, RING_OF_ROLE
from app.people.queries import roll_persons, with_role
from app.people.rings import ring_members


def people_of_rings(community_id: int, scope: Mapping[str, Any], rings: Collection[str]) -> list[int]:
    """The persons of some rings: residents of the scope who are known, roles, and whoever was put into a ring."""
    found: dict[int, None] = {}
    if RESIDENTS_RING in rings:
        found.update((person_id, None) for person_id, _ in roll_persons(community_id, scope))
    for role, ring in RING_OF_ROLE.items():
        if ring in rings:
            found.update((person.id, None) for person in with_role(community_id, role))
    found.update((person.id, None) for member, person in ring_members(community_id) if member.ring in rings)
    return list(found)
