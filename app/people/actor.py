"""Who acts: a plain value that views hand to services, and the questions one asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.engine.errors import Forbidden, NotFound
from app.engine.phrase import phrase

ROLES = ("facilitator", "planner", "department", "observer", "inspector", "administrator")
ROLE_NAMES = {
    "resident": phrase("Resident"),
    "facilitator": phrase("Facilitator"),
    "planner": phrase("Community planner"),
    "department": phrase("Town department"),
    "observer": phrase("Observer"),
    "inspector": phrase("Inspector"),
    "administrator": phrase("Administrator of the town"),
}
# The ring that a role brings along; others are given one by one.
RING_OF_ROLE = {
    "facilitator": "lead",
    "planner": "experts",
    "department": "support",
}
RESIDENTS_RING = "residents"


@dataclass(frozen=True)
class Actor:
    """A signed-in person, or nobody: ``person_id`` is None then. Roles and rings are by community id."""

    person_id: int | None = None
    public_id: str = ""
    name: str = ""
    household_id: int | None = None
    home_id: int | None = None
    device_id: int | None = None
    roles: Mapping[int | None, frozenset[str]] = field(default_factory=dict)
    rings: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether somebody is signed in."""
        return self.person_id is not None

    @property
    def is_admin(self) -> bool:
        """Administrator of the town."""
        return "administrator" in self.roles.get(None, frozenset())

    def has_role(self, community_id: int, role: str) -> bool:
        """Whether the person has this role in this community."""
        return role in self.roles.get(community_id, frozenset())

    def facilitates(self, community_id: int) -> bool:
        """Facilitator of this community."""
        return self.has_role(community_id, "facilitator")

    def lives_in(self, community_id: int) -> bool:
        """Resident of this community, paired with a household on its roll."""
        return self.household_id is not None and self.home_id == community_id

    def belongs_to(self, community_id: int) -> bool:
        """Resident of this community, or with any role there."""
        return self.lives_in(community_id) or bool(self.roles.get(community_id))

    def rings_in(self, community_id: int) -> frozenset[str]:
        """The rings of the method this person belongs to in a community."""
        return self.rings.get(community_id, frozenset())

    def person(self) -> int:
        """The person's id; Forbidden for nobody."""
        if self.person_id is None:
            raise Forbidden(phrase("Please sign in first."))
        return self.person_id

    def require_facilitator(self, community_id: int) -> int:
        """The person's id if facilitator here. Others learn nothing: NotFound for outsiders, Forbidden for neighbours."""
        if self.facilitates(community_id):
            return self.person()
        if self.belongs_to(community_id):
            raise Forbidden(phrase("Only the facilitators of this community may do this."))
        raise NotFound

    def require_admin(self) -> int:
        """The person's id if administrator of the town; NotFound for all others."""
        if not self.is_admin:
            raise NotFound
        return self.person()


NOBODY = Actor()
CLOCK_BY = "clock"
