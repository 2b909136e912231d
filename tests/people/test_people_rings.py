"""Rings: whom a facilitator puts into one, and what that opens."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.core.events import Event
from app.engine.errors import Conflict, Forbidden, Invalid, NotFound
from app.people import rings
from app.people.actor import Actor
from app.people.session import actor_of
from tests.people.place import Place

RINGS = ("lead", "residents", "support")


def put(place: Place, who: Actor, ring: str = "lead", by: Actor | None = None) -> None:
    """Put somebody into a ring of ``ziteng``."""
    with place.here():
        rings.put_in_ring(by or place.facilitator, place.community_id, who.public_id, ring, RINGS)


def test_a_neighbour_put_into_a_ring_acts_in_it(place: Place) -> None:
    neighbour = place.pair(place.code(place.household()))
    put(place, neighbour)
    with place.here() as session:
        assert actor_of(neighbour.person()).rings_in(place.community_id) == {"residents", "lead"}
        assert session.scalars(select(Event.data).where(Event.kind == "ring.joined")).one()["ring"] == "lead"


def test_twice_into_the_same_ring_is_refused(place: Place) -> None:
    neighbour = place.pair(place.code(place.household()))
    put(place, neighbour)
    with pytest.raises(Conflict, match="already"):
        put(place, neighbour)


def test_only_rings_of_the_methods_and_only_people_of_the_community(place: Place) -> None:
    neighbour = place.pair(place.code(place.household()))
    with pytest.raises(Invalid):
        put(place, neighbour, "kings")
    with pytest.raises(Invalid):
        put(place, place.elsewhere)


def test_only_facilitators_of_the_community_do_it(place: Place) -> None:
    neighbour = place.pair(place.code(place.household()))
    with pytest.raises(Forbidden):
        put(place, neighbour, by=neighbour)
    with pytest.raises(NotFound):
        put(place, neighbour, by=place.elsewhere)


def test_taken_out_one_no_longer_acts_in_the_ring_and_the_event_stays(place: Place) -> None:
    neighbour = place.pair(place.code(place.household()))
    put(place, neighbour)
    with place.here() as session:
        member = rings.ring_members(place.community_id)[0][0].id
        with pytest.raises(NotFound):
            rings.take_out_of_ring(place.elsewhere, place.other_id, member)
        rings.take_out_of_ring(place.facilitator, place.community_id, member)
        assert rings.ring_members(place.community_id) == []
        assert actor_of(neighbour.person()).rings_in(place.community_id) == {"residents"}
        kinds = session.scalars(select(Event.kind).where(Event.kind.like("ring.%")).order_by(Event.id)).all()
        assert kinds == ["ring.joined", "ring.left"]
